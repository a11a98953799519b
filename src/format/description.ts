/** Descriptions of model files of other programs: the options of `edge-mlp import` and the query of an upload. */
import { PICTURE_FITS, type PictureFit } from '../core/dataset.ts';
import { EdgeMlpError } from '../core/errors.ts';
import { classCount, HIDDEN_ACTIVATIONS, type HiddenActivations, inputSize } from '../core/spec.ts';
import { omitUndefined } from './fields.ts';
import type { ModelInfo } from './metadata.ts';
import type { ModelFile } from './model-file.ts';
import { BYTES, type Front, findRange, type PixelRange, SHARES, toPixels } from './pixels.ts';
import type { StateDictOptions } from './state-dict.ts';

const TASKS = ['classification', 'regression'] as const;
const SCALINGS = ['bytes', 'identity'] as const;

/** Information that a model file of another program does not have. */
export interface Description extends StateDictOptions {
  /** Names of the classes, by label. */
  readonly classes?: readonly string[];
  /** `regression`: the outputs are numbers. `parseOnnx` takes it as an option. Default: classification. */
  readonly task?: (typeof TASKS)[number];
  /** Names of the targets of a regression. */
  readonly targets?: readonly string[];
  /** Names of the inputs. */
  readonly features?: readonly string[];
  /** Rows and columns of an image, whose pixels clients send as bytes. The file takes 0 to 1, if it does not scale bytes. */
  readonly image?: readonly [rows: number, columns: number];
  /**
   * How a PNG becomes inputs. `centred`: cropped, scaled and centred like the digits of MNIST. `as-is`: it has the size
   * of the image.
   */
  readonly pictures?: PictureFit;
  /** `bytes`: pixels from 0 to 1. `identity`: numbers as the file takes them, with `image` pixels from 0 to 255. */
  readonly scaling?: (typeof SCALINGS)[number];
  /** Means that training subtracted from the inputs: one for each input, or one for all. */
  readonly mean?: readonly number[];
  /** Standard deviations that training divided the inputs by: one for each input, or one for all. */
  readonly std?: readonly number[];
}

export const DESCRIPTION_NAMES = [
  'activation',
  'layers',
  'classes',
  'task',
  'targets',
  'features',
  'image',
  'pictures',
  'scaling',
  'mean',
  'std',
] as const satisfies (keyof Description)[];

/** A description as texts: comma-separated lists, and an image such as `28x28`. */
export type DescriptionTexts = { readonly [Key in keyof Description]?: string | undefined };

/** Parses a description. Throws EdgeMlpError "bad-argument". */
export function parseDescription(texts: DescriptionTexts): Description {
  const { activation, layers, classes, task, targets, features, image, pictures, scaling, mean, std } = texts;
  const read = <T>(text: string | undefined, parse: (text: string) => T) =>
    text === undefined ? undefined : parse(text);
  return omitUndefined({
    activation: read(activation, parseActivation),
    layers: read(layers, parseNames),
    classes: read(classes, parseNames),
    task: read(task, (text) => parseChoice(text, TASKS, 'task')),
    targets: read(targets, parseNames),
    features: read(features, parseNames),
    image: read(image, parseSides),
    pictures: read(pictures, (text) => parseChoice(text, PICTURE_FITS, 'pictures')),
    scaling: read(scaling, (text) => parseChoice(text, SCALINGS, 'scaling')),
    mean: read(mean, (text) => parseNumbers(text, 'mean')),
    std: read(std, (text) => parseNumbers(text, 'std')),
  });
}

/** The task that a network has in the library: none for classification. */
export function readTask({ task }: Description): 'regression' | undefined {
  return task === 'regression' ? task : undefined;
}

/**
 * Adds a description to a model. The standardisation of pixels becomes part of the first layer, so that pixels stay
 * bytes. Throws EdgeMlpError "bad-argument" if the description does not fit the network.
 *
 * @example
 * ```ts
 * import { loadKernels, Mlp } from 'edge-mlp';
 * import { describeModel } from 'edge-mlp/format';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2] });
 * const info = { spec: mlp.spec, classes: ['0', '1'], scaling: { kind: 'identity' as const } };
 * const model = describeModel({ info, parameters: mlp.parameters() }, { classes: ['out', 'in'], mean: [1], std: [2] });
 * console.log(model.info.classes, model.info.scaling.kind); // [ 'out', 'in' ] standard
 * ```
 */
export function describeModel(model: ModelFile, description: Description): ModelFile {
  const { classes, targets, features, image, pictures, mean, std } = description;
  const { info } = model;
  const inputs = inputSize(info.spec);
  checkNames('classes', classes, classCount(info.spec));
  checkNames('targets', targets, info.targets?.length ?? 0);
  checkNames('features', features, inputs);
  if (image !== undefined && image[0] * image[1] !== inputs) {
    reject('image', `rows and columns of ${inputs} pixels`, image.join('x'));
  }
  const named: ModelInfo = {
    ...info,
    ...omitUndefined({ classes, features, imageShape: image, pictures }),
    ...(targets && {
      targets: info.targets?.map((target, i) => ({ ...target, name: targets[i] ?? target.name })) ?? [],
    }),
  };
  if (pictures !== undefined && named.imageShape === undefined) {
    reject('pictures', 'rows and columns of an image, as in image', pictures);
  }
  const own = info.scaling.kind === 'standard';
  const front = readStandardisation(info, mean, std);
  const wanted = description.scaling ?? (image === undefined ? undefined : 'bytes');
  const pixels = (wanted ?? info.scaling.kind) === 'bytes' || (own && image !== undefined);
  if (front === undefined) return { ...model, info: { ...named, scaling: wanted ? { kind: wanted } : info.scaling } };
  // Options describe pixels from 0 to 1.
  if (pixels) return toPixels({ ...model, info: named }, own ? readRange(front, description) : SHARES, front);
  return { ...model, info: { ...named, scaling: { kind: 'standard', ...front } } };
}

/** Throws EdgeMlpError "bad-argument" for options of files of tensors, as an ONNX file says what they say. */
export function checkOnnxDescription({ activation, layers }: Description): void {
  const name = activation === undefined ? 'layers' : 'activation';
  if (activation === undefined && layers === undefined) return;
  reject(name, `nothing for ONNX, which has the ${name}`, 'a value');
}

/** The range of the pixels that a file standardises itself. */
function readRange(front: Front, { scaling }: Description): PixelRange {
  if (scaling === 'identity') return BYTES;
  const range = findRange(front) ?? (scaling === 'bytes' ? SHARES : undefined);
  if (range !== undefined) return range;
  reject(
    'scaling',
    'bytes, if the file scales pixels from 0 to 1, or identity, if it scales pixels from 0 to 255',
    `none, and the file divides by ${front.standardDeviation.slice(0, 3).join(', ')}`,
  );
}

/** The given standardisation, or the one in the file. */
function readStandardisation(
  { spec, scaling }: ModelInfo,
  mean: readonly number[] | undefined,
  std: readonly number[] | undefined,
): Front | undefined {
  if (mean === undefined && std === undefined) return scaling.kind === 'standard' ? scaling : undefined;
  if (mean === undefined || std === undefined) reject('mean and std', 'both', 'one');
  if (scaling.kind === 'standard') reject('mean and std', 'nothing, as the file has a standardisation', 'both');
  const inputs = inputSize(spec);
  const row = (name: string, values: readonly number[]): readonly number[] => {
    if (values.length === inputs) return values;
    if (values.length === 1) return Array.from({ length: inputs }, () => values[0] ?? 0);
    reject(name, `1 or ${inputs} numbers`, String(values.length));
  };
  if (!std.every((value) => value > 0)) reject('std', 'numbers above 0', std.slice(0, 8).join());
  return { mean: row('mean', mean), standardDeviation: row('std', std) };
}

function checkNames(what: string, names: readonly string[] | undefined, expected: number): void {
  if (names === undefined) return;
  const sound = names.length === expected && !names.includes('') && new Set(names).size === expected;
  if (!sound) reject(what, `${expected} different names`, JSON.stringify(names));
}

function parseNames(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function parseActivation(text: string): HiddenActivations {
  const names = parseNames(text).map((name) => parseChoice(name, HIDDEN_ACTIVATIONS, 'activation'));
  const [first] = names;
  return first !== undefined && names.length === 1 ? first : names;
}

function parseSides(text: string): [number, number] {
  const [, rows = 0, columns = 0] = (/^(\d{1,5})x(\d{1,5})$/.exec(text) ?? []).map(Number);
  return rows > 0 && columns > 0 ? [rows, columns] : reject('image', 'rows and columns, as 28x28', text);
}

function parseChoice<Choice extends string>(text: string, choices: readonly Choice[], what: string): Choice {
  return choices.find((choice) => choice === text) ?? reject(what, choices.join(' or '), text);
}

function parseNumbers(text: string, what: string): number[] {
  const numbers = text.split(',').map((each) => (each.trim() === '' ? Number.NaN : Number(each)));
  return numbers.every(Number.isFinite) ? numbers : reject(what, 'comma-separated numbers', text);
}

function reject(what: string, expected: string, got: string): never {
  throw new EdgeMlpError('bad-argument', `${what}: expected ${expected}, got ${got.slice(0, 200)}`);
}
