/** Names of trials, for reports and the terminal. */
import type { TrialOptions } from '../../src/core/grid.ts';
import { optionText } from '../numbers.ts';

export const OPTION_NAMES: Record<keyof TrialOptions, string> = {
  hidden: 'hidden',
  activation: 'activation',
  init: 'initial weights',
  epochs: 'epochs',
  learningRate: 'learning rate',
  batchSize: 'batch size',
  optimizer: 'optimizer',
  momentum: 'momentum',
  nesterov: "Nesterov's momentum",
  weightDecay: 'weight decay',
  clipNorm: 'clipping norm',
  dropout: 'dropout',
  schedule: 'schedule',
  warmupEpochs: 'warm-up epochs',
  averageEpochs: 'average epochs',
  patience: 'patience',
  augment: 'augmentation',
  loss: 'loss',
  classWeight: 'class weight',
};

/** The varied options of a trial: `hidden 100, learning rate 0.03`. */
export function trialLabel(options: TrialOptions, varied: readonly (keyof TrialOptions)[]): string {
  return varied.map((name) => `${OPTION_NAMES[name]} ${optionText(options[name])}`).join(', ');
}
