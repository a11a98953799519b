/**
 * Learning from one correction after another: some SGD steps for each, on what has been corrected so far and, against
 * forgetting, on kept samples of what the network knew before (rehearsal: Robins, 1995).
 */
import { byteValue, type Dataset, sampleCount, slice } from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import type { Mlp } from './mlp.ts';
import type { Parameters } from './parameters.ts';
import { Random } from './random.ts';
import { train } from './train.ts';
import { writeVariation } from './variation.ts';

/** How a correction is learnt. */
export interface LearningOptions {
  /** SGD steps for each correction. */
  readonly steps: number;
  /** Of these steps. */
  readonly learningRate: number;
  /** Corrected samples of a step, on average. */
  readonly corrected: number;
  /** Kept samples of a step, on average, where there are any. */
  readonly rehearsed: number;
  /** Drives which samples a correction's steps are made of (streams `learning` and `shuffle`). */
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

/** Kept samples that serve well; of half as many it forgets a little more. */
export const KEPT_SAMPLES = 2000;

/**
 * Learns the last of `corrections`, after the ones before it. What comes of it depends on the network's parameters and the
 * arguments alone: the same corrections in the same order give the same bits.
 *
 * Throws what `train` throws; after that the network is as it was.
 */
export function learn(
  mlp: Mlp,
  corrections: Dataset,
  kept: Dataset | undefined,
  options: Partial<LearningOptions> = {},
): void {
  const all = { ...LEARNING_DEFAULTS, ...options };
  for (const name of ['steps', 'corrected'] as const) checkPositive(name, all[name]);
  const batchSize = all.corrected + (kept === undefined ? 0 : all.rehearsed);
  const { learningRate, seed } = all;
  const before = mlp.parameters();
  try {
    const lesson = joinSamples(corrections, kept, all);
    for (const _ of train(mlp, lesson, { epochs: 1, batchSize, learningRate, seed }));
  } catch (error) {
    // After a trap the kernels' memory is not to be trusted, nor touched.
    if (error instanceof EdgeMlpError) mlp.setParameters(before);
    throw error;
  }
}

/** A moment of a learner: its parameters after so many corrections. */
export interface Snapshot {
  /** Corrections that were learnt by then. */
  readonly examples: number;
  /** As they were then. */
  readonly parameters: Parameters;
}

/**
 * The network after all of `corrections`, from a moment at which it had learnt the first few: the bits of learning them.
 *
 * @example
 * ```ts
 * import { Mlp, learn, replay, slice } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 * import { loadKernels } from 'edge-mlp';
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
 * What one correction's steps see: the newest once a step, others drawn from all corrections, and kept samples. Where they are
 * pictures every other one that is drawn is varied.
 */
function joinSamples(corrections: Dataset, kept: Dataset | undefined, options: LearningOptions): Dataset {
  const { steps, corrected, rehearsed, seed } = options;
  const examples = sampleCount(corrections);
  if (examples === 0) throw new EdgeMlpError('bad-data', 'corrections: expected at least one, got none');
  const random = new Random(seed, 'learning', examples);
  const lesson = new Lesson(corrections, steps * (corrected + (kept === undefined ? 0 : rehearsed)));
  const draw = (from: Dataset, i: number) =>
    lesson.add(from, random.below(sampleCount(from)), i % 2 === 1 ? random : undefined);
  for (let step = 0; step < steps; step++) {
    lesson.add(corrections, examples - 1);
    for (let i = 1; i < corrected; i++) draw(corrections, i);
    if (kept !== undefined) for (let i = 0; i < rehearsed; i++) draw(kept, i);
  }
  return lesson.dataset;
}

/** Samples of several sets as one. Bytes become the numbers that the kernels would make of them. */
class Lesson {
  readonly dataset: Dataset<Float32Array>;
  readonly #row: Float32Array;
  #samples = 0;

  constructor(like: Dataset, samples: number) {
    this.#row = new Float32Array(like.columns);
    const inputs = new Float32Array(samples * like.columns);
    this.dataset = { ...like, inputs, labels: new Uint16Array(samples) };
  }

  /** Sample `n` of a set, varied where there is something to draw from. */
  add({ inputs, labels }: Dataset, n: number, random?: Random): void {
    const { columns, imageShape, scaling } = this.dataset;
    const target = this.dataset.inputs.subarray(this.#samples * columns, (this.#samples + 1) * columns);
    // Of other scalings it is not known what is paper.
    const pictures = imageShape !== undefined && scaling.kind === 'bytes';
    const varied = pictures && random !== undefined;
    const row = varied ? this.#row : target;
    const from = n * columns;
    if (inputs instanceof Uint8Array) for (let i = 0; i < columns; i++) row[i] = byteValue(inputs[from + i] ?? 0);
    else row.set(inputs.subarray(from, from + columns));
    if (varied) writeVariation(target, row, imageShape, random);
    this.dataset.labels[this.#samples++] = labels[n] ?? 0;
  }
}

function checkPositive(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new EdgeMlpError('bad-argument', `${name}: expected a whole number of at least 1, got ${value}`);
}
