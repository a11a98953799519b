/** What a contender is given, as the path of a JSON file, and what it prints: one line of JSON, its last. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Network {
  /** [inputs, hidden …, classes]; softmax with cross-entropy at the end. */
  readonly layers: readonly number[];
  readonly hiddenActivation: 'sigmoid' | 'relu';
}

interface CommonTask extends Network {
  /**
   * Folder of `inputs` [samples][layers[0]] and `labels` u8 [samples] in the set's order, `orderedInputs` and `orderedLabels` in
   * the order of training, and `test` [10,000][layers[0]].
   */
  readonly data: string;
  /** Bytes 0–255, which stand for 0–1, or float32. */
  readonly inputs: 'bytes' | 'floats';
  /**
   * Folder of `w1`, `w2` … float32 [in][out], and `b1`, `b2` … [out]; for predictions `model.onnx` and `model.safetensors`, too.
   */
  readonly weights: string;
}

/** The first `samples` of one epoch of SGD. */
export interface TrainTask extends CommonTask {
  readonly kind: 'train';
  readonly learningRate: number;
  readonly momentum: number;
  readonly batchSize: number;
  /** What the set's order was shuffled by, as edge-mlp does it. */
  readonly seed: number;
  /** The running mean loss is told after so many samples, ascending; the last is where the contender stops. */
  readonly checkpoints: readonly number[];
  /** Samples of the files. */
  readonly samples: number;
  /** Whether the accuracy on the first ACCURACY_SAMPLES is wanted, with the weights of the end, untimed. */
  readonly accuracy: boolean;
  /** Untimed steps of a network of its own before, so that code is compiled and caches are warm. */
  readonly warmSteps: number;
  /** Time is of no interest: a contender that has to train in another way to tell its losses may do so. */
  readonly verifying: boolean;
}

/** Probabilities of test samples, `batch` in one call. */
export interface PredictTask extends CommonTask {
  readonly kind: 'predict';
  readonly batch: number;
  /** Calls to be timed. */
  readonly calls: number;
  /** Untimed calls before. */
  readonly warmCalls: number;
  /** The first so many test samples' probabilities are told. */
  readonly compared: number;
}

/** From a fresh process to the probabilities of the first test sample. */
export interface ColdTask extends CommonTask {
  readonly kind: 'cold';
}

export type Task = TrainTask | PredictTask | ColdTask;

export interface TrainOutcome {
  readonly kind: 'train';
  /** Of the steps alone, without reading and converting files. */
  readonly seconds: number;
  /** The running mean loss, in formatNats, by the number of samples; undefined where another loss is trained on. */
  readonly meanLosses?: Readonly<Record<string, number>>;
  readonly accuracy?: number;
  /** Resident memory of the process at its peak. */
  readonly peakBytes: number;
  /** Of edge-mlp: linear memory in all. */
  readonly linearBytes?: number;
}

export interface PredictOutcome {
  readonly kind: 'predict';
  /** For one sample. */
  readonly seconds: number;
  /** [compared][classes] */
  readonly probabilities: readonly number[];
}

export interface ColdOutcome {
  readonly kind: 'cold';
  /** To import the library. */
  readonly importSeconds: number;
  /** From before the model's file is read to the first probabilities, with all that the library starts for it. */
  readonly seconds: number;
  /** [classes] */
  readonly probabilities: readonly number[];
}

export type Outcome = TrainOutcome | PredictOutcome | ColdOutcome;

export const ACCURACY_SAMPLES = 10_000;
/** One call for one sample goes through so many different ones. */
export const SINGLE_SAMPLES = 1000;

export function readTask(): Task {
  return JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
}

export function report(outcome: Outcome): void {
  console.log(JSON.stringify(outcome));
}

export function readBytes(folder: string, name: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = readFileSync(join(folder, name));
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export function readFloats(folder: string, name: string): Float32Array {
  const bytes = readBytes(folder, name);
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

/** A file of samples as numbers, bytes divided by 255: what a contender gets that does not take bytes. */
export function readInputs({ data, inputs }: Task, name: string): Float32Array {
  if (inputs === 'floats') return readFloats(data, name);
  const bytes = readBytes(data, name);
  // `Float32Array.from` would first make an array of all numbers, ten times as large.
  const values = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) values[i] = (bytes[i] ?? 0) / 255;
  return values;
}

export interface Layer {
  /** [inputs][outputs] */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly inputs: number;
  readonly outputs: number;
}

export function readLayers({ weights, layers }: Task): Layer[] {
  return layers.slice(1).map((outputs, l) => ({
    weight: readFloats(weights, `w${l + 1}`),
    bias: readFloats(weights, `b${l + 1}`),
    inputs: layers[l] ?? 0,
    outputs,
  }));
}

/** nn.Linear's layout, [outputs][inputs]. */
export function transposed({ weight, inputs, outputs }: Layer): Float32Array {
  const values = new Float32Array(weight.length);
  for (let k = 0; k < values.length; k++) values[k] = weight[(k % inputs) * outputs + Math.floor(k / inputs)] ?? 0;
  return values;
}

/** Linux tells it of this program alone; getrusage begins with what the parent had when it started the process. */
export function peakBytes(): number {
  if (process.platform !== 'linux') return 1024 * process.resourceUsage().maxRSS;
  return 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

export const secondsSince = (started: number) => (performance.now() - started) / 1000;

/** Makes the task's calls, each with its number; seconds of one. */
export async function timed({ calls, warmCalls }: PredictTask, call: (n: number) => unknown): Promise<number> {
  for (let n = 0; n < warmCalls; n++) await call(n);
  const started = performance.now();
  for (let n = 0; n < calls; n++) await call(n);
  return secondsSince(started) / calls;
}
