/**
 * Model files: safetensors with `layers.0.weight` (out, in) and `layers.0.bias` (out) …, as in PyTorch's nn.Linear, and
 * metadata. int8 weights have an additional `layers.0.weight_scale` (out). A checkpoint is a model file with the
 * place in the run and further numbers in the shapes of the parameters, such as `velocity.layers.0.weight`.
 */
import { type Checkpoint, COMPANIONS } from '../core/checkpoint.ts';
import { describeValue, EdgeMlpError, type ErrorCode, listNames } from '../core/errors.ts';
import type { Kernels } from '../core/kernels.ts';
import { Mlp } from '../core/mlp.ts';
import { checkParameters, type Parameters } from '../core/parameters.ts';
import { checkQuantized, dequantize, type QuantizedParameters, quantize } from '../core/quantization.ts';
import { type MlpSpec, outputSize } from '../core/spec.ts';
import { unscaledTargets } from '../core/targets.ts';
import { pickPlace, readPlace } from './checkpoint.ts';
import { Field, omitUndefined } from './fields.ts';
import {
  checkInfo,
  type ModelInfo,
  readClasses,
  readCorrections,
  readFeatures,
  readImageShape,
  readPictures,
  readProvenance,
  readRecognition,
  readScaling,
  readSpec,
  readTableColumns,
  readTargets,
} from './metadata.ts';
import { formatSafetensors, parseSafetensors, type Safetensors, type Tensor, toFloats } from './safetensors.ts';

/** The content of a model file. */
export interface ModelFile {
  /** The description of the network. */
  readonly info: ModelInfo;
  /** Weights and biases; int8 weights as float32. */
  readonly parameters: Parameters;
  /** The int8 weights, in files that have them. */
  readonly quantized?: QuantizedParameters;
  /** Only in checkpoints. */
  readonly checkpoint?: Checkpoint;
  /** In checkpoints: data of the program that writes them, for instance the options of a command. */
  readonly run?: unknown;
}

const FORMAT = 'edge-mlp';
const FORMAT_VERSION = '1';

/**
 * The bytes of a model file or checkpoint. The same run gives the same bytes at any time and on any machine. Throws
 * EdgeMlpError "bad-model" for information that could not be read again, such as too few class names.
 */
export function formatModel({ info, parameters, quantized, checkpoint, run }: ModelFile): Uint8Array<ArrayBuffer> {
  checkInfo(info);
  const { spec, classes, targets, scaling, imageShape, pictures, features, tableColumns, labelName } = info;
  const { weightName, recognition, provenance, corrections } = info;
  const tensors =
    quantized === undefined ? formatTensors(spec, parameters, '') : formatQuantizedTensors(spec, quantized);
  for (const companion of COMPANIONS) {
    const held = checkpoint?.[companion];
    if (held === undefined) continue;
    for (const [name, tensor] of formatTensors(spec, held, `${companion}.`)) tensors.set(name, tensor);
  }
  const metadata: Record<string, unknown> = {
    spec,
    classes,
    targets,
    scaling,
    imageShape,
    pictures,
    features,
    columns: tableColumns,
    labelName,
    weightName,
    recognition,
    provenance,
    corrections,
    run,
  };
  if (checkpoint !== undefined) metadata.checkpoint = pickPlace(checkpoint);
  const texts = Object.entries(metadata)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, JSON.stringify(value)]);
  return formatSafetensors({
    tensors,
    metadata: { format: FORMAT, formatVersion: FORMAT_VERSION, ...Object.fromEntries(texts) },
  });
}

/** Reads and checks a model file or checkpoint. Throws EdgeMlpError "bad-model" or "not-finite". */
export function parseModel(bytes: Uint8Array, name: string): ModelFile {
  return readModelFile(parseModelFile(bytes, name), name);
}

/**
 * `parseModel` for predictions: without the state of a checkpoint, whose checks would be 2 KB of the page.
 */
export function parseTrainedModel(bytes: Uint8Array, name: string): ModelFile {
  return readParts(parseModelFile(bytes, name), name);
}

function parseModelFile(bytes: Uint8Array, name: string): Safetensors {
  const file = parseSafetensors(bytes, name);
  if (isModelFile(file)) return file;
  const got = describeValue(file.metadata.format);
  const message = `${name}: expected metadata format "${FORMAT}", got ${got}; edge-mlp import converts other files`;
  throw new EdgeMlpError('bad-model', message);
}

/** Whether a safetensors file is a model file or a checkpoint, of any version. */
export function isModelFile({ metadata }: Safetensors): boolean {
  return metadata.format === FORMAT;
}

/** `parseModel` of a file whose tensors have been read. */
export function readModelFile(file: Safetensors, name: string): ModelFile {
  return readParts(file, name, readPlace);
}

type ReadState = typeof readPlace;

function readParts({ tensors, metadata }: Safetensors, name: string, readState?: ReadState): ModelFile {
  const { formatVersion } = metadata;
  if (formatVersion !== FORMAT_VERSION) {
    const message = `${name}: expected format version ${FORMAT_VERSION}, got ${describeValue(formatVersion)}`;
    throw new EdgeMlpError('bad-model', message);
  }
  return withFileName(name, () => readModel(tensors, metadata, readState));
}

/**
 * Calls `read`. Errors of the core get the name of the file, and the code "bad-model" unless it is in `kept`: here the
 * file is wrong.
 */
export function withFileName<T>(name: string, read: () => T, kept: readonly ErrorCode[] = ['not-finite']): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EdgeMlpError)) throw error;
    const code = kept.includes(error.code) ? error.code : 'bad-model';
    throw new EdgeMlpError(code, `${name}: ${error.message}`, { cause: error });
  }
}

/**
 * The network of a model file, with float32 or int8 weights as in the file. Throws EdgeMlpError "bad-spec" or
 * "out-of-memory".
 */
export function createMlp(kernels: Kernels, model: ModelFile): Mlp {
  const { info, quantized } = model;
  if (quantized !== undefined) return Mlp.fromQuantized(kernels, { ...info.spec, ...quantized });
  return Mlp.fromParameters(kernels, { ...info.spec, ...model.parameters });
}

/**
 * The bytes of a model file in safetensors format. `about` describes classes and inputs; a `Dataset` has these
 * properties. Defaults: classes and targets are named by their numbers, inputs and targets are not scaled. Throws
 * EdgeMlpError "bad-model".
 */
export function saveModel(mlp: Mlp, about: Partial<Omit<ModelInfo, 'spec'>> = {}): Uint8Array<ArrayBuffer> {
  const numbers = Array.from({ length: outputSize(mlp.spec) }, (_, output) => String(output));
  const { scaling = { kind: 'identity' as const } } = about;
  const outputs =
    mlp.spec.task === 'regression'
      ? { classes: [], targets: about.targets ?? unscaledTargets(numbers) }
      : { classes: about.classes ?? numbers };
  const info = { ...about, spec: mlp.spec, ...outputs, scaling };
  const quantized = mlp.precision === 'int8' ? { quantized: mlp.quantized() } : {};
  return formatModel({ info, parameters: mlp.parameters(), ...quantized });
}

/**
 * A model with the nearest int8 weights, a quarter of the size. Its provenance has the last epoch and no test measures,
 * which are those of the float32 weights. Throws EdgeMlpError "bad-spec".
 */
export function quantizeModel({ info, parameters, quantized }: ModelFile): ModelFile {
  if (quantized !== undefined) return { info, parameters, quantized };
  const { provenance, ...rest } = info;
  if (provenance === undefined) return withQuantized(info, quantize(info.spec, parameters));
  const shortened = { ...provenance, epochs: provenance.epochs.slice(-1), test: null };
  return withQuantized({ ...rest, provenance: shortened }, quantize(info.spec, parameters));
}

/** The float32 parameters are computed on demand: a service that only predicts does not need them. */
function withQuantized(info: ModelInfo, quantized: QuantizedParameters): ModelFile {
  let parameters: Parameters | undefined;
  return {
    info,
    quantized,
    get parameters() {
      parameters ??= dequantize(info.spec, quantized);
      return parameters;
    },
  };
}

function readModel(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Record<string, string>,
  readState?: ReadState,
): ModelFile {
  const field = (key: string) => Field.parse(metadata[key], key, `metadata ${key}`);
  const spec = readSpec(field('spec'));
  const info: ModelInfo = {
    spec,
    classes: readClasses(field('classes'), spec),
    scaling: readScaling(field('scaling'), spec),
    ...omitUndefined({
      targets: readTargets(field('targets'), spec),
      imageShape: field('imageShape').optional((shape) => readImageShape(shape, spec)),
      pictures: field('pictures').optional(readPictures),
      features: field('features').optional((names) => readFeatures(names, spec)),
      tableColumns: field('columns').optional((columns) => readTableColumns(columns, spec)),
      labelName: field('labelName').optional((name) => name.text()),
      weightName: field('weightName').optional((name) => name.text()),
      recognition: field('recognition').optional((recognition) => readRecognition(recognition, spec)),
      provenance: field('provenance').optional(readProvenance),
      corrections: field('corrections').optional(readCorrections),
    }),
  };
  if (tensors.has('layers.0.weight_scale')) return withQuantized(info, readQuantized(tensors, spec));
  const parameters = readParameters(tensors, spec, '');
  const companions = COMPANIONS.filter((name) => [...tensors.keys()].some((key) => key.startsWith(`${name}.`)));
  checkTensorCount(tensors, (1 + companions.length) * 2 * (spec.layers.length - 1));
  const place = readState && field('checkpoint').optional(readState);
  if (place === undefined) return { info, parameters };
  const held = companions.map((name) => [name, readParameters(tensors, spec, `${name}.`)] as const);
  return {
    info,
    parameters,
    checkpoint: { ...place, spec, parameters, ...Object.fromEntries(held) },
    run: field('run').value,
  };
}

/** Index, inputs and outputs of each layer of weights. */
function listLayers({ layers }: MlpSpec): readonly { l: number; inputs: number; outputs: number }[] {
  return layers.slice(1).map((outputs, l) => ({ l, inputs: layers[l] ?? 0, outputs }));
}

/** In the order of the file: layer by layer, weight before bias. */
function formatTensors(spec: MlpSpec, { weights, biases }: Parameters, prefix: string): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const { l, inputs, outputs } of listLayers(spec)) {
    tensors.set(`${prefix}layers.${l}.weight`, { shape: [outputs, inputs], data: weights[l] ?? new Float32Array() });
    tensors.set(`${prefix}layers.${l}.bias`, { shape: [outputs], data: biases[l] ?? new Float32Array() });
  }
  return tensors;
}

/** Floats come first, so that they are aligned. */
function formatQuantizedTensors(spec: MlpSpec, { weights, scales, biases }: QuantizedParameters): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const { l, outputs } of listLayers(spec)) {
    tensors.set(`layers.${l}.weight_scale`, { shape: [outputs], data: scales[l] ?? new Float32Array() });
    tensors.set(`layers.${l}.bias`, { shape: [outputs], data: biases[l] ?? new Float32Array() });
  }
  for (const { l, inputs, outputs } of listLayers(spec)) {
    tensors.set(`layers.${l}.weight`, { shape: [outputs, inputs], data: weights[l] ?? new Int8Array() });
  }
  return tensors;
}

function readParameters(tensors: ReadonlyMap<string, Tensor>, spec: MlpSpec, prefix: string): Parameters {
  const read = (key: string, shape: readonly number[]) => toFloats(tensorAt(tensors, key, shape), key);
  const layers = listLayers(spec);
  const parameters = {
    weights: layers.map(({ l, inputs, outputs }) => read(`${prefix}layers.${l}.weight`, [outputs, inputs])),
    biases: layers.map(({ l, outputs }) => read(`${prefix}layers.${l}.bias`, [outputs])),
  };
  checkParameters(spec, parameters);
  return parameters;
}

function readQuantized(tensors: ReadonlyMap<string, Tensor>, spec: MlpSpec): QuantizedParameters {
  const layers = listLayers(spec);
  checkTensorCount(tensors, 3 * layers.length);
  const row = (key: string, length: number) => toFloats(tensorAt(tensors, key, [length]), key);
  const parameters = {
    weights: layers.map(({ l, inputs, outputs }) => {
      const { data } = tensorAt(tensors, `layers.${l}.weight`, [outputs, inputs]);
      if (data instanceof Int8Array) return data;
      throw new EdgeMlpError('bad-model', `layers.${l}.weight: expected dtype I8, as it has a scale, got F32`);
    }),
    scales: layers.map(({ l, outputs }) => row(`layers.${l}.weight_scale`, outputs)),
    biases: layers.map(({ l, outputs }) => row(`layers.${l}.bias`, outputs)),
  };
  checkQuantized(spec, parameters);
  return parameters;
}

function checkTensorCount(tensors: ReadonlyMap<string, Tensor>, expected: number): void {
  if (tensors.size === expected) return;
  throw new EdgeMlpError('bad-model', `expected ${expected} tensors, got ${listNames([...tensors.keys()])}`);
}

function tensorAt(tensors: ReadonlyMap<string, Tensor>, key: string, shape: readonly number[]): Tensor {
  const tensor = tensors.get(key);
  if (tensor?.shape.join() === shape.join()) return tensor;
  const got = tensor === undefined ? 'no such tensor' : tensor.shape.join(' × ');
  throw new EdgeMlpError('bad-model', `${key}: expected shape ${shape.join(' × ')}, got ${got}`);
}
