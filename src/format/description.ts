/** What another program's model file leaves open, said beside it: by the options of `edge-mlp import`, by the query of an upload. */
import { PICTURE_FITS, type PictureFit } from '../core/dataset.ts';
import { EdgeMlpError } from '../core/errors.ts';
import { classCount, inputSize } from '../core/spec.ts';
import type { ModelInfo } from './metadata.ts';
import type { ModelFile } from './model-file.ts';

const SCALINGS = ['bytes', 'identity'] as const;

/** What is said of a model beside its file. */
export interface Description {
  /** Names of the classes, by label. */
  readonly classes?: readonly string[];
  /** Names of the inputs. */
  readonly features?: readonly string[];
  /** Rows and columns of a picture, whose pixels the network takes from 0 to 1. */
  readonly image?: readonly [rows: number, columns: number];
  /** How a PNG becomes such a picture: cut out and centred as MNIST’s digits were, or, of its very size, as it is. */
  readonly pictures?: PictureFit;
  /** `bytes`: pixels, which the network takes from 0 to 1; `identity`: numbers as they are. */
  readonly scaling?: (typeof SCALINGS)[number];
  /** What was taken away from the inputs in training: a number for each, or one for all. */
  readonly mean?: readonly number[];
  /** What they were divided by then. */
  readonly std?: readonly number[];
}

/** The same as texts: lists with commas between, an image as `28x28`. */
export type DescriptionTexts = { readonly [Key in keyof Description]?: string | undefined };

/** A description from its texts. Throws `bad-argument`. */
export function parseDescription(texts: DescriptionTexts): Description {
  const { classes, features, image, pictures, scaling, mean, std } = texts;
  return {
    ...(classes === undefined ? {} : { classes: namesIn(classes) }),
    ...(features === undefined ? {} : { features: namesIn(features) }),
    ...(image === undefined ? {} : { image: sidesIn(image) }),
    ...(pictures === undefined ? {} : { pictures: oneIn(pictures, PICTURE_FITS, 'pictures') }),
    ...(scaling === undefined ? {} : { scaling: oneIn(scaling, SCALINGS, 'scaling') }),
    ...(mean === undefined ? {} : { mean: numbersIn(mean, 'mean') }),
    ...(std === undefined ? {} : { std: numbersIn(std, 'std') }),
  };
}

/**
 * The model as it is described. Of pixels a standardisation becomes part of the first layer, so that they stay bytes; of other
 * numbers it is kept as such. Throws `bad-argument` for what does not fit the network.
 *
 * @example
 * ```ts
 * import { Mlp } from 'edge-mlp';
 * import { describeModel } from 'edge-mlp/format';
 * import { loadKernels } from 'edge-mlp';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2] });
 * const info = { spec: mlp.spec, classes: ['0', '1'], scaling: { kind: 'identity' as const } };
 * const model = describeModel({ info, parameters: mlp.parameters() }, { classes: ['out', 'in'], mean: [1], std: [2] });
 * console.log(model.info.classes, model.info.scaling); // [ 'out', 'in' ] { kind: 'standard', mean: [ 1, 1 ], standardDeviation: [ 2, 2 ] }
 * ```
 */
export function describeModel(model: ModelFile, description: Description): ModelFile {
  const { classes, features, image, pictures, mean, std } = description;
  const { info } = model;
  const inputs = inputSize(info.spec);
  checkNames('classes', classes, classCount(info.spec));
  checkNames('features', features, inputs);
  if (image !== undefined && image[0] * image[1] !== inputs) {
    throw wrong('image', `rows and columns of ${inputs} pixels`, image.join('x'));
  }
  const named: ModelInfo = {
    ...info,
    ...(classes === undefined ? {} : { classes }),
    ...(features === undefined ? {} : { features }),
    ...(image === undefined ? {} : { imageShape: image }),
    ...(pictures === undefined ? {} : { pictures }),
  };
  if (pictures !== undefined && named.imageShape === undefined) {
    throw wrong('pictures', 'it with rows and columns of a picture, as image has them', pictures);
  }
  const front = readStandardisation(info, mean, std);
  const wanted = description.scaling ?? (image === undefined ? undefined : 'bytes');
  const pixels = (wanted ?? info.scaling.kind) === 'bytes';
  if (front === undefined) return { ...model, info: { ...named, scaling: wanted ? { kind: wanted } : info.scaling } };
  if (pixels) return { info: { ...named, scaling: { kind: 'bytes' } }, parameters: withFront(model, front) };
  if (description.scaling !== undefined && info.scaling.kind === 'standard') {
    throw wrong('scaling', 'bytes, or none beside the standardisation that the file has', description.scaling);
  }
  return { ...model, info: { ...named, scaling: { kind: 'standard', ...front } } };
}

interface Front {
  readonly mean: readonly number[];
  readonly standardDeviation: readonly number[];
}

/** As it is given, or as the file has it. */
function readStandardisation(
  { spec, scaling }: ModelInfo,
  mean: readonly number[] | undefined,
  std: readonly number[] | undefined,
): Front | undefined {
  if (mean === undefined && std === undefined) return scaling.kind === 'standard' ? scaling : undefined;
  if (mean === undefined || std === undefined) throw wrong('mean and std', 'both of them', 'one');
  if (scaling.kind === 'standard') throw wrong('mean and std', 'none beside the standardisation in the file', 'them');
  const inputs = inputSize(spec);
  const row = (name: string, values: readonly number[]): readonly number[] => {
    if (values.length === inputs) return values;
    if (values.length === 1) return Array.from({ length: inputs }, () => values[0] ?? 0);
    throw wrong(name, `1 or ${inputs} numbers`, String(values.length));
  };
  if (!std.every((value) => value > 0)) throw wrong('std', 'numbers above 0', std.slice(0, 8).join());
  return { mean: row('mean', mean), standardDeviation: row('std', std) };
}

/** W ((x - m) / s) + b = (W / s) x + (b - W m / s), in float64, rounded once. */
function withFront({ info: { spec }, parameters }: ModelFile, { mean, standardDeviation }: Front) {
  const [weight = new Float32Array(), ...weights] = parameters.weights;
  const [bias = new Float32Array(), ...biases] = parameters.biases;
  const inputs = inputSize(spec);
  const divided = Float64Array.from(weight, (w, k) => w / (standardDeviation[k % inputs] ?? 1));
  const shifted = Float64Array.from(bias);
  for (let o = 0; o < shifted.length; o++) {
    for (let i = 0; i < inputs; i++) shifted[o] = (shifted[o] ?? 0) - (divided[o * inputs + i] ?? 0) * (mean[i] ?? 0);
  }
  return { weights: [Float32Array.from(divided), ...weights], biases: [Float32Array.from(shifted), ...biases] };
}

function checkNames(what: string, names: readonly string[] | undefined, expected: number): void {
  if (names === undefined) return;
  const sound = names.length === expected && !names.includes('') && new Set(names).size === expected;
  if (!sound) throw wrong(what, `${expected} different names`, JSON.stringify(names).slice(0, 200));
}

function namesIn(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function sidesIn(text: string): [number, number] {
  const [, rows = 0, columns = 0] = (/^(\d{1,5})x(\d{1,5})$/.exec(text) ?? []).map(Number);
  return rows > 0 && columns > 0 ? [rows, columns] : wrongly('image', 'rows and columns, as 28x28', text);
}

function oneIn<Choice extends string>(text: string, choices: readonly Choice[], what: string): Choice {
  return choices.find((choice) => choice === text) ?? wrongly(what, choices.join(' or '), text);
}

function numbersIn(text: string, what: string): number[] {
  const numbers = text.split(',').map((each) => (each.trim() === '' ? Number.NaN : Number(each)));
  return numbers.every(Number.isFinite) ? numbers : wrongly(what, 'numbers with commas between', text);
}

function wrongly(what: string, expected: string, got: string): never {
  throw wrong(what, expected, got);
}

function wrong(what: string, expected: string, got: string): EdgeMlpError {
  return new EdgeMlpError('bad-argument', `${what}: expected ${expected}, got ${got.slice(0, 200)}`);
}
