/**
 * Threads that take the steps of a batch together, in one shared memory. Every row of the batch and every column of the
 * weights belongs to one member, which computes for it exactly what a single thread would: the result does not depend
 * on the number of members.
 *
 * Without the threads feature, or without a team, there is one member, and the functions here do nothing.
 */

/** In shared memory, zeros at first. */
@unmanaged
export class Team {
  members: u32;
  /** Members that have arrived at the barrier, and barriers that all members have passed. */
  arrived: u32;
  passed: u32;
  /**
   * Number of calls of the host. `trainer`, `network`, `samples` and `steps` are the last one; 0 steps end the team.
   */
  calls: u32;
  trainer: usize;
  network: usize;
  samples: usize;
  steps: u32;
}

/** Most members for which a network has memory. */
export const MAX_MEMBERS: u32 = 16;

/**
 * Reads of a word before a member sleeps: some tenths of a millisecond. Waking a thread takes longer than the members'
 * shares of a step differ. Members sleep between slices, not between steps.
 */
const SPINS: u32 = 200_000;

export function teamSize(team: usize): u32 {
  return ASC_FEATURE_THREADS && team ? changetype<Team>(team).members : 1;
}

/** First of the `count` items that belong to `member`. The share ends where the next member's share starts. */
export function shareStart(count: u32, member: u32, members: u32): u32 {
  if (!ASC_FEATURE_THREADS) return member * count;
  return <u32>((<u64>count * member) / members);
}

/** Returns when all members have called it. All members then see what each of them wrote before. */
export function barrier(team: usize): void {
  if (!ASC_FEATURE_THREADS || !team) return;
  const arrived = team + offsetof<Team>('arrived');
  const passed = team + offsetof<Team>('passed');
  const now = atomic.load<u32>(passed);
  if (atomic.add<u32>(arrived, 1) + 1 == changetype<Team>(team).members) {
    atomic.store<u32>(arrived, 0);
    atomic.store<u32>(passed, now + 1);
    atomic.notify(passed, -1);
    return;
  }
  waitWhileEqual(passed, now);
}

/** Returns when the word at `address` is no longer `value`. */
export function waitWhileEqual(address: usize, value: u32): void {
  if (!ASC_FEATURE_THREADS) return;
  for (let spin: u32 = 0; spin < SPINS; spin++) {
    if (atomic.load<u32>(address) != value) return;
  }
  while (atomic.load<u32>(address) == value) atomic.wait<u32>(address, value, -1);
}

/**
 * Loads memory that other members wrote into this core's cache. Reading line after line here waits for many lines at a
 * time; the kernels' own reads would wait for each line.
 */
export function fetch(address: usize, length: u32): void {
  if (!ASC_FEATURE_THREADS) return;
  // The compiler keeps atomic loads whose value is not used.
  for (let line = address & ~3; line < address + length; line += LINE_BYTES) atomic.load<u32>(line);
}

/** Bytes of a cache line. */
export const LINE_BYTES: u32 = 64;
