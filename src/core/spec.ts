import { EdgeMlpError, formatNumber, formatValue } from './errors.ts';

/**
 * Activations of hidden layers, with PyTorch's constants: leaky-relu has the slope 0.01, elu has alpha 1, gelu is the form
 * with erf. assembly/activation-kinds.ts and gated-units.ts have the formulas.
 */
export const HIDDEN_ACTIVATIONS = [
  'sigmoid',
  'tanh',
  'relu',
  'leaky-relu',
  'elu',
  'gelu',
  'gelu-tanh',
  'silu',
  'softplus',
  'identity',
] as const;
/** One of HIDDEN_ACTIVATIONS. */
export type HiddenActivation = (typeof HIDDEN_ACTIVATIONS)[number];
/** One activation for all hidden layers, or one for each. */
export type HiddenActivations = HiddenActivation | readonly HiddenActivation[];

/**
 * Initialisation of the weights (assembly/random.ts cites the papers); biases start at zero. `by-activation`: each hidden
 * layer has the one that was derived for its activation, and the output layer that of the last hidden layer.
 */
export const INITIALISATIONS = ['glorot', 'he', 'normal', 'by-activation'] as const;
/** One of INITIALISATIONS. */
export type Initialisation = (typeof INITIALISATIONS)[number];

/** The initialisation that was derived for an activation, or for the activation that is most like it. */
const DERIVED_INITIALISATIONS = {
  sigmoid: 'normal',
  tanh: 'glorot',
  relu: 'he',
  'leaky-relu': 'he',
  elu: 'he',
  gelu: 'he',
  'gelu-tanh': 'he',
  silu: 'he',
  softplus: 'he',
  identity: 'glorot',
} as const satisfies Record<HiddenActivation, Initialisation>;

/** The initialisation of all layers, if it is the same for all activations, or `by-activation`. */
export function defaultInitialisation(hiddenActivation: HiddenActivations): Initialisation {
  const [first, ...others] = new Set([hiddenActivation].flat().map((name) => DERIVED_INITIALISATIONS[name]));
  return first === undefined || others.length > 0 ? 'by-activation' : first;
}

/** The initialisation of the weights of layer `l`, from 0. */
export function layerInitialisation(
  spec: MlpSpec,
  initialisation: Initialisation,
  l: number,
): Exclude<Initialisation, 'by-activation'> {
  if (initialisation !== 'by-activation') return initialisation;
  return DERIVED_INITIALISATIONS[activationAt(spec, Math.min(l, spec.layers.length - 3))];
}

/** Number format of the weights. int8 weights have one float32 scale per output and cannot be trained. */
export type Precision = 'float32' | 'int8';

/** The shape of a multilayer perceptron. */
export interface MlpSpec {
  /** `[inputs, hidden …, outputs]`; without hidden layers it is softmax regression, or linear regression. */
  readonly layers: readonly number[];
  /** Activation of the hidden layers: one name for all, or a list with one for each. */
  readonly hiddenActivation: HiddenActivations;
  /** `regression`: the outputs are numbers. Absent: softmax follows, and the outputs are classes. */
  readonly task?: Task | undefined;
}

/** The activation of hidden layer `l`, from 0. */
export function activationAt({ hiddenActivation }: MlpSpec, l: number): HiddenActivation {
  return (typeof hiddenActivation === 'string' ? hiddenActivation : hiddenActivation[l]) ?? 'sigmoid';
}

/** For people: `relu`, or `relu+tanh`. */
export function formatActivation(hiddenActivation: HiddenActivations): string {
  return [hiddenActivation].flat().join('+');
}

/** Task of a network that does not classify. */
export type Task = 'regression';

/** 2^27 weights take 512 MB, and training needs up to three copies in 4 GB of memory. */
const MAX_PARAMETERS = 2 ** 27;
export const MAX_LAYERS = 64;
/** A confusion matrix of 2^12 classes takes 128 MB. */
export const MAX_CLASSES = 2 ** 12;

/** Number of weights and biases. */
export function parameterCount(layers: readonly number[]): number {
  let total = 0;
  for (let l = 1; l < layers.length; l++) total += (sizeAt(layers, l - 1) + 1) * sizeAt(layers, l);
  return total;
}

/** The size of layer `index`; negative indices count from the last layer. */
export function sizeAt(layers: readonly number[], index: number): number {
  const size = layers.at(index);
  if (size === undefined)
    throw new EdgeMlpError('bad-spec', `layers: expected a layer ${index}, got ${layers.length} layers`);
  return size;
}

export function inputSize(spec: MlpSpec): number {
  return sizeAt(spec.layers, 0);
}

/** Number of outputs: classes, or targets of a regression. */
export function outputSize(spec: MlpSpec): number {
  return sizeAt(spec.layers, -1);
}

/** Number of classes; a regression has none. */
export function classCount(spec: MlpSpec): number {
  return spec.task === 'regression' ? 0 : outputSize(spec);
}

/**
 * Checks the shape of a network before memory is allocated. A list of equal activations becomes the one activation.
 * Throws EdgeMlpError "bad-spec".
 */
export function checkSpec(spec: MlpSpec): MlpSpec {
  const { layers, hiddenActivation, task } = spec;
  const expect = (ok: boolean, name: string, expected: string, got: unknown): void => {
    if (!ok) throw new EdgeMlpError('bad-spec', `${name}: expected ${expected}, got ${formatValue(got)}`);
  };
  const sizes = Array.isArray(layers) && layers.length >= 2 && layers.length <= MAX_LAYERS;
  expect(sizes, 'layers', `[inputs, …, outputs], 2 to ${MAX_LAYERS} sizes`, JSON.stringify(layers));
  layers.forEach((size: unknown, l) => {
    const ok = Number.isSafeInteger(size) && (size as number) >= 1;
    expect(ok, `layers[${l}]`, 'a whole number of at least 1', size);
  });
  const [outputs, parameters] = [outputSize(spec), parameterCount(layers)];
  const limit = formatNumber(MAX_PARAMETERS);
  expect(outputs <= MAX_CLASSES, 'layers', `at most ${formatNumber(MAX_CLASSES)} outputs`, formatNumber(outputs));
  expect(
    parameters <= MAX_PARAMETERS,
    `layers ${layers.join('-')}`,
    `at most ${limit} parameters`,
    formatNumber(parameters),
  );
  expect(task === undefined || task === 'regression', 'task', 'regression, or nothing for classes', task);
  const activation = checkActivation(hiddenActivation, layers.length - 2);
  return { layers: [...layers], hiddenActivation: activation, ...(task === undefined ? {} : { task }) };
}

/**
 * Checks the activation of `hidden` hidden layers; a list of equal names, or of none, becomes one name. Throws
 * EdgeMlpError "bad-spec".
 */
export function checkActivation(given: HiddenActivations, hidden: number): HiddenActivations {
  const fail = (name: string, expected: string, got: unknown) => {
    return new EdgeMlpError('bad-spec', `${name}: expected ${expected}, got ${formatValue(got)}`);
  };
  const names: readonly unknown[] = Array.isArray(given) ? given : [given];
  names.forEach((name, l) => {
    if (HIDDEN_ACTIVATIONS.some((known) => known === name)) return;
    const at = Array.isArray(given) ? `hiddenActivation[${l}]` : 'hiddenActivation';
    throw fail(at, `one of ${HIDDEN_ACTIVATIONS.join(', ')}`, name);
  });
  if (!Array.isArray(given)) return given;
  const activations: readonly HiddenActivation[] = given;
  if (activations.length !== hidden) {
    const layers = hidden === 1 ? 'the hidden layer' : `each of the ${hidden} hidden layers`;
    const expected = `one activation, or one for ${layers}`;
    throw fail('hiddenActivation', expected, `${activations.length}: ${formatActivation(activations)}`);
  }
  const [first = 'sigmoid'] = activations;
  return activations.every((name) => name === first) ? first : [...activations];
}

/** Multiply-adds of the forward pass of one sample: the number of weights without biases. */
export function multiplyAdds(layers: readonly number[]): number {
  return layers.slice(1).reduce((sum, outputs, l) => sum + outputs * (layers[l] ?? 0), 0);
}

/** A sample of the smallest network takes as long as this many multiply-adds: 0.15 µs. */
export const WORK_PER_SAMPLE = 4000;

/** Seeds have 32 bits, so that every runtime and file holds them exactly. Throws EdgeMlpError "bad-argument". */
export function checkSeed(seed: number): number {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    const message = `seed: expected a whole number from 0 to ${formatNumber(0xffffffff)}, got ${seed}`;
    throw new EdgeMlpError('bad-argument', message);
  }
  return seed;
}
