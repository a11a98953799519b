/** What every contender is given, by a folder of raw files, and what it prints. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TaskOptions {
  /** Digits of the epoch that this contender does; its time is scaled to 60,000. */
  readonly samples: number;
  /** The running mean loss is compared after so many samples. */
  readonly checkpoints: readonly number[];
  /** A divisor of all checkpoints. */
  readonly stride: number;
  readonly learningRate: number;
  readonly seed: number;
  /** Digits whose probabilities are compared. */
  readonly predictions: number;
}

/**
 * Files of the folder: `images`, `labels` in the data set's order; `orderedImages`, `orderedLabels` in the order of training;
 * `testImages`; `w1` [784][300] and `w2` [300][10], float32, the initial weights; biases start at zero.
 */
export interface Task extends TaskOptions {
  readonly folder: string;
  bytes(name: string): Uint8Array;
}

export interface Outcome {
  /** Of one epoch of per-sample SGD, 60,000 digits. */
  readonly epochSeconds: number;
  /** Of which so many were timed. */
  readonly samples: number;
  /** Running mean loss by the number of samples. */
  readonly meanLosses: Readonly<Record<string, number>>;
  /** Of one digit in one call. */
  readonly predictMicroseconds: number;
  /** [predictions][10] */
  readonly probabilities: readonly number[];
}

export function readTask(): Task {
  const folder = process.argv[2] ?? '';
  const options: TaskOptions = JSON.parse(process.argv[3] ?? '{}');
  return { ...options, folder, bytes: (name) => new Uint8Array(readFileSync(join(folder, name))) };
}

export function floats(task: Task, name: string): Float32Array {
  return new Float32Array(task.bytes(name).slice().buffer);
}

export function report(outcome: Outcome): void {
  console.log(JSON.stringify(outcome));
}
