/** Places in a picture in words, as the text alternative of its colours. */

const ROWS = ['top', 'middle', 'bottom'];
const COLUMNS = ['left', 'centre', 'right'];

/** The sums of the values in a 3 × 3 grid over the part of the picture that is not 0, largest first. */
function sumRegions(values: Float64Array, width: number): { name: string; sum: number }[] {
  const used = [...values.keys()].filter((i) => values[i] !== 0);
  const [xs, ys] = [used.map((i) => i % width), used.map((i) => Math.floor(i / width))];
  const third = (at: number, all: readonly number[]) => {
    const [least, most] = [Math.min(...all), Math.max(...all)];
    return Math.min(2, Math.floor((3 * (at - least)) / (most - least + 1)));
  };
  const sums = new Map<string, number>();
  used.forEach((i, n) => {
    const [row, column] = [ROWS[third(ys[n] ?? 0, ys)] ?? '', COLUMNS[third(xs[n] ?? 0, xs)] ?? ''];
    const name = row === 'middle' ? column : column === 'centre' ? row : `${row} ${column}`;
    sums.set(name, (sums.get(name) ?? 0) + (values[i] ?? 0));
  });
  return [...sums].map(([name, sum]) => ({ name, sum })).sort((a, b) => b.sum - a.sum);
}

/** `Most for 7: top right (+4.1). Most for 1: bottom (-0.9).` */
export function describeRegions(values: Float64Array, width: number, [positive, negative]: readonly string[]): string {
  const regions = sumRegions(values, width);
  const [first, last] = [regions[0], regions.at(-1)];
  return [
    first && first.sum > 0 ? `Most for ${positive}: ${first.name} (${formatSigned(first.sum)}).` : '',
    last && last.sum < 0 ? `Most for ${negative}: ${last.name} (${formatSigned(last.sum)}).` : '',
  ]
    .join(' ')
    .trim();
}

/** `+4.1`, `−0.9`. */
export function formatSigned(value: number): string {
  const text = Math.abs(value) >= 100 ? Math.abs(value).toFixed(0) : Math.abs(value).toPrecision(2);
  if (Number(text) === 0) return '0';
  return `${value < 0 ? '−' : '+'}${Number(text)}`;
}
