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

/** Whether a tab holds or awaits the lock. */
export async function isLocked(name: string): Promise<boolean> {
  if (!isSecureContext) return false;
  const { held = [], pending = [] } = await navigator.locks.query();
  return [...held, ...pending].some((lock) => lock.name === name);
}
