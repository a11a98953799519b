/**
 * Locks among all tabs of this page (Web Locks API). Pages that are not served over TLS or from localhost do not have
 * this API; their locks are those of one tab.
 */

/** The last holder of each lock of this tab, for browsers without the API. */
const chains = new Map<string, Promise<unknown>>();

/** Waits for the lock, and holds it until `work` has ended. */
export async function holdLock(name: string, work: () => Promise<void>): Promise<void> {
  if (isSecureContext) return navigator.locks.request(name, work);
  const turn = (chains.get(name) ?? Promise.resolve()).then(work, work);
  chains.set(name, turn);
  return turn;
}

/** Holds the lock until `work` has ended. Returns without doing it if a tab holds the lock. */
export async function holdFreeLock(name: string, work: () => Promise<void>): Promise<void> {
  if (!isSecureContext) return work();
  await navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock === null ? undefined : work()));
}

/** Waits until no tab holds the lock. Rejects with `signal.reason`. */
export async function awaitLock(name: string, signal: AbortSignal): Promise<void> {
  if (isSecureContext) await navigator.locks.request(name, { signal }, () => undefined);
}

/** Names of the locks that a tab holds. */
export async function listLocks(): Promise<ReadonlySet<string | undefined>> {
  if (!isSecureContext) return new Set();
  const { held = [] } = await navigator.locks.query();
  return new Set(held.map(({ name }) => name));
}
