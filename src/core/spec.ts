import { EdgeMlpError, formatNumber, formatValue } from './errors.ts';

/** Activations of hidden layers. */
export const HIDDEN_ACTIVATIONS = ['sigmoid', 'tanh', 'relu'] as const;
/** One of HIDDEN_ACTIVATIONS. */
export type HiddenActivation = (typeof HIDDEN_ACTIVATIONS)[number];

/** Initialisation of the weights (assembly/random.ts cites the papers); biases start at zero. */
export const INITIALISATIONS = ['glorot', 'he', 'normal'] as const;
/** One of INITIALISATIONS. */
export type Initialisation = (typeof INITIALISATIONS)[number];

/** The initialisation that was derived for an activation (assembly/random.ts cites the papers). */
export function defaultInitialisation(hiddenActivation: HiddenActivation): Initialisation {
  return ({ sigmoid: 'normal', tanh: 'glorot', relu: 'he' } as const)[hiddenActivation];
}

/** Number format of the weights. int8 weights have one float32 scale per output and cannot be trained. */
export type Precision = 'float32' | 'int8';

/** The shape of a multilayer perceptron with a softmax output. */
export interface MlpSpec {
  /** `[inputs, hidden …, classes]`; without hidden layers it is softmax regression. */
  readonly layers: readonly number[];
  /** Activation of the hidden layers. */
  readonly hiddenActivation: HiddenActivation;
}

/** 2^27 weights take 512 MB, and training needs up to three copies in 4 GB of memory. */
export const MAX_PARAMETERS = 2 ** 27;
export const MAX_LAYERS = 64;
/** A confusion matrix of 2^12 classes takes 64 MB. */
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

export function classCount(spec: MlpSpec): number {
  return sizeAt(spec.layers, -1);
}

/** Checks the shape of a network before memory is allocated. Throws EdgeMlpError "bad-spec". */
export function checkSpec(spec: MlpSpec): MlpSpec {
  const { layers, hiddenActivation } = spec;
  const expect = (ok: boolean, name: string, expected: string, got: unknown): void => {
    if (!ok) throw new EdgeMlpError('bad-spec', `${name}: expected ${expected}, got ${formatValue(got)}`);
  };
  const sizes = Array.isArray(layers) && layers.length >= 2 && layers.length <= MAX_LAYERS;
  expect(sizes, 'layers', `[inputs, …, classes], 2 to ${MAX_LAYERS} sizes`, JSON.stringify(layers));
  layers.forEach((size: unknown, l) => {
    const ok = Number.isSafeInteger(size) && (size as number) >= 1;
    expect(ok, `layers[${l}]`, 'a whole number of at least 1', size);
  });
  const [classes, parameters] = [classCount(spec), parameterCount(layers)];
  const limit = formatNumber(MAX_PARAMETERS);
  expect(classes <= MAX_CLASSES, 'layers', `at most ${formatNumber(MAX_CLASSES)} classes`, formatNumber(classes));
  expect(
    parameters <= MAX_PARAMETERS,
    `layers ${layers.join('-')}`,
    `at most ${limit} parameters`,
    formatNumber(parameters),
  );
  const activations = `one of ${HIDDEN_ACTIVATIONS.join(', ')}`;
  expect(HIDDEN_ACTIVATIONS.includes(hiddenActivation), 'hiddenActivation', activations, hiddenActivation);
  return { layers: [...layers], hiddenActivation };
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
