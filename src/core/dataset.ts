import { count, EdgeMlpError } from './errors.ts';
import { PackedPixels } from './packed.ts';
import { Random } from './random.ts';
import { classCount, inputSize, type MlpSpec } from './spec.ts';

/** How stored numbers become the network's inputs; it travels with a model, so that its users scale as its training did. */
export type InputScaling =
  /** Bytes 0–255 are divided by 255. */
  | { readonly kind: 'bytes' }
  /** Numbers are taken as they are. */
  | { readonly kind: 'identity' }
  /** Each feature had its mean taken away and was divided by its standard deviation. */
  | { readonly kind: 'standard'; readonly mean: readonly number[]; readonly standardDeviation: readonly number[] };

/**
 * How a picture becomes inputs, in training as in every use of the model: its grey levels as they are, for pictures of the model's own
 * size; or what is drawn in it, cropped, scaled and centred as MNIST's digits are, for pictures of any size.
 */
export const PICTURE_FITS = ['as-is', 'centred'] as const;
/** One of PICTURE_FITS. */
export type PictureFit = (typeof PICTURE_FITS)[number];

/** Inputs of one sample or of many, row after row: bytes 0–255, or numbers scaled as in training (0–1 for pixels). */
export type Inputs = Uint8Array | Float32Array;

/** Labelled samples. Bytes stay bytes: MNIST takes 47 MB, not 188, and packed 15. */
export interface Dataset<Held extends Inputs | PackedPixels = Inputs> {
  /** For messages and for the model’s origin. */
  readonly name: string;
  /** [samples][columns], row after row: bytes 0–255, or numbers already scaled. */
  readonly inputs: Held;
  /** The class of each sample, 0 … classes.length-1. */
  readonly labels: Uint16Array;
  /** Inputs of one sample. */
  readonly columns: number;
  /** Names of the classes, by label. */
  readonly classes: readonly string[];
  /** What was made of the numbers, so that others can be treated alike. */
  readonly scaling: InputScaling;
  /** Rows and columns, where a sample is a picture. */
  readonly imageShape?: readonly [rows: number, columns: number];
  /** How any picture becomes such a sample. Default: centred. */
  readonly pictures?: PictureFit;
  /** Names of the inputs, where they have some. */
  readonly features?: readonly string[];
  /** Name of what the classes are, where it has one. */
  readonly labelName?: string;
  /** SHA-256 over the files that it was read from, or over its generator's parameters: what a model file names as its origin. */
  readonly sha256?: string;
}

/** A byte's input value. Division rounds to the same float32 as dividing by hand does. */
export function byteValue(byte: number): number {
  return byte / 255;
}

/** A set that can be trained and measured on, packed or not. */
export type AnyDataset = Dataset<Inputs | PackedPixels>;

/** How inputs are kept, in an array and in linear memory. */
export type InputKind = 'bytes' | 'floats' | 'packed';

export function inputKind(inputs: Inputs | PackedPixels): InputKind {
  if (inputs instanceof PackedPixels) return 'packed';
  return inputs instanceof Uint8Array ? 'bytes' : 'floats';
}

/**
 * How many samples there are.
 *
 * @example
 * ```ts
 * import { sampleCount } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 *
 * const dataset = ellipseDataset({ samples: 10, seed: 1 });
 * console.log(sampleCount(dataset)); // 10
 * ```
 */
export function sampleCount(dataset: AnyDataset): number {
  return dataset.labels.length;
}

/**
 * The samples [from, to): views, not copies.
 *
 * @example
 * ```ts
 * import { slice } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 *
 * const dataset = ellipseDataset({ samples: 10, seed: 1 });
 * console.log(slice(dataset, 2, 5).labels.length); // 3
 * ```
 */
export function slice(dataset: Dataset, from: number, to: number): Dataset;
export function slice(dataset: AnyDataset, from: number, to: number): AnyDataset;
export function slice(dataset: AnyDataset, from: number, to: number): AnyDataset {
  const { inputs, columns } = dataset;
  const part = inputs instanceof PackedPixels ? inputs.slice(from, to) : inputs.subarray(from * columns, to * columns);
  return { ...dataset, inputs: part, labels: dataset.labels.subarray(from, to) };
}

/**
 * The samples of the given indices, copied.
 *
 * @example
 * ```ts
 * import { pick } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 *
 * const dataset = ellipseDataset({ samples: 10, seed: 1 });
 * const two = pick(dataset, [7, 0]);
 * console.log(two.labels[1] === dataset.labels[0], two.inputs.length); // true 4
 * ```
 */
export function pick(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  const { columns } = dataset;
  const length = indices.length * columns;
  const inputs = dataset.inputs instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  const labels = new Uint16Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] ?? 0;
    inputs.set(dataset.inputs.subarray(index * columns, (index + 1) * columns), i * columns);
    labels[i] = dataset.labels[index] ?? 0;
  }
  return { ...dataset, inputs, labels };
}

/** Two parts of a data set. */
export interface Split<Set extends AnyDataset = Dataset> {
  /** What a network is trained on. */
  readonly training: Set;
  /** What was held out. */
  readonly validation: Set;
}

/**
 * The last `validation` samples are held out, as the assignment does with MNIST. Throws `bad-argument`.
 *
 * @example
 * ```ts
 * import { splitTail } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 *
 * const dataset = ellipseDataset({ samples: 10, seed: 1 });
 * const { training, validation } = splitTail(dataset, 3);
 * console.log(training.labels.length, validation.labels.length); // 7 3
 * ```
 */
export function splitTail(dataset: Dataset, validation: number): Split;
export function splitTail(dataset: AnyDataset, validation: number): Split<AnyDataset>;
export function splitTail(dataset: AnyDataset, validation: number): Split<AnyDataset> {
  const samples = checkHeldOut(dataset, validation);
  return {
    training: slice(dataset, 0, samples - validation),
    validation: slice(dataset, samples - validation, samples),
  };
}

/**
 * `validation` samples, drawn from the seed's own stream, are held out: for files that may be in some order.
 * Throws `bad-argument`.
 *
 * @example
 * ```ts
 * import { splitShuffled } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 *
 * const dataset = ellipseDataset({ samples: 10, seed: 1 });
 * const { training, validation } = splitShuffled(dataset, 3, 1);
 * console.log(training.labels.length, validation.labels.length); // 7 3
 * ```
 */
export function splitShuffled(dataset: Dataset, validation: number, seed: number): Split {
  const samples = checkHeldOut(dataset, validation);
  const order = new Random(seed, 'split').permutation(samples);
  return {
    training: pick(dataset, order.subarray(0, samples - validation)),
    validation: pick(dataset, order.subarray(samples - validation)),
  };
}

/**
 * Checks a data set against the network that will see it: shapes, labels, finite numbers. Throws `bad-shape`, `bad-data` or
 * `not-finite`.
 *
 * @example
 * ```ts
 * import { checkDataset } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 *
 * const dataset = ellipseDataset({ samples: 10, seed: 1 });
 * try {
 *   checkDataset(dataset, { layers: [4, 3, 2], hiddenActivation: 'tanh' });
 * } catch (error) {
 *   console.log((error as Error).message); // ellipse: expected 4 inputs a sample, as the network has, got 2
 * }
 * ```
 */
export function checkDataset(dataset: AnyDataset, spec: MlpSpec): void {
  const { name, inputs, labels, columns } = dataset;
  const length = inputs instanceof PackedPixels ? inputs.samples * inputs.columns : inputs.length;
  if (columns !== inputSize(spec)) {
    throw new EdgeMlpError(
      'bad-shape',
      `${name}: expected ${inputSize(spec)} inputs a sample, as the network has, got ${columns}`,
    );
  }
  if (labels.length === 0) throw new EdgeMlpError('bad-data', `${name}: expected at least one sample, got none`);
  if (length !== labels.length * columns || (inputs instanceof PackedPixels && inputs.columns !== columns)) {
    throw new EdgeMlpError(
      'bad-shape',
      `${name}: expected ${labels.length} × ${columns} = ${count(labels.length * columns)} inputs, got ${count(length)}`,
    );
  }
  checkLabels(name, labels, classCount(spec));
  if (inputs instanceof Float32Array) checkFinite(`${name}: inputs`, inputs);
}

/** Throws `bad-data` for the first label that is no class. */
export function checkLabels(name: string, labels: ArrayLike<number>, classes: number, first = 0): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? Number.NaN;
    if (!(Number.isInteger(label) && label >= first && label < first + classes)) {
      throw new EdgeMlpError(
        'bad-data',
        `${name}: expected labels from ${first} to ${first + classes - 1}, got ${label} at sample ${i}`,
      );
    }
  }
}

/** Throws `not-finite` for the first NaN or infinity. */
export function checkFinite(name: string, values: Float32Array): void {
  // The engine's own search, which needs no warming up: a model is read once in a process.
  if (NOT_FINITE.every((value) => !values.includes(value))) return;
  const index = values.findIndex((value) => !Number.isFinite(value));
  throw new EdgeMlpError('not-finite', `${name}: expected finite numbers, got ${values[index]} at index ${index}`);
}

const NOT_FINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/**
 * Share of inputs that are not zero, from up to 1,000 samples spread evenly over the set.
 *
 * @example
 * ```ts
 * import { density } from 'edge-mlp';
 * import { digitsDataset } from 'edge-mlp/data';
 *
 * console.log(density(digitsDataset({ samples: 100, seed: 1 })) < 0.3); // true
 * ```
 */
export function density(dataset: AnyDataset): number {
  const { inputs, columns } = dataset;
  if (inputs instanceof PackedPixels) return inputs.density;
  const samples = sampleCount(dataset);
  const step = Math.max(1, Math.floor(samples / 1000));
  let nonZero = 0;
  let seen = 0;
  for (let sample = 0; sample < samples; sample += step) {
    const end = (sample + 1) * columns;
    for (let i = sample * columns; i < end; i++) if (inputs[i] !== 0) nonZero++;
    seen += columns;
  }
  return nonZero / seen;
}

function checkHeldOut(dataset: AnyDataset, validation: number): number {
  const samples = sampleCount(dataset);
  if (!Number.isInteger(validation) || validation < 0 || validation >= samples) {
    throw new EdgeMlpError(
      'bad-argument',
      `validation: expected a whole number from 0 to ${samples - 1}, less than the ${count(samples)} samples of ${dataset.name}, got ${validation}`,
    );
  }
  return samples;
}
