/** Tables as text: their header, and the rows below it. */
import Papa from 'papaparse';
import { describeValue, EdgeMlpError, listNames, shorten } from '../core/errors.ts';
import type { Decimal } from './csv-cells.ts';
import { alignText, cleanText, detectDelimiter, looksLikeSample, refuseComment, sampleRows } from './csv-dialect.ts';

/** How a text is split into cells. */
export interface DialectOptions {
  /** Separator of cells. Default: detected among comma, semicolon, tab, pipe and space. */
  readonly delimiter?: string | undefined;
  /** Separator of decimals: a point (default) or a comma. */
  readonly decimal?: Decimal | undefined;
  /**
   * Whether the first line has the names of the columns. Without a header the columns are called c1, c2 … Default: true,
   * unless the first line looks like a sample, which is an error.
   */
  readonly header?: boolean | undefined;
}

/** A table as text. */
export interface TableText {
  /** Name in messages. */
  readonly name: string;
  readonly text: string;
  readonly delimiter: string;
  /** Names of the columns. */
  readonly header: readonly string[];
  /** Whether the first row has these names. */
  readonly hasHeader: boolean;
  /** Line of the file at which the text starts, from 1. */
  readonly firstLine: number;
  /** Some rows from the start, below the header. */
  readonly sample: readonly (readonly string[])[];
}

export interface Row {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Detects the delimiter, and reads the header. Throws EdgeMlpError "bad-data" for an empty text, another format, a
 * comment, or a first line that is a sample.
 */
export function openTable(given: string, name: string, options: DialectOptions = {}): TableText {
  if (typeof given !== 'string') {
    throw new EdgeMlpError('bad-argument', `${name}: expected the text of a table, got ${describeValue(given)}`);
  }
  const clean = cleanText(given, name);
  const delimiter = options.delimiter ?? clean.delimiter ?? detectDelimiter(clean.text);
  const text = alignText(clean.text, delimiter);
  const rows = sampleRows(text, delimiter);
  const firstLine = 1 + clean.skipped;
  if (rows.length === 0) throw new EdgeMlpError('bad-data', `${name}: expected a header line, got an empty file`);
  if (options.header !== false) refuseComment(rows, name, firstLine);
  if (options.header === undefined && looksLikeSample(rows, options.decimal ?? '.')) {
    const got = `the values ${listNames((rows[0] ?? []).slice(0, 4))}`;
    const step = 'use --no-header if the file has no header, or --header if these are the names';
    const message = `${name}: line ${firstLine}: expected a header with names of the columns, got ${got}: ${step}`;
    throw new EdgeMlpError('bad-data', message);
  }
  const hasHeader = options.header !== false;
  const sample = hasHeader ? rows.slice(1) : rows;
  return { name, text, delimiter, header: readHeader(rows, hasHeader), hasHeader, firstLine, sample };
}

/** Columns without a name are called by their position: c1, c2 … Empty columns at the end, as of Excel, are left out. */
function readHeader(rows: readonly (readonly string[])[], hasHeader: boolean): string[] {
  const [first = [], second = []] = rows;
  // write.table of R leaves out the title of the row names.
  const titles =
    hasHeader &&
    second.length === first.length + 1 &&
    second.at(-1)?.trim() !== '' &&
    rows.slice(1).every((row) => row.length === second.length)
      ? ['', ...first]
      : first;
  const isUsed = (column: number) => rows.some((row) => (row[column]?.trim() ?? '') !== '');
  let length = titles.length;
  while (length > 1 && (titles[length - 1]?.trim() ?? '') === '' && !isUsed(length - 1)) length--;
  return titles.slice(0, length).map((title, i) => {
    const text = hasHeader ? copyText(title.trim()) : '';
    return text === '' ? `c${i + 1}` : text;
  });
}

/**
 * Calls `visit` with every row below the header that is not blank, until it returns false. Returns the number of rows.
 * Throws EdgeMlpError "bad-data" for a row with another number of cells, or a quote without an end.
 */
export function eachRow(table: TableText, visit: (row: Row) => boolean | undefined): number {
  const { name, text, delimiter, header, hasHeader, firstLine } = table;
  let line = firstLine;
  let rows = 0;
  let title = hasHeader;
  Papa.parse<string[]>(text, {
    delimiter,
    newline: '\n',
    // The fast mode splits the whole text into lines first, which takes more memory.
    fastMode: false,
    step: ({ data: cells, errors }, parser) => {
      const [error] = errors;
      if (error !== undefined) {
        throw new EdgeMlpError('bad-data', `${name}: line ${line}: expected CSV, got: ${error.message}`);
      }
      if (cells.some((cell) => cell.trim() !== '')) {
        if (title) title = false;
        else {
          checkCells({ cells, line }, header, name);
          rows++;
          if (visit({ line, cells }) === false) parser.abort();
        }
      }
      // Quoted cells may contain line breaks.
      line += cells.join('').split('\n').length;
    },
  });
  return rows;
}

/** Empty cells behind the last column are accepted. */
function checkCells({ cells, line }: Row, header: readonly string[], name: string): void {
  if (cells.length === header.length) return;
  if (cells.length > header.length && cells.slice(header.length).every((cell) => cell.trim() === '')) return;
  const comment = /^\s*(#|%|\/\/)/.test(cells[0] ?? '') ? ': remove the comment lines' : '';
  const message = `${name}: line ${line}: expected ${header.length} cells, as the header has, got ${cells.length}${comment}`;
  throw new EdgeMlpError('bad-data', message);
}

/** A row in CSV, with commas. */
export function formatRow(cells: readonly string[], options: { quoted: boolean }): string {
  return Papa.unparse([cells], { newline: '\n', quotes: options.quoted });
}

/** Engines implement substrings as views, which would keep the whole text in memory. */
export function copyText(text: string): string {
  return JSON.parse(JSON.stringify(text));
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

/** A cell's place for a message. */
export function describePlace(name: string, line: number, index: number, title: string): string {
  return `${name}: line ${line}, column ${index + 1} (${shorten(title)})`;
}
