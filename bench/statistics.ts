/** Statistics over several rounds. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** With an even number of values the median is the mean of the two middle ones. */
export function computeSpread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const half = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/** Three significant digits, without an exponent. */
export function formatNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : '–';
}

/** `median (min–max)`, or only the number if there is one. */
export function formatSpread(values: readonly number[]): string {
  const { median, min, max } = computeSpread(values);
  return values.length > 1
    ? `${formatNumber(median)} (${formatNumber(min)}–${formatNumber(max)})`
    : formatNumber(median);
}
