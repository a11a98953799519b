/** A grid of options times seeds, as specs of runs. */
import type { TrialOptions } from '../../src/core/grid.ts';
import { defaultInitialisation } from '../../src/core/spec.ts';
import { checkTrainingOptions, TRAINING_OPTION_NAMES, type TrainingOptions } from '../../src/core/training-options.ts';
import type { RunData, RunSpec } from './run.ts';

/** The options of a trial and its runs, one for each seed. */
export interface PlannedTrial {
  readonly options: TrialOptions;
  readonly specs: readonly RunSpec[];
}

/** The values of each option. */
export type Grid = { readonly [Name in keyof TrialOptions]-?: readonly TrialOptions[Name][] };

type TrainingName = Exclude<keyof TrainingOptions, 'seed'>;

export type TrainingGrid = Pick<Grid, TrainingName>;

/** The training options of a grid. */
export function buildGrid(valuesOf: (name: TrainingName) => readonly TrainingOptions[TrainingName][]): TrainingGrid {
  const names = TRAINING_OPTION_NAMES.filter((name): name is TrainingName => name !== 'seed');
  return Object.fromEntries(names.map((name) => [name, valuesOf(name)])) as unknown as TrainingGrid;
}

/** The options with more than one value. */
export function variedOptions(grid: Grid): (keyof TrialOptions)[] {
  return (Object.keys(grid) as (keyof TrialOptions)[]).filter((name) => grid[name].length > 1);
}

/** One spec for each seed. `name` is the key of the data. */
export function runSpecs(options: TrialOptions, seeds: readonly number[], name: string, data: RunData): RunSpec[] {
  const { hidden, activation, init } = options;
  return seeds.map((seed) => ({
    data: name,
    layers: [data.training.columns, ...hidden, data.training.classes.length],
    hiddenActivation: activation,
    initialisation: init ?? defaultInitialisation(activation),
    training: checkTrainingOptions({ ...options, seed }),
  }));
}

/** `count` seeds, starting with `first`. */
export function seedSequence(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}
