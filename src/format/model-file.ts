/**
 * Model files: safetensors with `layers.0.weight` (out, in) and `layers.0.bias` (out) …, as PyTorch's nn.Linear keeps them,
 * and metadata that says what the network is and where it came from. A checkpoint is a model file with the velocity and the
 * place in the run added.
 */
import type { Checkpoint, DatasetIdentity, TrainingOptions } from '../core/checkpoint.ts';
import type { InputScaling } from '../core/dataset.ts';
import { EdgeMlpError, messageOf } from '../core/errors.ts';
import type { Kernels } from '../core/kernels.ts';
import { checkParameters, Mlp, type Parameters } from '../core/mlp.ts';
import { checkSpec, classCount, type Initialisation, inputSize, type MlpSpec } from '../core/spec.ts';
import type { EpochMetrics } from '../core/train.ts';
import { formatSafetensors, isRecord, parseSafetensors, type Tensor } from './safetensors.ts';

/** Everything about a network but its numbers. */
export interface ModelInfo {
  readonly spec: MlpSpec;
  /** Names of the classes, by label. */
  readonly classes: readonly string[];
  readonly scaling: InputScaling;
  /** Rows and columns, where an input is a picture. */
  readonly imageShape?: readonly [rows: number, columns: number];
  /** How the network came to be; absent where it was not trained by us. */
  readonly provenance?: Provenance;
}

export interface Provenance {
  /** Version of edge-mlp. */
  readonly version: string;
  readonly initialisation: Initialisation;
  readonly training: TrainingOptions;
  readonly dataset: DatasetIdentity;
  readonly epochs: readonly EpochMetrics[];
  /** Measured on the data set's own test samples, with the final weights; null where it has none. */
  readonly test: { readonly samples: number; readonly loss: number; readonly accuracy: number } | null;
}

export interface ModelFile {
  readonly info: ModelInfo;
  readonly parameters: Parameters;
  /** In a checkpoint alone. */
  readonly checkpoint?: Checkpoint;
  /** In a checkpoint: what its writer needs to go on, for instance the options of a command. */
  readonly run?: unknown;
}

const FORMAT = 'edge-mlp';
const FORMAT_VERSION = '1';

/** The bytes of a model file or checkpoint. No clock and no machine goes in: the same run gives the same bytes. */
export function formatModel({ info, parameters, checkpoint, run }: ModelFile): Uint8Array<ArrayBuffer> {
  const { spec, classes, scaling, imageShape, provenance } = info;
  const tensors = tensorsOf(spec, parameters, '');
  if (checkpoint?.velocity !== undefined) {
    for (const [name, tensor] of tensorsOf(spec, checkpoint.velocity, 'velocity.')) tensors.set(name, tensor);
  }
  const metadata: Record<string, unknown> = { spec, classes, scaling, imageShape, provenance, run };
  if (checkpoint !== undefined) metadata.checkpoint = placeOf(checkpoint);
  const texts = Object.entries(metadata)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, JSON.stringify(value)]);
  return formatSafetensors({
    tensors,
    metadata: { format: FORMAT, formatVersion: FORMAT_VERSION, ...Object.fromEntries(texts) },
  });
}

/** Reads a model file or checkpoint and checks all of it. Throws `bad-model`, `bad-spec`, `bad-shape` or `not-finite`. */
export function parseModel(bytes: Uint8Array, name: string): ModelFile {
  const { tensors, metadata } = parseSafetensors(bytes, name);
  const { format, formatVersion } = metadata;
  if (format !== FORMAT) {
    throw new EdgeMlpError('bad-model', `${name}: expected metadata format "${FORMAT}", got ${JSON.stringify(format)}`);
  }
  if (formatVersion !== FORMAT_VERSION) {
    throw new EdgeMlpError(
      'bad-model',
      `${name}: expected format version ${FORMAT_VERSION}, got ${JSON.stringify(formatVersion)}`,
    );
  }
  try {
    return readModel(tensors, metadata, name);
  } catch (error) {
    if (!(error instanceof EdgeMlpError) || error.message.startsWith(name)) throw error;
    throw new EdgeMlpError(error.code, `${name}: ${error.message}`, { cause: error });
  }
}

/** The network of a model file. */
export function mlpOf(kernels: Kernels, { info, parameters }: ModelFile): Mlp {
  return Mlp.fromParameters(kernels, { ...info.spec, ...parameters });
}

function readModel(tensors: ReadonlyMap<string, Tensor>, metadata: Record<string, string>, name: string): ModelFile {
  const field = (key: string) => parseField(metadata, key, name);
  const spec = checkSpec(asRecord(field('spec'), `${name}: spec`) as unknown as MlpSpec);
  const info: ModelInfo = {
    spec,
    classes: checkClasses(field('classes'), spec, name),
    scaling: checkScaling(field('scaling'), spec, name),
    ...optional('imageShape', checkImageShape(field('imageShape'), spec, name)),
    ...optional('provenance', field('provenance') as Provenance | undefined),
  };
  const parameters = parametersFrom(tensors, spec, '', name);
  const place = field('checkpoint');
  const hasVelocity = [...tensors.keys()].some((key) => key.startsWith('velocity.'));
  const sets = 1 + Number(hasVelocity);
  if (tensors.size !== sets * 2 * (spec.layers.length - 1)) {
    throw new EdgeMlpError(
      'bad-model',
      `${name}: expected ${2 * (spec.layers.length - 1)} tensors, got ${[...tensors.keys()].join(', ')}`,
    );
  }
  if (place === undefined) return { info, parameters };
  const velocity = hasVelocity ? parametersFrom(tensors, spec, 'velocity.', name) : undefined;
  const checkpoint = { ...checkPlace(place, name), spec, parameters, ...optional('velocity', velocity) };
  return { info, parameters, checkpoint, run: field('run') };
}

/** Insertion order is file order: layer by layer, weight before bias. */
function tensorsOf(spec: MlpSpec, { weights, biases }: Parameters, prefix: string): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (let l = 0; l + 1 < spec.layers.length; l++) {
    const [inputs = 0, outputs = 0] = spec.layers.slice(l, l + 2);
    tensors.set(`${prefix}layers.${l}.weight`, { shape: [outputs, inputs], data: weights[l] ?? new Float32Array() });
    tensors.set(`${prefix}layers.${l}.bias`, { shape: [outputs], data: biases[l] ?? new Float32Array() });
  }
  return tensors;
}

function parametersFrom(tensors: ReadonlyMap<string, Tensor>, spec: MlpSpec, prefix: string, name: string): Parameters {
  const read = (key: string, shape: readonly number[]): Float32Array => {
    const tensor = tensors.get(key);
    if (tensor?.shape.join() !== shape.join()) {
      const got = tensor === undefined ? 'no such tensor' : tensor.shape.join(' × ');
      throw new EdgeMlpError('bad-model', `${name}: ${key}: expected shape ${shape.join(' × ')}, got ${got}`);
    }
    return tensor.data;
  };
  const weights: Float32Array[] = [];
  const biases: Float32Array[] = [];
  for (let l = 0; l + 1 < spec.layers.length; l++) {
    const [inputs = 0, outputs = 0] = spec.layers.slice(l, l + 2);
    weights.push(read(`${prefix}layers.${l}.weight`, [outputs, inputs]));
    biases.push(read(`${prefix}layers.${l}.bias`, [outputs]));
  }
  checkParameters(spec, { weights, biases });
  return { weights, biases };
}

function parseField(metadata: Record<string, string>, key: string, name: string): unknown {
  const text = metadata[key];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EdgeMlpError('bad-model', `${name}: metadata ${key}: expected JSON, got: ${messageOf(cause)}`, { cause });
  }
}

function asRecord(value: unknown, name: string): Record<string, unknown> {
  if (isRecord(value)) return value;
  throw new EdgeMlpError('bad-model', `${name}: expected an object, got ${JSON.stringify(value)}`);
}

function checkClasses(value: unknown, spec: MlpSpec, name: string): string[] {
  if (Array.isArray(value) && value.length === classCount(spec) && value.every((text) => typeof text === 'string'))
    return value;
  throw new EdgeMlpError(
    'bad-model',
    `${name}: classes: expected ${classCount(spec)} names, got ${JSON.stringify(value)}`,
  );
}

function checkScaling(value: unknown, spec: MlpSpec, name: string): InputScaling {
  const { kind, mean, standardDeviation } = asRecord(value, `${name}: scaling`);
  if (kind === 'bytes' || kind === 'identity') return { kind };
  const isRow = (row: unknown): row is number[] =>
    Array.isArray(row) && row.length === inputSize(spec) && row.every((number) => Number.isFinite(number));
  if (kind === 'standard' && isRow(mean) && isRow(standardDeviation)) return { kind, mean, standardDeviation };
  throw new EdgeMlpError(
    'bad-model',
    `${name}: scaling: expected kind bytes, identity or standard with ${inputSize(spec)} means and deviations, got ${JSON.stringify(kind)}`,
  );
}

function checkImageShape(value: unknown, spec: MlpSpec, name: string): [number, number] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.length === 2 && value[0] * value[1] === inputSize(spec))
    return [value[0], value[1]];
  throw new EdgeMlpError(
    'bad-model',
    `${name}: imageShape: expected rows × columns = ${inputSize(spec)}, got ${JSON.stringify(value)}`,
  );
}

type Place = Omit<Checkpoint, 'spec' | 'parameters' | 'velocity'>;

function placeOf({ options, dataset, epoch, step, cursor, lossSum, correct, history }: Checkpoint): Place {
  return { options, dataset, epoch, step, cursor, lossSum, correct, history };
}

function checkPlace(value: unknown, name: string): Place {
  const place = asRecord(value, `${name}: checkpoint`);
  const { options, dataset, epoch, step, cursor, lossSum, correct, history } = place;
  const numbers = [epoch, step, cursor, lossSum, correct].every((number) => typeof number === 'number' && number >= 0);
  if (numbers && isRecord(options) && isRecord(dataset) && Array.isArray(history)) return place as unknown as Place;
  throw new EdgeMlpError(
    'bad-model',
    `${name}: checkpoint: expected options, dataset, history and the place in the run`,
  );
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): Partial<Record<Key, Value>> {
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<Key, Value>>;
}
