/** Division of a slice into stretches, with pauses for other requests: an isolate has one thread. */
import { LIMITS } from '../limits.ts';

/** Multiply-adds of the first stretch, before the speed of the machine is known: some milliseconds. */
const FIRST_WORK = 5e7;
/** Bounds of the multiply-adds of a stretch. */
const [LEAST_WORK, MOST_WORK] = [1e7, 1e10];
/** Weight of the latest stretch in the size of the next one. */
const SMOOTHING = 0.5;

interface Stretch {
  /** Multiply-adds that were done. */
  readonly work: number;
  /** Whether the slice ends here. */
  readonly over: boolean;
}

export class Pace {
  /** Multiply-adds of the next stretch. */
  #work = FIRST_WORK;
  /** Computing time that `takeTime` has not returned. */
  #milliseconds = 0;

  /**
   * Calls `compute` with multiply-adds until a stretch ends the slice, the slice has taken `milliseconds`, or `stopped`
   * returns true after a pause. Work bounds a stretch, because the clock of Cloudflare stands still while a Worker
   * computes.
   */
  async run(milliseconds: number, compute: (work: number) => Stretch, stopped: () => boolean): Promise<void> {
    for (;;) {
      const { result, elapsed } = await measureTime(() => compute(this.#work));
      this.#milliseconds += elapsed;
      // A stretch that the end of an epoch cuts short is too small to measure the speed.
      if (result.work >= this.#work) this.#adapt((result.work * LIMITS.stretchMs) / elapsed);
      if (result.over || this.#milliseconds >= milliseconds || stopped()) return;
    }
  }

  /** Computing time since the last call, in milliseconds. */
  takeTime(): number {
    const milliseconds = this.#milliseconds;
    this.#milliseconds = 0;
    return milliseconds;
  }

  #adapt(target: number): void {
    const work = this.#work + SMOOTHING * (target - this.#work);
    this.#work = Math.round(Math.min(MOST_WORK, Math.max(LEAST_WORK, work)));
  }
}

/** Runs `work` and measures its milliseconds. On Cloudflare the clock advances only with I/O, so it is read after a pause. */
async function measureTime<Result>(work: () => Result): Promise<{ result: Result; elapsed: number }> {
  const started = Date.now();
  const result = work();
  // Locally the clock has advanced, and other requests would run in the pause.
  const elapsed = Date.now() - started;
  await scheduler.wait(1);
  return { result, elapsed: Math.max(1, elapsed > 0 ? elapsed : Date.now() - started) };
}
