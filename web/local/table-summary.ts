/** The plan of a table as elements: columns, classes, warnings. */
import type { ColumnStatistics } from '../../src/data/column-statistics.ts';
import type { DataSummary, TableSummary } from '../../src/data/data-summary.ts';
import { createElement } from '../dom.ts';
import { formatCount, formatInteger } from '../format.ts';
import { describeTableProblem } from './table-problem.ts';

/** Classes with their counts; more are summarized. */
const MAX_CLASSES = 12;
const MAX_CATEGORIES = 4;

export interface ListedColumn {
  readonly name: string;
  readonly used: boolean;
  /** Measures of a used column, if the table could be read. */
  readonly statistics?: ColumnStatistics | undefined;
}

/** `1,200 rows, 3 dropped for missing cells`. */
export function describeRows({ rows, dropped }: TableSummary): string {
  const lost = dropped === 0 ? '' : `, ${formatInteger(dropped)} dropped for missing cells`;
  return formatCount(rows, 'row') + lost;
}

/** The column to predict: classes with their samples, or the mean of a number. */
export function describeOutputs(label: string, { classes, targets }: DataSummary): HTMLElement {
  const strong = createElement('strong', label);
  const [target] = targets ?? [];
  if (target !== undefined) {
    const range = `: mean ${formatShort(target.mean)}, standard deviation ${formatShort(target.standardDeviation)}`;
    return createElement('p', strong, range);
  }
  const entries = Object.entries(classes);
  const listed = entries.slice(0, MAX_CLASSES).map(([name, count]) => `${name} (${formatInteger(count)})`);
  const more = entries.length > MAX_CLASSES ? ` and ${formatInteger(entries.length - MAX_CLASSES)} more` : '';
  return createElement('p', strong, `: ${formatInteger(entries.length)} classes, ${listed.join(', ')}${more}`);
}

/** A table of the columns with a checkbox for each. */
export function createColumnList(
  columns: readonly ListedColumn[],
  onUse: (name: string, used: boolean) => void,
): HTMLElement {
  // Most tables have no missing cells, and phones no room for an empty column.
  const width = columns.some(({ statistics }) => statistics !== undefined && statistics.missing > 0) ? 4 : 3;
  const head = createElement('tr', ...['Input column', 'Kind', 'Values', 'Missing'].slice(0, width).map(createHead));
  const rows = columns.map(({ name, used, statistics }) => {
    const box = Object.assign(createElement('input'), { type: 'checkbox', checked: used, name });
    box.addEventListener('change', () => onUse(name, box.checked));
    const cells = statistics === undefined ? ['', '', ''] : describeColumn(statistics);
    const title = Object.assign(createElement('th', createElement('label', box, name)), { scope: 'row' });
    return createElement('tr', title, ...cells.slice(0, width - 1).map((text) => createElement('td', text)));
  });
  const table = createElement('table', createElement('thead', head), createElement('tbody', ...rows));
  // Focusable, so that it can be scrolled by keyboard.
  return Object.assign(createElement('section', table), {
    className: 'column-list',
    ariaLabel: 'Columns',
    tabIndex: 0,
  });
}

/** Warnings of the columns, after the columns that were left out. */
export function listWarnings(leftOut: string, { columns }: TableSummary): HTMLElement[] {
  const warnings = columns.flatMap(({ name, warning }) =>
    warning === undefined ? [] : [`${name}: ${describeTableProblem(warning)}`],
  );
  const texts = [...(leftOut === '' ? [] : [`Left out: ${leftOut}`]), ...warnings];
  if (texts.length === 0) return [];
  const list = createElement('ul', ...texts.map((text) => createElement('li', text)));
  return [Object.assign(createElement('div', list), { className: 'notice' })];
}

function createHead(text: string): HTMLElement {
  return Object.assign(createElement('th', text), { scope: 'col' });
}

function describeColumn(column: ColumnStatistics): [kind: string, values: string, missing: string] {
  const missing = column.missing === 0 ? '' : formatInteger(column.missing);
  if (column.kind === 'number') {
    return ['number', `${formatShort(column.least)} to ${formatShort(column.greatest)}`, missing];
  }
  const names = Object.keys(column.counts);
  const more = names.length > MAX_CATEGORIES ? ', …' : '';
  return [`${names.length} texts`, names.slice(0, MAX_CATEGORIES).join(', ') + more, missing];
}

function formatShort(value: number): string {
  return String(Number(value.toPrecision(4)));
}
