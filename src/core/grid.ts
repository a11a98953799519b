/** Grids of options: trials, and all combinations of values. */
import { EdgeMlpError, formatNumber } from './errors.ts';
import type { HiddenActivations, Initialisation } from './spec.ts';
import { TRAINING_OPTION_NAMES, type TrainingOptions, type TrainingOptionsInput } from './training-options.ts';

/** The options of a trial. Its runs differ only in the seed. */
export interface TrialOptions extends Omit<TrainingOptions, 'seed'> {
  /** Sizes of the hidden layers. */
  readonly hidden: readonly number[];
  readonly activation: HiddenActivations;
  /** Default: the initialisation of the activation (`defaultInitialisation`). */
  readonly init?: Initialisation | undefined;
}

/** A trial before its defaults are known: an undefined option takes its default. */
export type TrialInput = {
  readonly [Name in keyof TrialOptions]?: (TrainingOptionsInput & Omit<TrialOptions, TrainingName>)[Name] | undefined;
};

/** The values of each option; an undefined value is the default. */
export type Grid = { readonly [Name in keyof TrialOptions]-?: readonly TrialInput[Name][] };

type TrainingName = Exclude<keyof TrainingOptions, 'seed'>;

export type TrainingGrid = Pick<Grid, TrainingName>;

/** The training options of a grid. */
export function buildGrid(readValues: (name: TrainingName) => readonly TrialInput[TrainingName][]): TrainingGrid {
  const names = TRAINING_OPTION_NAMES.filter((name): name is TrainingName => name !== 'seed');
  return Object.fromEntries(names.map((name) => [name, readValues(name)])) as unknown as TrainingGrid;
}

/** The options with more than one value. */
export function variedOptions(grid: Grid): (keyof TrialOptions)[] {
  return (Object.keys(grid) as (keyof TrialOptions)[]).filter((name) => grid[name].length > 1);
}

/** Number of combinations, without building them. */
export function countGrid(grid: Readonly<Record<string, readonly unknown[]>>): number {
  return Object.values(grid).reduce((count, values) => count * values.length, 1);
}

/** Runs of the command: all are in memory before the first one starts. */
export const MAX_RUNS = 100_000;

/** Throws EdgeMlpError "bad-argument" for too many runs. */
export function checkRunCount(count: number): void {
  if (count <= MAX_RUNS) return;
  const [most, got] = [MAX_RUNS, count].map(formatNumber);
  throw new EdgeMlpError('bad-argument', `the grid: expected at most ${most} runs, got ${got}`);
}

/** All combinations of the listed values. The last option varies fastest. Throws EdgeMlpError "bad-argument". */
export function expandGrid<Options>(grid: { readonly [Name in keyof Options]-?: readonly Options[Name][] }): Options[] {
  checkRunCount(countGrid(grid));
  const combinations = Object.entries<readonly unknown[]>(grid).reduce<Record<string, unknown>[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
  return combinations as unknown as Options[];
}
