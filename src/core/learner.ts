/**
 * Learning from corrections, one after another. Each correction takes some SGD steps on all corrections so far and,
 * against forgetting, on kept samples of the original training data (rehearsal: Robins, 1995).
 */
import { checkPositiveInteger } from './arguments.ts';
import { byteValue, createLabels, type Dataset, labelWidth, sampleCount, slice, sliceLabels } from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import type { Kernels } from './kernels.ts';
import type { Mlp } from './mlp.ts';
import type { Parameters } from './parameters.ts';
import { Random } from './random.ts';
import { train } from './train.ts';
import { writeVariation } from './variation.ts';

/** Options of learning from one correction. */
export interface LearningOptions {
  /** SGD steps for each correction. */
  readonly steps: number;
  /** Learning rate of these steps. */
  readonly learningRate: number;
  /** Corrected samples in a step, on average. */
  readonly corrected: number;
  /** Kept samples in a step, on average, if there are kept samples. */
  readonly rehearsed: number;
  /** Seed of the choice of samples (streams `learning` and `shuffle`). */
  readonly seed: number;
}

/** Chosen on slanted training digits; bench/learner.ts measures them on test digits. */
export const LEARNING_DEFAULTS: LearningOptions = {
  steps: 30,
  learningRate: 0.2,
  corrected: 6,
  rehearsed: 12,
  seed: 1,
};

/** Recommended number of kept samples. With half of them, the network forgets slightly more. */
export const KEPT_SAMPLES = 2000;

/**
 * Learns the last of `corrections`, after the earlier ones were learnt. The same corrections in the same order give the
 * same bits. Throws what `train` throws; then the network is unchanged.
 */
export function learn(
  mlp: Mlp,
  corrections: Dataset,
  kept: Dataset | undefined,
  options: Partial<LearningOptions> = {},
): void {
  const all = { ...LEARNING_DEFAULTS, ...options };
  for (const name of ['steps', 'corrected'] as const) checkPositiveInteger(name, all[name]);
  const batchSize = all.corrected + (kept === undefined ? 0 : all.rehearsed);
  const { learningRate, seed } = all;
  const before = mlp.parameters();
  try {
    const lesson = joinSamples(mlp.kernels, corrections, kept, all);
    for (const _ of train(mlp, lesson, { epochs: 1, batchSize, learningRate, seed }));
  } catch (error) {
    // After a WebAssembly trap the memory is not reliable and must not be touched.
    if (error instanceof EdgeMlpError) mlp.setParameters(before);
    throw error;
  }
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
  mlp.setParameters(parameters);
  for (let n = examples + 1; n <= sampleCount(corrections); n++) learn(mlp, slice(corrections, 0, n), kept, options);
}

/**
 * The samples of the steps of one correction. Each step has the newest correction, samples drawn from all corrections,
 * and kept samples. Every other drawn image is varied.
 */
function joinSamples(
  kernels: Kernels,
  corrections: Dataset,
  kept: Dataset | undefined,
  options: LearningOptions,
): Dataset {
  const { steps, corrected, rehearsed, seed } = options;
  const examples = sampleCount(corrections);
  if (examples === 0) throw new EdgeMlpError('bad-data', 'corrections: expected at least one, got none');
  const random = new Random(seed, 'learning', examples);
  const lesson = new Lesson(kernels, corrections, steps * (corrected + (kept === undefined ? 0 : rehearsed)));
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

  constructor(kernels: Kernels, like: Dataset, samples: number) {
    this.#kernels = kernels;
    this.#row = new Float32Array(like.columns);
    const inputs = new Float32Array(samples * like.columns);
    this.dataset = { ...like, inputs, labels: createLabels(like, samples) };
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
    if (inputs instanceof Uint8Array) for (let i = 0; i < columns; i++) row[i] = byteValue(inputs[start + i] ?? 0);
    else row.set(inputs.subarray(start, start + columns));
    if (varied) writeVariation(this.#kernels, target, row, imageShape, random);
    this.dataset.labels.set(sliceLabels(from, n, n + 1), this.#samples * labelWidth(from));
    this.#samples++;
  }
}
