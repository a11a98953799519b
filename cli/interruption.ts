/** Ctrl-C, heard between two slices of work, so that nothing is lost. */
import { constants } from 'node:os';
import { setImmediate } from 'node:timers/promises';

type Signal = 'SIGINT' | 'SIGTERM';

/** Thrown once the work is safe; `exitCode` is the shell's convention, 128 and the number of the signal. */
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
    // Who asks twice does not want to wait.
    if (this.#signal !== undefined) process.exit(128 + constants.signals[signal]);
    this.#signal = signal;
    this.#controller.abort(new Interrupted('stopped', signal));
  };

  /** Aborted with an `Interrupted` when a signal comes: for work in other threads. */
  get abortSignal(): AbortSignal {
    return this.#controller.signal;
  }

  constructor() {
    process.on('SIGINT', this.#listener);
    process.on('SIGTERM', this.#listener);
  }

  /** Gives the event loop a turn; the signal that has come, if one has. */
  async heard(): Promise<Signal | undefined> {
    await setImmediate();
    return this.#signal;
  }

  stop(): void {
    process.off('SIGINT', this.#listener);
    process.off('SIGTERM', this.#listener);
  }
}
