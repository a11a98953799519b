import type { HiddenActivation, Initialisation } from './spec.ts';
import type { TrainingOptions } from './training-options.ts';

/** The options of a trial. Its runs differ only in the seed. */
export interface TrialOptions extends Omit<TrainingOptions, 'seed'> {
  /** Sizes of the hidden layers. */
  readonly hidden: readonly number[];
  readonly activation: HiddenActivation;
  /** Default: the initialisation of the activation (`defaultInitialisation`). */
  readonly init?: Initialisation | undefined;
}

/** All combinations of the listed values. The last option varies fastest. */
export function expandGrid<Options>(grid: { readonly [Name in keyof Options]-?: readonly Options[Name][] }): Options[] {
  const combinations = Object.entries<readonly unknown[]>(grid).reduce<Record<string, unknown>[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
  return combinations as unknown as Options[];
}
