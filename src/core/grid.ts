/** A grid of options times seeds, as specs of runs. */
import { defaultInitialisation } from './mlp.ts';
import type { RunData, RunSpec } from './run.ts';
import type { HiddenActivation, Initialisation } from './spec.ts';
import { checkTrainingOptions, TRAINING_OPTION_NAMES, type TrainingOptions } from './training-options.ts';

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

type TrainingName = Exclude<keyof TrainingOptions, 'seed'>;

export type TrainingGrid = Pick<Grid, TrainingName>;

/** The part of a grid that is about training: what `valuesOf` has for each option. */
export function buildGrid(valuesOf: (name: TrainingName) => readonly TrainingOptions[TrainingName][]): TrainingGrid {
  const names = TRAINING_OPTION_NAMES.filter((name): name is TrainingName => name !== 'seed');
  return Object.fromEntries(names.map((name) => [name, valuesOf(name)])) as unknown as TrainingGrid;
}

/** Every combination; the last option varies fastest. */
export function expandGrid<Options>(grid: { readonly [Name in keyof Options]-?: readonly Options[Name][] }): Options[] {
  const combinations = Object.entries<readonly unknown[]>(grid).reduce<Record<string, unknown>[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
  return combinations as unknown as Options[];
}

/** The options that take more than one value. */
export function variedOptions(grid: Grid): (keyof TrialOptions)[] {
  return (Object.keys(grid) as (keyof TrialOptions)[]).filter((name) => grid[name].length > 1);
}

/** One spec for each seed. `name` is the data's key. */
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

/** `count` seeds from `first` on. */
export function seedSequence(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}
