/** A learner in this browser: its record, and the network that it starts from. */
import type { Dataset } from '../../src/core/dataset.ts';
import { LEARNING_DEFAULTS } from '../../src/core/learner.ts';
import { Mlp } from '../../src/core/mlp.ts';
import type { Parameters } from '../../src/core/parameters.ts';
import { inputSize, outputSize } from '../../src/core/spec.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { createLocalId } from '../local/local-run.ts';
import { type BrowserNetwork, loadKernels } from '../network.ts';
import type { TaughtExample } from './taught-example.ts';

export interface LocalLearner {
  readonly id: string;
  /** Name of the model or of the classes that it starts from. */
  readonly base: string;
  readonly info: ModelInfo;
  /** Weights without any example. */
  readonly parameters: Parameters;
  /** Whether inputs are standardised by the examples: their ranges are not known before. */
  readonly standardised: boolean;
  readonly examples: readonly TaughtExample[];
  /** ISO 8601. */
  readonly created: string;
  readonly updated: string;
}

/** Hidden units of a learner of numbers. */
const HIDDEN = 32;

/** A copy of a model. */
export function copyModel(name: string, { info, mlp }: BrowserNetwork): LocalLearner {
  // The test result is that of the copied model.
  const provenance = info.provenance && { provenance: { ...info.provenance, test: null } };
  return createLearner(name, { info: { ...info, ...provenance }, parameters: mlp.parameters(), standardised: false });
}

/**
 * Other classes for drawings: the hidden layers of a model of digits, whose units see strokes, and an output layer that
 * knows nothing yet.
 */
export function createDrawingLearner(classes: readonly string[], { info, mlp }: BrowserNetwork): LocalLearner {
  const { weights, biases } = mlp.parameters();
  const hidden = (weights.at(-1)?.length ?? 0) / outputSize(info.spec);
  const spec = { ...info.spec, layers: [...info.spec.layers.slice(0, -1), classes.length] };
  const { scaling, imageShape } = info;
  const parameters = {
    weights: [...weights.slice(0, -1), new Float32Array(classes.length * hidden)],
    biases: [...biases.slice(0, -1), new Float32Array(classes.length)],
  };
  const about = { spec, classes, scaling, ...(imageShape === undefined ? {} : { imageShape }) };
  return createLearner(classes.join(', '), { info: about, parameters, standardised: false });
}

/** Classes of rows of numbers. */
export async function createNumbersLearner(
  classes: readonly string[],
  features: readonly string[],
): Promise<LocalLearner> {
  const layers = [features.length, HIDDEN, classes.length];
  using mlp = Mlp.create(await loadKernels(), { layers, hiddenActivation: 'tanh', seed: LEARNING_DEFAULTS.seed });
  const info: ModelInfo = { spec: mlp.spec, classes, features, scaling: { kind: 'identity' } };
  return createLearner(classes.join(', '), { info, parameters: mlp.parameters(), standardised: true });
}

function createLearner(
  base: string,
  network: Pick<LocalLearner, 'info' | 'parameters' | 'standardised'>,
): LocalLearner {
  const now = new Date().toISOString();
  return { id: createLocalId(), base, ...network, examples: [], created: now, updated: now };
}

type Standardisation = Extract<Dataset['scaling'], { kind: 'standard' }>;

/** Mean and deviation of each input of the examples. The deviation of equal values is 1. */
export function fitExamples({ info, examples }: LocalLearner): Standardisation {
  const columns = Array.from({ length: inputSize(info.spec) }, (_, i) =>
    examples.map(({ sample }) => sample.inputs[i] ?? 0),
  );
  const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const mean = columns.map(average);
  const standardDeviation = columns.map((values, i) => {
    const variance = average(values.map((value) => (value - (mean[i] ?? 0)) ** 2));
    return Math.sqrt(variance) || 1;
  });
  return { kind: 'standard', mean, standardDeviation };
}

/** The parameters of a network for inputs that are not standardised: W / deviation, b - W · mean / deviation. */
export function foldStandardisation(
  { weights, biases }: Parameters,
  { mean, standardDeviation }: Standardisation,
): Parameters {
  const [first = new Float32Array(), ...others] = weights;
  const inputs = mean.length;
  const folded = first.map((weight, i) => weight / (standardDeviation[i % inputs] ?? 1));
  const bias = (biases[0] ?? new Float32Array()).map((value, unit) =>
    mean.reduce((sum, average, i) => sum - average * (folded[unit * inputs + i] ?? 0), value),
  );
  return { weights: [folded, ...others], biases: [bias, ...biases.slice(1)] };
}
