/** A grid of options times seeds, as specs of runs. */
import type { TrainingOptions } from '../core/checkpoint.ts';
import { defaultInitialisation } from '../core/mlp.ts';
import type { HiddenActivation, Initialisation } from '../core/spec.ts';
import type { RunData, RunSpec } from './run.ts';

/** The options of a trial; its runs differ in the seed alone. */
export interface TrialOptions extends Omit<TrainingOptions, 'seed'> {
  /** Sizes of the hidden layers. */
  readonly hidden: readonly number[];
  readonly activation: HiddenActivation;
  /** Default: the activation's own. */
  readonly init?: Initialisation | undefined;
}

/** Options and the runs that shall be performed with them. */
export interface PlannedTrial {
  readonly options: TrialOptions;
  readonly specs: readonly RunSpec[];
}

/** The values that each option shall take. */
export type Grid = { readonly [Name in keyof TrialOptions]-?: readonly TrialOptions[Name][] };

/** Every combination; the last option varies fastest. */
export function expandGrid(grid: Grid): TrialOptions[] {
  const combinations = Object.entries(grid).reduce<Record<string, unknown>[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
  return combinations as unknown as TrialOptions[];
}

/** The options that take more than one value. */
export function variedOptions(grid: Grid): (keyof TrialOptions)[] {
  return (Object.keys(grid) as (keyof TrialOptions)[]).filter((name) => grid[name].length > 1);
}

/** One spec for each seed. `name` is the data's key. */
export function runSpecs(options: TrialOptions, seeds: readonly number[], name: string, data: RunData): RunSpec[] {
  const { hidden, activation, init, epochs, learningRate, batchSize, momentum, weightDecay } = options;
  return seeds.map((seed) => ({
    data: name,
    layers: [data.training.columns, ...hidden, data.training.classes.length],
    hiddenActivation: activation,
    initialisation: init ?? defaultInitialisation(activation),
    training: { epochs, learningRate, batchSize, momentum, weightDecay, seed },
  }));
}

/** `count` seeds from `first` on. */
export function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}
