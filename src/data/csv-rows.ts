/** Rows of CSV, and the cells in them. */
import Papa from 'papaparse';
import { describeValue, EdgeMlpError, formatNumber } from '../core/errors.ts';

/** Separator of cells, unless the first lines show another one. */
export const DEFAULT_DELIMITER: string = Papa.DefaultDelimiter;

export interface Row {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Calls `visit` with every row that is not blank and its index; the header has index 0. Returns the number of rows and
 * the delimiter. Throws EdgeMlpError "bad-data".
 */
export function eachRow(
  text: string,
  { name, delimiter }: { readonly name: string; readonly delimiter?: string | undefined },
  visit: (row: Row, index: number) => void,
): { rows: number; delimiter: string } {
  if (typeof text !== 'string') {
    throw new EdgeMlpError('bad-argument', `${name}: expected the text of a table, got ${describeValue(text)}`);
  }
  let line = 1;
  let rows = 0;
  let detected = delimiter ?? DEFAULT_DELIMITER;
  Papa.parse<string[]>(text, {
    // The fast mode splits the whole text into lines first, which takes more memory.
    fastMode: false,
    ...(delimiter === undefined ? {} : { delimiter }),
    step: ({ data: cells, errors, meta }) => {
      const error = errors.find(({ code }) => code !== 'UndetectableDelimiter');
      if (error !== undefined) {
        throw new EdgeMlpError('bad-data', `${name}: line ${line}: expected CSV, got: ${error.message}`);
      }
      detected = meta.delimiter;
      if (cells.some((cell) => cell.trim() !== '')) visit({ line, cells }, rows++);
      // Quoted cells may contain line breaks.
      line += cells.join('').split(/\r\n|\r|\n/).length;
    },
  });
  return { rows, delimiter: detected };
}

/** A row in CSV, with commas. */
export function formatRow(cells: readonly string[], options: { quoted: boolean }): string {
  return Papa.unparse([cells], { newline: '\n', quotes: options.quoted });
}

/** Engines implement substrings as views, which would keep the whole text in memory. */
export function copyText(text: string): string {
  return JSON.parse(JSON.stringify(text));
}

/**
 * Throws EdgeMlpError "bad-data" if the first line is a sample. The numbers 0, 1, 2 … or 1, 2, 3 … are accepted as a
 * header.
 */
export function checkTitles(titles: readonly string[], name: string): void {
  const numbers = titles
    .filter((title) => title !== '')
    .map(Number)
    .filter((number) => !Number.isNaN(number));
  const [first = 0] = numbers;
  if ((first === 0 || first === 1) && numbers.every((number, i) => number === first + i)) return;
  const got = `the numbers ${titles.slice(0, 4).join(', ')}`;
  throw new EdgeMlpError('bad-data', `${name}: line 1: expected a header with names of the columns, got ${got}`);
}

export function checkCells({ cells, line }: Row, header: readonly string[], name: string): void {
  if (cells.length === header.length) return;
  const message = `${name}: line ${line}: expected ${header.length} cells, as the header has, got ${cells.length}`;
  throw new EdgeMlpError('bad-data', message);
}

/** The column of each title. Throws EdgeMlpError "bad-data" for a title that the header has not exactly once. */
export function findColumns(header: readonly string[], titles: readonly string[], name: string): number[] {
  const columns = new Map<string, number>();
  const repeated = new Set<string>();
  header.forEach((title, column) => {
    if (columns.has(title)) repeated.add(title);
    columns.set(title, column);
  });
  return titles.map((title) => {
    const column = columns.get(title);
    if (column !== undefined && !repeated.has(title)) return column;
    const expected = column === undefined ? `a column ${describeValue(title)}` : `one column ${describeValue(title)}`;
    throw new EdgeMlpError('bad-data', `${name}: expected ${expected}, got ${listNames(header)}`);
  });
}

/** Names for a message, shortened. */
export function listNames(names: readonly string[]): string {
  const some = names.slice(0, 20).map((name) => (name.length > 60 ? `${name.slice(0, 60)}…` : name));
  return [...some, ...(names.length > some.length ? [`… (${formatNumber(names.length)})`] : [])].join(', ');
}

/** The text of a cell. Throws EdgeMlpError "bad-data" for an empty cell. */
export function readCell({ line, cells }: Row, index: number, header: readonly string[], name: string): string {
  const text = cells[index]?.trim() ?? '';
  if (text !== '') return text;
  throw new EdgeMlpError(
    'bad-data',
    `${name}: ${describePlace(line, index, header)}: expected a value, got an empty cell`,
  );
}

/** The number in a cell. Throws EdgeMlpError "bad-data". */
export function readNumber(row: Row, index: number, header: readonly string[], name: string): number {
  const text = readCell(row, index, header, name);
  const value = Number(text);
  // JavaScript reads 0x10 as a number, but in a table it is a text such as an article number.
  if (Number.isFinite(Math.fround(value)) && !/^0[xbo]/i.test(text)) return value;
  const place = describePlace(row.line, index, header);
  throw new EdgeMlpError('bad-data', `${name}: ${place}: expected a number, got ${describeValue(text)}`);
}

function describePlace(line: number, index: number, header: readonly string[]): string {
  return `line ${line}, column ${index + 1} (${listNames([header[index] ?? ''])})`;
}
