/**
 * Learning from corrections, one after another. Each correction takes some SGD steps on all corrections so far and,
 * against forgetting, on kept samples of the original training data (rehearsal: Robins, 1995).
 */
import { checkPositiveInteger } from './arguments.ts';
import {
  checkDataset,
  createLabels,
  type Dataset,
  floatInputs,
  labelWidth,
  sampleCount,
  slice,
  sliceLabels,
} from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import type { Kernels } from './kernels.ts';
import type { Mlp } from './mlp.ts';
import type { Parameters } from './parameters.ts';
import { Random } from './random.ts';
import { hasSoftLabels } from './soft-labels.ts';
import type { MlpSpec } from './spec.ts';
import { train } from './train.ts';
import { writeVariation } from './variation.ts';

/** Options of learning from one correction. */
export interface LearningOptions {
  /** SGD steps for each correction. */
  readonly steps: number;
  /** Learning rate of these steps. Default: 0.2, for a regression 0.01. */
  readonly learningRate: number;
  /** Corrected samples in a step, on average. */
  readonly corrected: number;
  /** Kept samples in a step, on average, if there are kept samples. */
  readonly rehearsed: number;
  /** Seed of the choice of samples (streams `learning` and `shuffle`). */
  readonly seed: number;
}

/** For classes, chosen on slanted training digits; bench/learner.ts measures them on test digits. */
export const LEARNING_DEFAULTS: LearningOptions = {
  steps: 30,
  learningRate: 0.2,
  corrected: 6,
  rehearsed: 12,
  seed: 1,
};

/**
 * With the rate of classes, the steps of a regression diverge: its gradient grows with the error. Measured on networks
 * with 300 and with 64-64 hidden units, standardised inputs, and corrections by two standard deviations.
 */
const REGRESSION_RATE = 0.01;

/** The defaults for a network. */
export function learningDefaults({ task }: Pick<MlpSpec, 'task'>): LearningOptions {
  return task === 'regression' ? { ...LEARNING_DEFAULTS, learningRate: REGRESSION_RATE } : LEARNING_DEFAULTS;
}

/** Recommended number of kept samples. With half of them, the network forgets slightly more. */
export const KEPT_SAMPLES = 2000;

/**
 * Learns the last of `corrections`, after the earlier ones were learnt. The same corrections in the same order give the
 * same bits. The corrections of a regression are values, standardised like the targets of the network (`scaleTargets` of
 * edge-mlp/data); its loss is the squared error. Throws what `train` throws; then the network is unchanged.
 *
 * @example
 * ```ts
 * import { learn, loadKernels, Mlp, unscaleTargets } from 'edge-mlp';
 * import { csvDataset } from 'edge-mlp/csv';
 * import { scaleTargets } from 'edge-mlp/data';
 *
 * const targets = [{ name: 'price', mean: 200, standardDeviation: 50 }]; // of the model: info.targets
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 4, 1], task: 'regression', seed: 1 });
 * const correction = csvDataset('a,b,price\n1,0,260\n', { name: 'correction', targets: ['price'] });
 * const predict = () => Math.round(unscaleTargets(mlp.predictValues(correction.inputs), targets)[0] ?? 0);
 * console.log(predict()); // 177
 * learn(mlp, scaleTargets(correction, targets), undefined);
 * console.log(predict()); // 235
 * ```
 */
export function learn(
  mlp: Mlp,
  corrections: Dataset,
  kept: Dataset | undefined,
  options: Partial<LearningOptions> = {},
): void {
  checkSources(mlp, corrections, kept);
  learnLast(mlp, corrections, kept, completeOptions(mlp, options));
}

/** The parameters of a network after a number of corrections. */
export interface Snapshot {
  /** Number of corrections that were learnt. */
  readonly examples: number;
  /** Weights and biases after these corrections. */
  readonly parameters: Parameters;
}

/**
 * Learns the corrections after a snapshot again. The result is bit-identical to learning all corrections without the
 * snapshot. Throws what `learn` throws.
 *
 * @example
 * ```ts
 * import { learn, loadKernels, Mlp, replay, slice } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * const corrections = ellipseDataset({ samples: 3, seed: 3 });
 * const start = { examples: 0, parameters: mlp.parameters() };
 * for (let n = 1; n <= 3; n++) learn(mlp, slice(corrections, 0, n), undefined);
 * const learnt = mlp.logits(corrections.inputs);
 * replay(mlp, start, corrections, undefined);
 * console.log(mlp.logits(corrections.inputs).every((logit, i) => logit === learnt[i])); // true
 * ```
 */
export function replay(
  mlp: Mlp,
  { examples, parameters }: Snapshot,
  corrections: Dataset,
  kept: Dataset | undefined,
  options: Partial<LearningOptions> = {},
): void {
  const count = sampleCount(corrections);
  // Once for all corrections: it reads every number of the kept samples.
  if (count > examples) checkSources(mlp, corrections, kept);
  const all = completeOptions(mlp, options);
  mlp.setParameters(parameters);
  for (let n = examples + 1; n <= count; n++) learnLast(mlp, slice(corrections, 0, n), kept, all);
}

/** Throws EdgeMlpError "bad-argument". */
function completeOptions({ spec }: Mlp, options: Partial<LearningOptions>): LearningOptions {
  const all = { ...learningDefaults(spec), ...options };
  for (const name of ['steps', 'corrected'] as const) checkPositiveInteger(name, all[name]);
  return all;
}

/** Throws what `checkDataset` throws, or EdgeMlpError "bad-data" if only one of the data sets has probabilities. */
function checkSources({ spec }: Mlp, corrections: Dataset, kept: Dataset | undefined): void {
  checkDataset(corrections, spec);
  if (kept === undefined) return;
  checkDataset(kept, spec);
  if (hasSoftLabels(kept) === hasSoftLabels(corrections)) return;
  const [expected, got] = hasSoftLabels(kept) ? ['classes', 'probabilities'] : ['probabilities', 'classes'];
  throw new EdgeMlpError('bad-data', `${kept.name}: expected ${expected}, as the corrections have, got ${got}`);
}

/** Learns the last of `corrections`, which were checked. A run that diverges ends with the weights that it started with. */
function learnLast(mlp: Mlp, corrections: Dataset, kept: Dataset | undefined, options: LearningOptions): void {
  const { corrected, rehearsed, learningRate, seed } = options;
  const batchSize = corrected + (kept === undefined ? 0 : rehearsed);
  const lesson = joinSamples(mlp, corrections, kept, options);
  for (const _ of train(mlp, lesson, { epochs: 1, batchSize, learningRate, seed }));
}

/**
 * The samples of the steps of one correction. Each step has the newest correction, samples drawn from all corrections,
 * and kept samples. Every other drawn image is varied.
 */
function joinSamples(
  { kernels }: Mlp,
  corrections: Dataset,
  kept: Dataset | undefined,
  options: LearningOptions,
): Dataset {
  const { steps, corrected, rehearsed, seed } = options;
  const examples = sampleCount(corrections);
  const sources: [Dataset, ...Dataset[]] = kept === undefined ? [corrections] : [corrections, kept];
  const random = new Random(seed, 'learning', examples);
  const lesson = new Lesson(kernels, sources, steps * (corrected + (kept === undefined ? 0 : rehearsed)));
  const draw = (from: Dataset, i: number) =>
    lesson.add(from, random.below(sampleCount(from)), i % 2 === 1 ? random : undefined);
  for (let step = 0; step < steps; step++) {
    lesson.add(corrections, examples - 1);
    for (let i = 1; i < corrected; i++) draw(corrections, i);
    if (kept !== undefined) for (let i = 0; i < rehearsed; i++) draw(kept, i);
  }
  return lesson.dataset;
}

/** A data set of samples from several data sets. Bytes are scaled as the kernels scale them. */
class Lesson {
  readonly dataset: Dataset<Float32Array>;
  readonly #kernels: Kernels;
  readonly #row: Float32Array;
  #samples = 0;

  /** The data set is of the kind of the first of `sources`. */
  constructor(kernels: Kernels, sources: readonly [Dataset, ...Dataset[]], samples: number) {
    const [like] = sources;
    this.#kernels = kernels;
    this.#row = new Float32Array(like.columns);
    const inputs = new Float32Array(samples * like.columns);
    const isWeighted = sources.some(({ weights }) => weights !== undefined);
    const weights = isWeighted && { weights: new Float32Array(samples).fill(1) };
    this.dataset = { ...like, inputs, labels: createLabels(like, samples), ...weights };
  }

  /** Adds sample `n` of a data set; with `random`, an image is varied. */
  add(from: Dataset, n: number, random?: Random): void {
    const { inputs } = from;
    const { columns, imageShape, scaling } = this.dataset;
    const target = this.dataset.inputs.subarray(this.#samples * columns, (this.#samples + 1) * columns);
    // With other scalings the value of the background is not known.
    const pictures = imageShape !== undefined && scaling.kind === 'bytes';
    const varied = pictures && random !== undefined;
    const row = varied ? this.#row : target;
    const start = n * columns;
    row.set(floatInputs(inputs.subarray(start, start + columns)));
    if (varied) writeVariation(this.#kernels, target, row, imageShape, random);
    this.dataset.labels.set(sliceLabels(from, n, n + 1), this.#samples * labelWidth(from));
    if (from.weights !== undefined) this.dataset.weights?.set(from.weights.subarray(n, n + 1), this.#samples);
    this.#samples++;
  }
}
