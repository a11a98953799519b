/** Targets of regression: numbers that a network predicts, standardised in data sets and networks. */

/** A target and its standardisation: (value - mean) / standardDeviation. */
export interface Target {
  /** Name, for instance the header of its column. */
  readonly name: string;
  /** Mean over the training set, in the unit of the table. */
  readonly mean: number;
  /** Standard deviation over the training set; 1 for a constant target. */
  readonly standardDeviation: number;
}

/** Targets that are not standardised, as a table has them. */
export function unscaledTargets(names: readonly string[]): Target[] {
  return names.map((name) => ({ name, mean: 0, standardDeviation: 1 }));
}

/** The values of sample `n` by target, from numbers [samples][targets]. */
export function nameTargets(values: ArrayLike<number>, targets: readonly Target[], n = 0): Record<string, number> {
  return Object.fromEntries(targets.map(({ name }, i) => [name, values[n * targets.length + i] ?? Number.NaN]));
}

/** Converts standardised numbers [samples][targets] to the units of the table. */
export function unscaleTargets(values: ArrayLike<number>, targets: readonly Target[]): Float64Array<ArrayBuffer> {
  return Float64Array.from(values, (value, i) => {
    const { mean, standardDeviation } = targets[i % targets.length] ?? { mean: 0, standardDeviation: 1 };
    return value * standardDeviation + mean;
  });
}
