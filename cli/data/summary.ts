/** A summary of a data set as lines for the terminal. */
import { listNames, shorten } from '../../src/core/errors.ts';
import type { FillKind } from '../../src/core/table-columns.ts';
import type { Target } from '../../src/core/targets.ts';
import type { DataSummary, TableSummary } from '../../src/data/data-summary.ts';
import { type Counts, describeMissing } from '../../src/data/row-reader.ts';
import { formatCount, integer, roundedNumber } from '../numbers.ts';

/** Warnings that are printed. */
const MOST_WARNINGS = 5;

export function describeSummary({ classes, targets, table }: DataSummary): string[] {
  const outputs = targets === undefined ? describeClasses(classes) : targets.map(describeTarget);
  return [...(table === undefined ? [] : describeTable(table)), ...outputs];
}

export function describeTarget({ name, mean, standardDeviation }: Target, i: number): string {
  const measures = `mean ${roundedNumber(mean)}, standard deviation ${roundedNumber(standardDeviation)}`;
  return `${i === 0 ? 'targets ' : '        '} ${shorten(name)}: ${measures}`;
}

function describeTable({ rows, dropped, missing, fill, columns, ignored }: TableSummary): string[] {
  const gaps = Object.keys(missing).length === 0 ? '' : describeMissing(missing);
  const filled = fill === null || gaps === '' ? '' : `${gaps} ${FILL_TEXTS[fill]}`;
  const what = dropped > 0 ? `${integer(dropped)} dropped because of ${gaps}` : filled;
  const numbers = columns.filter(({ kind }) => kind === 'number').map(({ name }) => name);
  const categories = columns.flatMap((column) =>
    column.kind === 'categories' ? [`${column.name} (${Object.keys(column.counts).length})`] : [],
  );
  const kinds = [
    ...(numbers.length === 0 ? [] : [`${formatCount(numbers.length, 'number')}: ${listNames(numbers)}`]),
    ...(categories.length === 0 ? [] : [`${integer(categories.length)} with categories: ${listNames(categories)}`]),
  ];
  const warnings = columns.flatMap(({ name, warning }) => (warning === undefined ? [] : [`${name}: ${warning}`]));
  const more = warnings.length - MOST_WARNINGS;
  return [
    `rows     ${integer(rows)}${what === '' ? '' : `, ${what}`}`,
    ...kinds.map((text, i) => (i === 0 ? `columns  ${text}` : `         ${text}`)),
    ...(ignored.length === 0 ? [] : [`ignored  ${listNames(ignored)}`]),
    ...warnings.slice(0, MOST_WARNINGS).map((text) => `warning  ${text}`),
    ...(more > 0 ? [`         and ${formatCount(more, 'other warning')}: see edge-mlp data info`] : []),
  ];
}

const FILL_TEXTS: Readonly<Record<FillKind, string>> = {
  mean: 'filled with the mean, or the most frequent category',
  'most-frequent': 'filled with the most frequent value',
};

/** Classes that are listed with their numbers of samples. */
const MOST_LISTED = 12;
/** A largest class with this many times the samples of the smallest one: training may ignore small classes. */
const IMBALANCE = 10;

function describeClasses(classes: Counts): string[] {
  const entries = Object.entries(classes).filter(([, count]) => count > 0);
  const counts = entries.map(([, count]) => count);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const list =
    entries.length > MOST_LISTED
      ? `with ${integer(least)} to ${integer(most)} samples`
      : entries.map(([name, count]) => `${shorten(name)} ${integer(count)}`).join(' · ');
  const single = entries.filter(([, count]) => count === 1).map(([name]) => name);
  return [
    `classes  ${integer(entries.length)}: ${list}`,
    ...(single.length === 0 ? [] : [`         one sample each, which stays in training: ${listNames(single)}`]),
    ...(most < IMBALANCE * least
      ? []
      : [`         not balanced: --class-weight balanced gives each class the same weight in training`]),
  ];
}
