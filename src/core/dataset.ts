import { describeValue, EdgeMlpError, formatNumber } from './errors.ts';
import { PackedPixels } from './packed.ts';
import { classCount, inputSize, type MlpSpec } from './spec.ts';
import type { FillKind, TableColumn } from './table-columns.ts';

/** How numbers become inputs of a network. A model file has the scaling of its training. */
export type InputScaling =
  /** Bytes 0–255 are divided by 255. */
  | { readonly kind: 'bytes' }
  /** Numbers are not scaled. */
  | { readonly kind: 'identity' }
  /** Features are standardised: (x - mean) / standardDeviation. */
  | { readonly kind: 'standard'; readonly mean: readonly number[]; readonly standardDeviation: readonly number[] };

/**
 * How an image becomes inputs. `as-is`: its grey levels; the image must have the size of the model. `centred`: the
 * drawing in an image of any size is cropped, scaled and centred like the digits of MNIST.
 */
export const PICTURE_FITS = ['as-is', 'centred'] as const;
/** One of PICTURE_FITS. */
export type PictureFit = (typeof PICTURE_FITS)[number];

/** Inputs of one or several samples, row by row: bytes 0–255, or numbers scaled as in training (0–1 for pixels). */
export type Inputs = Uint8Array | Float32Array;

/** Labelled samples. MNIST takes 47 MB in bytes, 188 MB in floats, and 15 MB packed. */
export interface Dataset<Held extends Inputs | PackedPixels = Inputs> {
  /** Name in messages and in the provenance of models. */
  readonly name: string;
  /** `[samples][columns]`: bytes 0–255, or scaled numbers. */
  readonly inputs: Held;
  /** `[samples]`: the class of each sample, 0 … classes.length-1. */
  readonly labels: Uint16Array;
  /** Inputs per sample. */
  readonly columns: number;
  /** Names of the classes, by label. */
  readonly classes: readonly string[];
  /** The scaling of `inputs`. */
  readonly scaling: InputScaling;
  /** Rows and columns, if the samples are images. */
  readonly imageShape?: readonly [rows: number, columns: number];
  /** How an image becomes a sample. Default: centred. */
  readonly pictures?: PictureFit;
  /** Names of the inputs. */
  readonly features?: readonly string[];
  /** Columns of the table that became the inputs, if one of them has categories or a value for missing cells. */
  readonly tableColumns?: readonly TableColumn[];
  /** How missing inputs, which are NaN, are filled by `trainingParts`. Absent: no input is missing. */
  readonly fill?: FillKind;
  /** Name of the label column. */
  readonly labelName?: string;
  /** SHA-256 of the source files, or of the parameters of a generated set. Model files have it in their provenance. */
  readonly sha256?: string;
}

/** The input value of a byte. */
export function byteValue(byte: number): number {
  return byte / 255;
}

/** A data set for training and evaluation, packed or not. */
export type AnyDataset = Dataset<Inputs | PackedPixels>;

/** The format of inputs, in arrays and in linear memory. */
export type InputKind = 'bytes' | 'floats' | 'packed';

export function inputKind(inputs: Inputs | PackedPixels): InputKind {
  if (inputs instanceof PackedPixels) return 'packed';
  return inputs instanceof Uint8Array ? 'bytes' : 'floats';
}

/** Number of samples. */
export function sampleCount(dataset: AnyDataset): number {
  return dataset.labels.length;
}

/** The samples [from, to), as views. */
export function slice(dataset: Dataset, from: number, to: number): Dataset;
export function slice(dataset: AnyDataset, from: number, to: number): AnyDataset;
export function slice(dataset: AnyDataset, from: number, to: number): AnyDataset {
  const { inputs, columns } = dataset;
  const part = inputs instanceof PackedPixels ? inputs.slice(from, to) : inputs.subarray(from * columns, to * columns);
  return { ...dataset, inputs: part, labels: dataset.labels.subarray(from, to) };
}

/** Copies of the samples with the given indices. */
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

/**
 * Checks types, shapes, labels and numbers for a network. Throws EdgeMlpError "bad-argument", "bad-shape", "bad-data"
 * or "not-finite".
 */
export function checkDataset(dataset: AnyDataset, spec: MlpSpec): void {
  checkFields(dataset);
  const { name, inputs, labels, columns } = dataset;
  const length = inputs instanceof PackedPixels ? inputs.samples * inputs.columns : inputs.length;
  if (columns !== inputSize(spec)) {
    const message = `${name}: expected ${inputSize(spec)} inputs per sample, as the network has, got ${columns}`;
    throw new EdgeMlpError('bad-shape', message);
  }
  if (labels.length === 0) throw new EdgeMlpError('bad-data', `${name}: expected at least one sample, got none`);
  if (length !== labels.length * columns || (inputs instanceof PackedPixels && inputs.columns !== columns)) {
    const expected = `${labels.length} × ${columns} = ${formatNumber(labels.length * columns)} inputs`;
    throw new EdgeMlpError('bad-shape', `${name}: expected ${expected}, got ${formatNumber(length)}`);
  }
  checkLabels(name, labels, classCount(spec));
  if (inputs instanceof Float32Array) checkFinite(`${name}: inputs`, inputs);
}

/**
 * Checks inputs [samples][columns]. Returns the number of samples, which must be `expected` if that is given. Throws
 * EdgeMlpError "bad-shape" or "not-finite".
 */
export function checkInputs(inputs: Inputs, columns: number, expected?: number): number {
  checkInputType('inputs', inputs);
  const samples = inputs.length / columns;
  if (!Number.isInteger(samples) || (expected !== undefined && samples !== expected)) {
    const rows = expected === undefined ? 'a multiple of' : `${expected} ×`;
    throw new EdgeMlpError('bad-shape', `inputs: expected ${rows} ${columns} numbers, got ${inputs.length}`);
  }
  if (inputs instanceof Float32Array) checkFinite('inputs', inputs);
  return samples;
}

/** Throws EdgeMlpError "bad-argument" for an object that TypeScript would not accept as a data set. */
function checkFields(dataset: AnyDataset): void {
  const given = typeof dataset === 'object' && dataset !== null && !Array.isArray(dataset);
  const missing = given && DATASET_FIELDS.find((field) => dataset[field] === undefined);
  if (!given || missing !== undefined) {
    const got = given ? `no ${missing}` : describeValue(dataset);
    const message = `data set: expected an object with ${DATASET_FIELDS.join(', ')}, got ${got}`;
    throw new EdgeMlpError('bad-argument', message);
  }
  const { name, inputs, labels } = dataset;
  if (!(inputs instanceof PackedPixels)) checkInputType(`${name}: inputs`, inputs);
  // By its tag: arrays of another realm, as in test runners, are accepted.
  const got = describeValue(labels);
  if (got === 'Uint16Array') return;
  const message = `${name}: labels: expected a Uint16Array, got ${got}: convert it with Uint16Array.from(labels)`;
  throw new EdgeMlpError('bad-argument', message);
}

const DATASET_FIELDS = ['name', 'inputs', 'labels', 'columns'] as const;

/** Throws EdgeMlpError "bad-shape" if `inputs` is not one of the arrays of Inputs. */
function checkInputType(name: string, inputs: Inputs): void {
  if (inputs instanceof Uint8Array || inputs instanceof Float32Array) return;
  const hint = Array.isArray(inputs) ? ': convert it with Float32Array.from(list)' : '';
  const message = `${name}: expected a Uint8Array (0–255) or a Float32Array, got ${describeValue(inputs)}${hint}`;
  throw new EdgeMlpError('bad-shape', message);
}

/** Throws EdgeMlpError "bad-data" for the first label outside [first, first + classes). */
export function checkLabels(name: string, labels: ArrayLike<number>, classes: number, first = 0): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? Number.NaN;
    if (!(Number.isInteger(label) && label >= first && label < first + classes)) {
      const message = `${name}: expected labels from ${first} to ${first + classes - 1}, got ${label} at sample ${i}`;
      throw new EdgeMlpError('bad-data', message);
    }
  }
}

/** Throws EdgeMlpError "not-finite" for the first NaN or infinity. */
export function checkFinite(name: string, values: Float32Array): void {
  // `includes` is fast without a warm-up, and a process reads a model only once.
  if (NOT_FINITE.every((value) => !values.includes(value))) return;
  const index = values.findIndex((value) => !Number.isFinite(value));
  throw new EdgeMlpError('not-finite', `${name}: expected finite numbers, got ${values[index]} at index ${index}`);
}

const NOT_FINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Fraction of the inputs that are not zero, in up to 1,000 samples spread evenly over the data set. */
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
