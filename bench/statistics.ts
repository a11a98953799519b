/** Figures of several rounds. */

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

/** Of an even number of values the median is the mean of the middle two. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (place: number) => sorted[place] ?? Number.NaN;
  const half = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2,
    least: at(0),
    greatest: at(sorted.length - 1),
  };
}

/** Three significant digits, without an exponent. */
export function digits(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : '–';
}

/** `median (least–greatest)`, or one number where there is one. */
export function shownSpread(values: readonly number[]): string {
  const { median, least, greatest } = spread(values);
  return values.length > 1 ? `${digits(median)} (${digits(least)}–${digits(greatest)})` : digits(median);
}
