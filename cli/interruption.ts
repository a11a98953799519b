/** Signals that end the process: Ctrl-C, `kill`, and a closed terminal. */
import { constants } from 'node:os';
import { setImmediate, setTimeout } from 'node:timers/promises';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

/** Thrown after the state is saved. `exitCode` is 128 plus the signal's number, the convention of shells. */
export class Interrupted extends Error {
  readonly exitCode: number;
  readonly signal: Signal;

  constructor(message: string, signal: Signal) {
    super(message);
    this.signal = signal;
    this.exitCode = exitCode(signal);
  }
}

function exitCode(signal: Signal): number {
  return 128 + constants.signals[signal];
}

/** The work that ends in its own time after a signal. */
let current: Interruption | undefined;
const cleanUps = new Set<() => void>();
let listens = false;

function onSignal(signal: Signal): void {
  if (current?.receive(signal)) return;
  for (const cleanUp of cleanUps) cleanUp();
  process.exit(exitCode(signal));
}

/**
 * Without a reason to handle signals, the system ends the process at once, also during a long computation. A signal is
 * lost if it arrives before its listener is removed and added again, so nothing changes without need.
 */
function updateListeners(): void {
  const needed = cleanUps.size > 0 || current?.waits === true;
  if (needed === listens) return;
  listens = needed;
  for (const signal of SIGNALS) {
    if (needed) process.on(signal, onSignal);
    else process.off(signal, onSignal);
  }
}

/** Calls `cleanUp` if a signal ends the process before the result is disposed. */
export function onEarlyExit(cleanUp: () => void): Disposable {
  cleanUps.add(cleanUp);
  updateListeners();
  return {
    [Symbol.dispose]() {
      cleanUps.delete(cleanUp);
      updateListeners();
    },
  };
}

/** Handles the first signal between two slices of work. The second one ends the process at once. */
export class Interruption {
  #signal: Signal | undefined;
  readonly #controller = new AbortController();

  readonly #message: string;

  /** `message` is that of the `Interrupted` in `abortSignal`. */
  constructor(message = 'stopped') {
    this.#message = message;
    current = this;
    updateListeners();
  }

  /** Whether no signal has arrived. */
  get waits(): boolean {
    return this.#signal === undefined;
  }

  /** Takes the first signal. Returns false for later ones. */
  receive(signal: Signal): boolean {
    if (!this.waits) return false;
    this.#signal = signal;
    updateListeners();
    this.#controller.abort(new Interrupted(this.#message, signal));
    return true;
  }

  /** Aborted with an `Interrupted` by the first signal; for requests and for work in other threads. */
  get abortSignal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Yields to the event loop, then returns the signal that has arrived, if any. */
  async poll(): Promise<Signal | undefined> {
    await setImmediate();
    return this.#signal;
  }

  /** Waits for some ms. Throws `Interrupted` after a signal. */
  async pause(ms: number): Promise<void> {
    const { abortSignal: signal } = this;
    await setTimeout(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  /** Restores the default handling of signals. */
  stop(): void {
    current = undefined;
    updateListeners();
  }
}
