/** A contender's task, read from a JSON file, and its outcome, printed as JSON in the last line of stdout. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Network {
  /** [inputs, hidden …, classes], with softmax and cross-entropy. */
  readonly layers: readonly number[];
  readonly hiddenActivation: 'sigmoid' | 'relu' | 'silu';
}

interface CommonTask extends Network {
  /**
   * Folder with `inputs` [samples][layers[0]] and `labels` uint8 [samples] in the data set's order, `orderedInputs` and
   * `orderedLabels` in training order, and `test` [10,000][layers[0]].
   */
  readonly data: string;
  /** Type of the inputs: bytes 0–255 that are divided by 255, or float32. */
  readonly inputs: 'bytes' | 'floats';
  /**
   * Folder with `w1`, `w2` … float32 [inputs][outputs] and `b1`, `b2` … float32 [outputs]. Prediction tasks also have
   * `model.onnx` and `model.safetensors`.
   */
  readonly weights: string;
}

/** One epoch of SGD, or a part of it. */
export interface TrainTask extends CommonTask {
  readonly kind: 'train';
  readonly learningRate: number;
  readonly momentum: number;
  readonly batchSize: number;
  /** Seed of the training order. */
  readonly seed: number;
  /** Numbers of samples after which the running mean loss is reported, ascending. Training stops at the last one. */
  readonly checkpoints: readonly number[];
  /** Number of samples in the files. */
  readonly samples: number;
  /** Unmeasured steps on a separate network, to compile code and warm caches. */
  readonly warmSteps: number;
  /**
   * Whether this run of edge-mlp is the reference, whose time is ignored: it reports the loss at every checkpoint and the
   * accuracy on the first ACCURACY_SAMPLES samples.
   */
  readonly verifying: boolean;
}

/** Predictions of test samples, `batch` samples per call. */
export interface PredictTask extends CommonTask {
  readonly kind: 'predict';
  readonly batch: number;
  /** Measured calls. */
  readonly calls: number;
  /** Unmeasured calls that come first. */
  readonly warmCalls: number;
  /** Number of test samples whose probabilities are reported. */
  readonly compared: number;
}

/** Loads a model in a new process and predicts the first test sample. */
export interface ColdTask extends CommonTask {
  readonly kind: 'cold';
}

export type Task = TrainTask | PredictTask | ColdTask;

/** How edge-mlp runs a task: its default, or with other inputs or settings. */
export interface Variant {
  readonly pixels?: 'floats';
  readonly threads?: number;
  readonly widened?: boolean;
}

export interface TrainOutcome {
  readonly kind: 'train';
  /** Time of the training steps, without reading and converting files. */
  readonly seconds: number;
  /** Running mean loss in nats by number of samples; undefined if the contender trains on a different loss. */
  readonly meanLosses?: Readonly<Record<string, number>>;
  /** Only the reference, and contenders that train on a different loss, report it. */
  readonly accuracy?: number;
  /** Peak resident memory of the process. */
  readonly peakBytes: number;
  /** WebAssembly memory, for edge-mlp. */
  readonly linearBytes?: number;
}

export interface PredictOutcome {
  readonly kind: 'predict';
  /** Per sample. */
  readonly seconds: number;
  /** [compared][classes] */
  readonly probabilities: readonly number[];
}

export interface ColdOutcome {
  readonly kind: 'cold';
  /** Time to import the library. */
  readonly importSeconds: number;
  /** Time from reading the model file to the first probabilities, including the library's initialisation. */
  readonly seconds: number;
  /** [classes] */
  readonly probabilities: readonly number[];
}

export type Outcome = TrainOutcome | PredictOutcome | ColdOutcome;

export const ACCURACY_SAMPLES = 10_000;
/** Number of different samples that single-sample calls cycle through. */
export const SINGLE_SAMPLES = 1000;

export function readTask(): Task {
  return JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
}

export function report(outcome: Outcome): void {
  console.log(JSON.stringify(outcome));
}

export function readBytes(folder: string, name: string): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = readFileSync(join(folder, name));
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export function readFloats(folder: string, name: string): Float32Array<ArrayBuffer> {
  const bytes = readBytes(folder, name);
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

/** Reads a file of samples as float32, with bytes divided by 255. */
export function readInputs({ data, inputs }: Task, name: string): Float32Array<ArrayBuffer> {
  if (inputs === 'floats') return readFloats(data, name);
  const bytes = readBytes(data, name);
  // `Float32Array.from` would allocate an intermediate array ten times as large.
  const values = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) values[i] = (bytes[i] ?? 0) / 255;
  return values;
}

export interface Layer {
  /** [inputs][outputs] */
  readonly weight: Float32Array<ArrayBuffer>;
  readonly bias: Float32Array<ArrayBuffer>;
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

/** The weight as [outputs][inputs], the layout of PyTorch's nn.Linear. */
export function transposeWeight({ weight, inputs, outputs }: Layer): Float32Array {
  const values = new Float32Array(weight.length);
  for (let k = 0; k < values.length; k++) values[k] = weight[(k % inputs) * outputs + Math.floor(k / inputs)] ?? 0;
  return values;
}

/**
 * Peak resident memory. On Linux from /proc, because getrusage includes the parent's memory at the time of the fork.
 */
export function readPeakBytes(): number {
  if (process.platform !== 'linux') return 1024 * process.resourceUsage().maxRSS;
  return 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

export const measureSince = (started: number) => (performance.now() - started) / 1000;

/** Samples of the unmeasured steps. */
export function countWarmSamples({ checkpoints, warmSteps, batchSize }: TrainTask): number {
  return Math.min(checkpoints.at(-1) ?? 0, warmSteps * batchSize);
}

/**
 * Trains from checkpoint to checkpoint. `run` trains on the samples [from, to), in training order, and returns the sum
 * of their losses.
 */
export async function measureCheckpoints(
  { checkpoints }: TrainTask,
  run: (from: number, to: number) => number | Promise<number>,
): Promise<TrainOutcome> {
  const meanLosses: Record<string, number> = {};
  let [sum, from] = [0, 0];
  const started = performance.now();
  for (const checkpoint of checkpoints) {
    sum += await run(from, checkpoint);
    from = checkpoint;
    meanLosses[checkpoint] = sum / checkpoint;
  }
  return { kind: 'train', seconds: measureSince(started), meanLosses, peakBytes: readPeakBytes() };
}

/** Runs the task's calls, passing each its number. Returns seconds per call. */
export async function measureCalls({ calls, warmCalls }: PredictTask, call: (n: number) => unknown): Promise<number> {
  for (let n = 0; n < warmCalls; n++) await call(n);
  const started = performance.now();
  for (let n = 0; n < calls; n++) await call(n);
  return measureSince(started) / calls;
}
