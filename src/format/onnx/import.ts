/**
 * Multilayer perceptrons from ONNX files of PyTorch, Keras (tf2onnx) and scikit-learn (skl2onnx): linear layers as
 * Gemm, MatMul and Add, or LinearClassifier; activations between them; softmax or a sigmoid of one output at the end;
 * and operators that do not change the features of a sample. Other nodes are refused with an error that names the node.
 */
import { EdgeMlpError } from '../../core/errors.ts';
import { classCount, inputSize, type MlpSpec, type Task } from '../../core/spec.ts';
import { Field, omitUndefined } from '../fields.ts';
import {
  type ModelInfo,
  readActivations,
  readClasses,
  readFeatures,
  readImageShape,
  readPictures,
  readRecognition,
  readScaling,
  readTableColumns,
  readTarget,
} from '../metadata.ts';
import type { ModelFile } from '../model-file.ts';
import { BYTES, SHARES, toPixels } from '../pixels.ts';
import { split } from '../standardisation.ts';
import { METADATA_PREFIX } from './export.ts';
import { findInput, type OnnxGraph, type OnnxModel, readOnnx, UINT8 } from './messages.ts';
import { buildNetwork } from './network.ts';
import { chooseOutput, type Output } from './outputs.ts';
import { chooseValues } from './regression.ts';
import type { ExternalFiles } from './tensors.ts';
import { type Activations, badModel } from './values.ts';
import { Walk } from './walk.ts';

/** Options of `parseOnnx`. */
export interface ImportOptions {
  /** The files next to the ONNX file that have its tensors, by their names in the file (`listExternalFiles`). */
  readonly externalData?: ExternalFiles;
  /** `regression`: the outputs are numbers. Default: the task in the metadata of our files, or classification. */
  readonly task?: Task | undefined;
}

/**
 * Reads the network of an ONNX file. Inputs of float numbers are features; `describeModel` makes them pixels. Throws
 * EdgeMlpError "bad-model" or "not-finite".
 *
 * @example
 * ```ts
 * import { loadKernels, Mlp } from 'edge-mlp';
 * import { createMlp } from 'edge-mlp/format';
 * import { formatOnnx, parseOnnx } from 'edge-mlp/onnx';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * const info = { spec: mlp.spec, classes: ['no', 'yes'], scaling: { kind: 'identity' } } as const;
 * const model = { info, parameters: mlp.parameters() };
 * const again = createMlp(await loadKernels(), parseOnnx(formatOnnx(model), 'mine.onnx'));
 * const x = Float32Array.of(1, 2);
 * console.log(again.predict(x).label === mlp.predict(x).label); // true
 * ```
 */
export function parseOnnx(bytes: Uint8Array, name: string, options: ImportOptions = {}): ModelFile {
  const model = readOnnx(bytes, name);
  try {
    return buildModel(model, options);
  } catch (error) {
    if (!(error instanceof EdgeMlpError)) throw error;
    const code = error.code === 'not-finite' ? 'not-finite' : 'bad-model';
    throw new EdgeMlpError(code, `${name}: ${error.message}`, { cause: error });
  }
}

function buildModel(file: OnnxModel, { externalData, task: wanted }: ImportOptions): ModelFile {
  const { graph, metadata } = file;
  const field = (key: string) => Field.parse(metadata[`${METADATA_PREFIX}${key}`], `metadata ${METADATA_PREFIX}${key}`);
  const task = wanted ?? field('task').optional((value) => value.choice(['regression']));
  const { network, classes, targets } = findNetwork(new Walk(file, externalData).outputs(), task, field('targets'));
  const stated = field('hiddenActivation').optional(readActivations);
  const { spec, ...weights } = buildNetwork(network, stated, task);
  checkInput(graph, spec);
  const scaling = field('scaling').optional((value) => readScaling(value, spec));
  const info: ModelInfo = {
    spec,
    classes: task === undefined ? nameClasses(spec, field('classes'), classes) : [],
    scaling: chooseScaling(network, scaling),
    ...omitUndefined({
      targets,
      imageShape: field('imageShape').optional((value) => readImageShape(value, spec)),
      pictures: field('pictures').optional(readPictures),
      features: field('features').optional((value) => readFeatures(value, spec)),
      tableColumns: field('tableColumns').optional((value) => readTableColumns(value, spec)),
      labelName: field('labelName').optional((value) => value.text()),
      recognition: field('recognition').optional((value) => readRecognition(value, spec)),
    }),
  };
  const model = { info, ...weights };
  if (findInput(graph)?.dataType === UINT8) {
    const imageShape = info.imageShape ?? findImageShape(graph, spec);
    return toPixels({ ...model, info: { ...info, ...omitUndefined({ imageShape }) } }, BYTES);
  }
  // Nodes in front of a network for pixels from 0 to 1, as its metadata say.
  return scaling?.kind === 'bytes' && info.scaling.kind === 'standard' ? toPixels(model, SHARES) : model;
}

/** The sizes that the file leaves open have to give the features of the first layer. */
function checkInput(graph: OnnxGraph, spec: MlpSpec): void {
  const [, ...sizes] = findInput(graph)?.shape ?? [];
  const known = sizes.reduce<number>((product, size) => (typeof size === 'number' ? product * size : product), 1);
  if (inputSize(spec) % known === 0) return;
  throw badModel(
    'the input',
    `sizes for ${inputSize(spec)} features, as the first layer has`,
    `[N, ${sizes.join(', ')}]`,
  );
}

function findNetwork(outputs: readonly Output[], task: Task | undefined, targets: Field) {
  if (task === undefined) return { ...chooseOutput(outputs), targets: undefined };
  const read = (value: Field) => value.list().map(readTarget);
  return { ...chooseValues(outputs, targets.optional(read)), classes: undefined };
}

/** Names of the classes: of the metadata, of the nodes, or their numbers. */
function nameClasses(spec: MlpSpec, stated: Field, named: readonly string[] | undefined): readonly string[] {
  const classes = stated.optional((value) => readClasses(value, spec)) ?? named;
  const count = classCount(spec);
  if (classes !== undefined && classes.length !== count) {
    throw new EdgeMlpError('bad-model', `classes: expected ${count} names, got ${classes.length}`);
  }
  return classes ?? Array.from({ length: count }, (_, label) => String(label));
}

/**
 * The scaling in the metadata of our files, if its float32 numbers are those of the nodes; otherwise that of the nodes.
 */
function chooseScaling({ front }: Activations, stated: ModelInfo['scaling'] | undefined): ModelInfo['scaling'] {
  if (front === undefined) return stated === undefined || stated.kind === 'standard' ? { kind: 'identity' } : stated;
  const same = (numbers: readonly number[], values: Float64Array) =>
    numbers.length === values.length && numbers.every((number, i) => number === values[i]);
  const { mean, deviation } = front;
  const finite = mean.every(isFloat) && deviation.every((each) => isFloat(each) && Math.fround(each) > 0);
  if (!finite) {
    throw new EdgeMlpError('not-finite', 'standardisation: expected finite float32 numbers, got others');
  }
  const sums = (numbers: readonly number[]) => numbers.map((number) => split(number).reduce((a, b) => a + b));
  const deviations = stated?.kind === 'standard' ? stated.standardDeviation.map(Math.fround) : [];
  if (stated?.kind === 'standard' && same(sums(stated.mean), mean) && same(deviations, deviation)) return stated;
  return { kind: 'standard', mean: [...mean], standardDeviation: [...deviation] };
}

function isFloat(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}

/**
 * The image shape of an input [N, rows, columns], [N, 1, rows, columns] or [N, rows, columns, 1] with more than one
 * row.
 */
function findImageShape(graph: OnnxGraph, { layers }: MlpSpec): [number, number] | undefined {
  const [, ...sizes] = findInput(graph)?.shape ?? [];
  const sides = sizes.length === 3 ? sizes.filter((size) => size !== 1) : sizes;
  const [rows, columns, ...more] = sides;
  if (typeof rows !== 'number' || typeof columns !== 'number' || more.length > 0 || Math.min(rows, columns) < 2)
    return undefined;
  return rows * columns === layers[0] ? [rows, columns] : undefined;
}
