/** Ctrl-C and SIGTERM, handled between two slices of work. */
import { constants } from 'node:os';
import { setImmediate } from 'node:timers/promises';

type Signal = 'SIGINT' | 'SIGTERM';

/** Thrown after the state is saved. `exitCode` is 128 plus the signal's number, the convention of shells. */
export class Interrupted extends Error {
  readonly exitCode: number;
  readonly signal: Signal;

  constructor(message: string, signal: Signal) {
    super(message);
    this.signal = signal;
    this.exitCode = 128 + constants.signals[signal];
  }
}

export class Interruption {
  #signal: Signal | undefined;
  readonly #controller = new AbortController();
  readonly #listener = (signal: Signal): void => {
    // A second Ctrl-C ends the process at once.
    if (this.#signal !== undefined) process.exit(128 + constants.signals[signal]);
    this.#signal = signal;
    this.#controller.abort(new Interrupted('stopped', signal));
  };

  constructor() {
    process.on('SIGINT', this.#listener);
    process.on('SIGTERM', this.#listener);
  }

  /** Aborted with an `Interrupted` by the first signal; for work in other threads. */
  get abortSignal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Yields to the event loop, then returns the signal that has arrived, if any. */
  async poll(): Promise<Signal | undefined> {
    await setImmediate();
    return this.#signal;
  }

  /** Restores the default handling of signals. */
  stop(): void {
    process.off('SIGINT', this.#listener);
    process.off('SIGTERM', this.#listener);
  }
}
