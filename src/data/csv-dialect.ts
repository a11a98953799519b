/** Detection of the delimiter of a table, and of a header. */
import Papa from 'papaparse';
import { describeValue, EdgeMlpError } from '../core/errors.ts';
import { type Decimal, isMissing, nameCategory, parseNumber } from './csv-cells.ts';

/** Separators of cells that are recognised, in the order of preference. */
const DELIMITERS = [',', ';', '\t', '|', ' '] as const;

/** Rows and cells that decide about the header. */
const SAMPLED_ROWS = 200;
const SAMPLED_CELLS = 100_000;
/** Rows and characters that decide about the delimiter. */
const DELIMITER_ROWS = 50;
const DELIMITER_LENGTH = 2 ** 20;

/** A text that has been cleaned, and its delimiter if the text names it. */
interface CleanText {
  readonly text: string;
  /** Lines in front of the text that were removed. */
  readonly skipped: number;
  /** Delimiter of the line `sep=;`, which Excel writes. */
  readonly delimiter?: string | undefined;
}

/**
 * Removes a byte order mark, the end-of-file mark of DOS, and Excel's line `sep=;`. All line ends become line feeds.
 * Throws EdgeMlpError "bad-data" for text in another format.
 */
export function cleanText(text: string, name: string): CleanText {
  let clean = text.replace(/^\ufeff/, '');
  if (clean.trimEnd().endsWith(END_OF_FILE)) clean = clean.slice(0, clean.lastIndexOf(END_OF_FILE));
  refuseOtherFormats(clean, name);
  if (clean.includes('\r')) clean = clean.replace(/\r\n?/g, '\n');
  const [line, delimiter] = /^"?sep=(.)"?\n/.exec(clean) ?? [];
  if (line === undefined) return { text: clean, skipped: 0 };
  return { text: clean.slice(line.length), skipped: 1, delimiter };
}

/** DOS ends a text with Ctrl-Z. */
const END_OF_FILE = '\u001a';

/** Formats that are often named .csv: the start of the text, the name of the format, and the next step. */
const OTHER_FORMATS: readonly (readonly [start: RegExp, format: string, step: string])[] = [
  [/^\s*<(?:!doctype|html|\?xml|head|body|table)/i, 'HTML or XML', 'download the CSV file itself'],
  [/^(?:\s*%[^\n]*\n)*\s*@relation\b/i, 'ARFF', 'remove the lines up to @data, and use --no-header'],
  [/^\s*(?:\[\s*[[{]|\{\s*")/, 'JSON', 'convert it to CSV, with one line for each object'],
];

function refuseOtherFormats(text: string, name: string): void {
  const start = text.slice(0, 4096);
  const other = OTHER_FORMATS.find(([form]) => form.test(start));
  if (other === undefined) return;
  throw new EdgeMlpError('bad-data', `${name}: expected CSV, got ${other[1]}: ${other[2]}`);
}

/** Rows from the start of a text, without blank ones. */
export function sampleRows(text: string, delimiter: string, most?: number): string[][] {
  const parse = (preview: number) =>
    Papa.parse<string[]>(text, { delimiter, newline: '\n', fastMode: false, preview }).data;
  const width = parse(1)[0]?.length ?? 1;
  const rows = parse(most ?? Math.max(2, Math.min(SAMPLED_ROWS, Math.floor(SAMPLED_CELLS / width))));
  return rows.filter((cells) => cells.some((cell) => cell.trim() !== ''));
}

/**
 * The delimiter that splits the most rows into as many cells as the first row. With equal shares, the one that makes
 * more cells wins, unless it is a pipe or a space, which occur within texts.
 */
export function detectDelimiter(text: string): string {
  // The last line of a part may be incomplete.
  const start = text.length > DELIMITER_LENGTH ? text.slice(0, DELIMITER_LENGTH).replace(/\n[^\n]*$/, '') : text;
  let best = { delimiter: DELIMITERS[0] as string, share: 0, cells: 1 };
  for (const delimiter of DELIMITERS) {
    const [first = [], ...rows] = sampleRows(alignText(start, delimiter), delimiter, DELIMITER_ROWS);
    const cells = first.length;
    if (cells < 2) continue;
    // write.table of R leaves out the title of the row names.
    const fits = (row: readonly string[]) => row.length === cells || (delimiter === ' ' && row.length === cells + 1);
    const share = rows.length === 0 ? 1 : rows.filter(fits).length / rows.length;
    const rare = delimiter === '|' || delimiter === ' ';
    if (share > best.share || (share === best.share && !rare && cells > best.cells)) best = { delimiter, share, cells };
  }
  return best.delimiter;
}

/** With spaces as delimiters, several spaces are one, as in aligned columns. */
export function alignText(text: string, delimiter: string): string {
  return delimiter === ' ' ? text.replace(/[ \t]+/g, ' ').replace(/^ | $/gm, '') : text;
}

/**
 * Whether the first row is a sample: each column with numbers below has a number in it, and no text in it is a title.
 * The numbers 0, 1, 2 … are titles, and years next to a text that is one.
 */
export function looksLikeSample(rows: readonly (readonly string[])[], decimal: Decimal): boolean {
  const [first = [], ...others] = rows;
  const isNumber = (text: string) => Number.isFinite(parseNumber(text, decimal));
  const numbers: string[] = [];
  let hasTitle = false;
  first.forEach((cell, column) => {
    const title = cell.trim();
    const cells = others.map((row) => row[column]?.trim() ?? '').filter((text) => !isMissing(text));
    if (cells.length > 0 && cells.every(isNumber)) numbers.push(title);
    else if (title !== '' && !isNumber(title) && !cells.some((text) => nameCategory(text) === nameCategory(title))) {
      hasTitle = true;
    }
  });
  if (numbers.length === 0 || !numbers.every(isNumber) || isCount(numbers)) return false;
  const areYears = numbers.every((title) => /^[12]\d{3}$/.test(title)) && new Set(numbers).size === numbers.length;
  return !(areYears && hasTitle);
}

/** Whether numbers are 0, 1, 2 … or 1, 2, 3 … */
function isCount(titles: readonly string[]): boolean {
  const [start = 0, ...others] = titles.map(Number);
  return (start === 0 || start === 1) && others.every((number, i) => number === start + i + 1);
}

/** Throws EdgeMlpError "bad-data" for a first line that is a comment. */
export function refuseComment(rows: readonly (readonly string[])[], name: string, line: number): void {
  const [first = [], second = []] = rows;
  const start = first[0]?.trim() ?? '';
  if (!/^(?:#|%|\/\/)/.test(start) || first.length === second.length) return;
  const got = `a comment, ${describeValue(first.join(' ').trim())}: remove the comment lines`;
  throw new EdgeMlpError('bad-data', `${name}: line ${line}: expected a header with names of the columns, got ${got}`);
}
