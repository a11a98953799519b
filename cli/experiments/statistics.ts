/** Mean and spread over runs. */

export interface Spread {
  readonly mean: number;
  /** One standard deviation of the sample (divisor n-1); null for a single value. */
  readonly standardDeviation: number | null;
}

/** Throws nothing: no values at all have the mean NaN. */
export function computeSpread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean, standardDeviation: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardDeviation: Math.sqrt(squares / (values.length - 1)) };
}

/** Spread at each place of the runs' series, over those that are as long, up to the end of the longest. */
export function computeSpreads(series: readonly (readonly number[])[]): Spread[] {
  const length = Math.max(0, ...series.map((values) => values.length));
  return Array.from({ length }, (_, i) => computeSpread(series.flatMap((values) => values.slice(i, i + 1))));
}
