import { describeValue, EdgeMlpError, formatNumber } from './errors.ts';
import { PackedPixels } from './packed.ts';
import { checkProbabilities, hasSoftLabels, type Labelled } from './soft-labels.ts';
import { classCount, inputSize, type MlpSpec, outputSize, type Task } from './spec.ts';
import type { FillKind, TableColumn } from './table-columns.ts';
import type { Target } from './targets.ts';

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

/** Classes, probabilities of the classes, or targets of a regression. */
export type Labels = Uint16Array | Float32Array;

/** Labelled samples. MNIST takes 47 MB in bytes, 188 MB in floats, and 15 MB packed. */
export interface Dataset<Held extends Inputs | PackedPixels = Inputs> {
  /** Name in messages and in the provenance of models. */
  readonly name: string;
  /** `[samples][columns]`: bytes 0–255, or scaled numbers. */
  readonly inputs: Held;
  /**
   * Uint16Array `[samples]`: the class of each sample, 0 … classes.length-1. Float32Array `[samples][classes]`: target
   * probabilities of a classification, at least 0 and with the sum 1 in each row; accuracy counts the most probable
   * class. For regression, Float32Array `[samples][targets]`: standardised numbers.
   */
  readonly labels: Labels;
  /** Inputs per sample. */
  readonly columns: number;
  /** Names of the classes, by label; empty for regression. */
  readonly classes: readonly string[];
  /** For regression: names and standardisation of the targets. */
  readonly targets?: readonly Target[];
  /** `[samples]`: factors of the samples in loss, gradient and measures. Default: 1 each. */
  readonly weights?: Float32Array;
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
  /** Name of the column with the weights. */
  readonly weightName?: string;
  /** `[samples]`: the line of each sample in its file, from 1. */
  readonly lines?: Uint32Array;
  /** SHA-256 of the source files, or of the parameters of a generated set. Model files have it in their provenance. */
  readonly sha256?: string;
}

/** The input value of a byte. */
export function byteValue(byte: number): number {
  return byte / 255;
}

/** Inputs as the network computes with them. */
export function floatInputs(inputs: Inputs): Float32Array {
  if (!(inputs instanceof Uint8Array)) return inputs;
  const floats = new Float32Array(inputs.length);
  // Float32Array.from takes several times as long.
  for (let i = 0; i < floats.length; i++) floats[i] = byteValue(inputs[i] ?? 0);
  return floats;
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
export function sampleCount(dataset: Pick<AnyDataset, 'labels' | 'classes' | 'targets'>): number {
  return dataset.labels.length / labelWidth(dataset);
}

/** The task of a network for a data set; undefined for classes. */
export function datasetTask({ targets }: Pick<AnyDataset, 'targets'>): Task | undefined {
  return targets === undefined ? undefined : 'regression';
}

/** Outputs of a network for a data set: classes or targets. */
export function countOutputs({ classes, targets }: Pick<AnyDataset, 'classes' | 'targets'>): number {
  return (targets ?? classes).length;
}

/** Labels of a sample: one class, a probability for each class, or the targets of a regression. */
export function labelWidth(dataset: Labelled): number {
  return labelFloats(dataset) ?? 1;
}

/** Float32 labels of a sample, which are targets or probabilities; undefined for a class. */
export function labelFloats(dataset: Labelled): number | undefined {
  return dataset.targets?.length ?? (hasSoftLabels(dataset) ? dataset.classes.length : undefined);
}

/** Labels of the samples [from, to), as a view. */
export function sliceLabels(dataset: Labelled, from: number, to: number): Labels {
  const width = labelWidth(dataset);
  return dataset.labels.subarray(from * width, to * width);
}

/** Labels for `samples` samples, all 0, of the kind of a data set. */
export function createLabels(dataset: Labelled, samples: number): Labels {
  const floats = labelFloats(dataset);
  return floats === undefined ? new Uint16Array(samples) : new Float32Array(samples * floats);
}

/** The samples [from, to), as views. */
export function slice(dataset: Dataset, from: number, to: number): Dataset;
export function slice(dataset: AnyDataset, from: number, to: number): AnyDataset;
export function slice(dataset: AnyDataset, from: number, to: number): AnyDataset {
  const { inputs, columns, weights, lines } = dataset;
  const part = inputs instanceof PackedPixels ? inputs.slice(from, to) : inputs.subarray(from * columns, to * columns);
  const labels = sliceLabels(dataset, from, to);
  return {
    ...dataset,
    inputs: part,
    labels,
    ...(weights && { weights: weights.subarray(from, to) }),
    ...(lines && { lines: lines.subarray(from, to) }),
  };
}

/** Copies of the samples with the given indices. */
export function pick(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  const { columns, weights, lines } = dataset;
  const length = indices.length * columns;
  const inputs = dataset.inputs instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  const labels = createLabels(dataset, indices.length);
  const width = labelWidth(dataset);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] ?? 0;
    inputs.set(dataset.inputs.subarray(index * columns, (index + 1) * columns), i * columns);
    labels.set(sliceLabels(dataset, index, index + 1), i * width);
  }
  return {
    ...dataset,
    inputs,
    labels,
    ...(weights && { weights: Float32Array.from(indices, (index) => weights[index] ?? 0) }),
    ...(lines && { lines: Uint32Array.from(indices, (index) => lines[index] ?? 0) }),
  };
}

/**
 * Checks types, shapes, labels and numbers for a network. Throws EdgeMlpError "bad-argument", "bad-shape", "bad-data"
 * or "not-finite".
 */
export function checkDataset(dataset: AnyDataset, spec: MlpSpec): void {
  checkFields(dataset);
  checkTask(dataset, spec);
  const { name, inputs, labels, columns } = dataset;
  const samples = sampleCount(dataset);
  const length = inputs instanceof PackedPixels ? inputs.samples * inputs.columns : inputs.length;
  if (columns !== inputSize(spec)) {
    const message = `${name}: expected ${inputSize(spec)} inputs per sample, as the network has, got ${columns}`;
    throw new EdgeMlpError('bad-shape', message);
  }
  if (samples === 0) throw new EdgeMlpError('bad-data', `${name}: expected at least one sample, got none`);
  if (length !== samples * columns || (inputs instanceof PackedPixels && inputs.columns !== columns)) {
    const expected = `${samples} × ${columns} = ${formatNumber(samples * columns)} inputs`;
    throw new EdgeMlpError('bad-shape', `${name}: expected ${expected}, got ${formatNumber(length)}`);
  }
  if (dataset.targets !== undefined) checkFinite(`${name}: targets`, labels);
  else if (labels instanceof Float32Array) checkProbabilities(name, labels, classCount(spec));
  else checkLabels(name, labels, classCount(spec));
  if (dataset.weights !== undefined) checkWeights(name, dataset.weights, samples);
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
  const { name, inputs, labels, targets } = dataset;
  if (!(inputs instanceof PackedPixels)) checkInputType(`${name}: inputs`, inputs);
  const isSoft = hasSoftLabels(dataset);
  if (isSoft && !Array.isArray(dataset.classes)) {
    const got = describeValue(dataset.classes);
    throw new EdgeMlpError('bad-argument', `${name}: classes: expected a list of names, got ${got}`);
  }
  checkArray(`${name}: labels`, labels, targets === undefined && !isSoft ? 'Uint16Array' : 'Float32Array');
}

/** Throws EdgeMlpError "bad-argument". Arrays of another realm, as in test runners, are accepted: by their tag. */
function checkArray(name: string, array: unknown, expected: 'Uint16Array' | 'Float32Array'): void {
  const got = describeValue(array);
  if (got === expected) return;
  const message = `${name}: expected a ${expected}, got ${got}: convert it with ${expected}.from(list)`;
  throw new EdgeMlpError('bad-argument', message);
}

/** Throws EdgeMlpError "bad-data" for classes in a regression, for targets in a classification, or "bad-shape". */
function checkTask(dataset: AnyDataset, spec: MlpSpec): void {
  const { name, labels, targets } = dataset;
  if ((targets !== undefined) !== (spec.task === 'regression')) {
    const [expected, got, hint] =
      targets === undefined
        ? ['targets, as the network is a regression', 'classes', 'create the network without a task']
        : ['classes, as the network classifies', 'targets', "create the network with task 'regression'"];
    throw new EdgeMlpError('bad-data', `${name}: expected ${expected}, got ${got}: ${hint}`);
  }
  const width = labelFloats(dataset);
  if (width === undefined || (width === outputSize(spec) && labels.length % width === 0)) return;
  const kind = targets === undefined ? 'probabilities' : 'targets';
  const expected = `${outputSize(spec)} ${kind} for each sample, as the network has`;
  throw new EdgeMlpError('bad-shape', `${name}: expected ${expected}, got ${width} and ${labels.length} labels`);
}

/** Throws EdgeMlpError "bad-argument", "bad-shape" or "bad-data". */
function checkWeights(name: string, weights: Float32Array, samples: number): void {
  checkArray(`${name}: weights`, weights, 'Float32Array');
  if (weights.length !== samples) {
    throw new EdgeMlpError('bad-shape', `${name}: expected ${samples} weights, got ${weights.length}`);
  }
  const index = weights.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (index >= 0) {
    const got = `${weights[index]} at sample ${index}`;
    throw new EdgeMlpError('bad-data', `${name}: expected weights of at least 0, got ${got}`);
  }
  if (weights.some((weight) => weight > 0)) return;
  throw new EdgeMlpError('bad-data', `${name}: expected a weight above 0, got none`);
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

/** The error of finite inputs whose outputs, loss or gradient are NaN or infinite. */
export function overflowError(place: string, got: number): EdgeMlpError {
  const reason = 'its inputs overflow inside the network';
  const message = `${place}: expected finite outputs, got ${got}: ${reason}; use smaller or standardised inputs`;
  return new EdgeMlpError('not-finite', message);
}

/** Throws EdgeMlpError "not-finite" for the first NaN or infinity. */
export function checkFinite(name: string, values: Labels): void {
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
