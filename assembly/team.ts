/**
 * Threads that take the steps of a batch together, in one shared memory. Every row of the batch, and every input's weights,
 * belongs to one member, who does for it exactly what one thread alone would do: the result does not depend on their number.
 *
 * Without the threads feature, or without a team, there is one member, and what is here costs nothing.
 */

/** In shared memory; all zeros at first. */
@unmanaged
export class Team {
  members: u32;
  /** How many have come to the meeting, and how many meetings there have been. */
  arrived: u32;
  meetings: u32;
  /** Counts the calls of the host, each of which `trainer`, `network`, `samples` and `steps` describe; no steps are the end. */
  calls: u32;
  trainer: usize;
  network: usize;
  samples: usize;
  steps: u32;
}

/** The most that a network's memory has room for. */
export const MAX_MEMBERS: u32 = 16;

/**
 * Looks at a word before a member goes to sleep: some tenths of a millisecond, as to be woken takes longer than the shares of a
 * step differ. Between slices members sleep, between steps they look.
 */
const PATIENCE: u32 = 200_000;

export function teamSize(team: usize): u32 {
  return ASC_FEATURE_THREADS && team ? changetype<Team>(team).members : 1;
}

/** Where the share of `member` in `count` things begins; that of the next one is its end. */
export function shareStart(count: u32, member: u32, members: u32): u32 {
  return <u32>((<u64>count * member) / members);
}

/** Returns when all members have come here. What they wrote before is seen by all after it. */
export function meet(team: usize): void {
  if (!ASC_FEATURE_THREADS || !team) return;
  const arrived = team + offsetof<Team>('arrived');
  const meetings = team + offsetof<Team>('meetings');
  const now = atomic.load<u32>(meetings);
  if (atomic.add<u32>(arrived, 1) + 1 == changetype<Team>(team).members) {
    atomic.store<u32>(arrived, 0);
    atomic.store<u32>(meetings, now + 1);
    atomic.notify(meetings, -1);
    return;
  }
  awaitChange(meetings, now);
}

/** Returns when the word at `address` is no longer `value`. */
export function awaitChange(address: usize, value: u32): void {
  if (!ASC_FEATURE_THREADS) return;
  for (let look: u32 = 0; look < PATIENCE; look++) {
    if (atomic.load<u32>(address) != value) return;
  }
  while (atomic.load<u32>(address) == value) atomic.wait<u32>(address, value, -1);
}

/**
 * Brings memory that other members wrote into this core's cache. Reading it here, line after line, waits for many lines at a
 * time; reading it as the kernels need it would wait for each one.
 */
export function fetch(address: usize, length: u32): void {
  if (!ASC_FEATURE_THREADS) return;
  // Atomic loads are not left out, though nobody asks for what they load.
  for (let line = address & ~3; line < address + length; line += LINE_BYTES) atomic.load<u32>(line);
}

const LINE_BYTES: u32 = 64;
