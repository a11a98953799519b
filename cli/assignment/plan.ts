/** The assignment's experiments as runs. */
import type { TrialOptions } from '../../src/core/grid.ts';
import { TRAINING_DEFAULTS } from '../../src/core/training-options.ts';
import { type PlannedTrial, type RunData, runSpecs } from '../training/run-spec.ts';

/** Results that the assignment reports for its final model, question 7.4. */
export const ASSIGNMENT = {
  trainLoss: 0.0425528,
  trainAccuracy: 0.9869833,
  testLoss: 0.07912055,
  testAccuracy: 0.9754,
} as const;

/** Question 7.3. */
const LEARNING_RATES = [0.001, 0.003, 0.01, 0.03] as const;
/** Values of --wide, which goes beyond the assignment. */
const WIDE_LEARNING_RATES = [...LEARNING_RATES, 0.1, 0.3] as const;
const WIDE_HIDDEN = [30, 100, 300, 1000] as const;

/**
 * `split` holds out validation samples, `final` has all training samples and the test set, `ellipse` is for question 4.
 */
export type ReproductionData = Readonly<Record<'split' | 'final' | 'ellipse', RunData>>;

export type ReproductionPlan = ReturnType<typeof planReproduction>;

/** The assignment's network and learning rate. */
const NETWORK: TrialOptions = {
  ...TRAINING_DEFAULTS,
  hidden: [300],
  activation: 'sigmoid',
  init: 'normal',
  epochs: 5,
  learningRate: 0.03,
  batchSize: 1,
};

const ELLIPSE: TrialOptions = { ...NETWORK, hidden: [3], epochs: 100 };

/** Each learning rate has one run, or with `wide` one run for each seed. */
export function planReproduction(seeds: readonly number[], wide: boolean, data: ReproductionData) {
  const plan = (name: keyof ReproductionData, options: TrialOptions, trialSeeds: readonly number[]): PlannedTrial => {
    return { options, specs: runSpecs(options, trialSeeds, name, data[name]) };
  };
  const first = seeds.slice(0, 1);
  const rates = wide ? WIDE_LEARNING_RATES : LEARNING_RATES;
  const grid = WIDE_HIDDEN.flatMap((size) => WIDE_LEARNING_RATES.map((learningRate) => ({ size, learningRate })));
  return {
    /** Question 4. */
    ellipse: plan('ellipse', ELLIPSE, first),
    /** Questions 7.1 and 7.2. */
    repeat: plan('split', NETWORK, seeds),
    /** Question 7.3. */
    learningRates: rates.map((learningRate) => plan('split', { ...NETWORK, learningRate }, wide ? seeds : first)),
    /** Empty without --wide. */
    wide: wide
      ? grid.map(({ size, learningRate }) => plan('split', { ...NETWORK, hidden: [size], learningRate }, first))
      : [],
    /** Question 7.4. */
    final: plan('final', NETWORK, seeds),
  };
}
