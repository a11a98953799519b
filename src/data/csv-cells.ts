/** Cells of tables: numbers, missing cells, dates, and texts that look like numbers. */
/** Decimal separators. */
export const DECIMALS = ['.', ','] as const;
/** One of DECIMALS. */
export type Decimal = (typeof DECIMALS)[number];

/** Cells without a value, as pandas, R, SQL, SAS and UCI write them. Letters count in exactly these cases. */
const MISSING: ReadonlySet<string> = new Set([
  '',
  'NA',
  'N/A',
  'n/a',
  '#N/A',
  'NaN',
  'nan',
  'NULL',
  'null',
  'None',
  '?',
  '-',
  '.',
]);

/** Whether a trimmed cell has no value. */
export function isMissing(text: string): boolean {
  return MISSING.has(text);
}

/** The number in a trimmed cell, in float64; NaN for any other text. A minus sign of Unicode (U+2212) is a minus. */
export function parseNumber(text: string, decimal: Decimal): number {
  if (decimal === ',') return text.includes('.') ? Number.NaN : parseNumber(text.replace(',', '.'), '.');
  const value = Number(text);
  if (Number.isNaN(value)) return text.startsWith('\u2212') ? Number(`-${text.slice(1)}`) : value;
  // JavaScript reads 0x10 as a number, but in a table it is a text such as an article number. An empty text is 0.
  return text === '' || /^0[xbo]/i.test(text) ? Number.NaN : value;
}

/** Whether float32 can hold a number. */
export function fitsFloat32(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}

const DATES = [
  // 2024-01-31, 2024/1/31, 20240131T120000, with or without a time
  /^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ].*)?$/,
  /^\d{8}T\d{4,6}/,
  // 31.01.2024, 1/31/24, 31-1-2024, with or without a time
  /^\d{1,2}[-/.]\d{1,2}[-/.](?:\d{2}|\d{4})(?:[T ].*)?$/,
  // 2024-01, 12:30, 12:30:15.5, 12:30 pm
  /^\d{4}[-/](?:0[1-9]|1[0-2])$/,
  /^\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?$/i,
  // 31 Jan 2024, Jan 31, 2024, 01-Jan-24
  /^\d{1,2}[ -](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ -,]+\d{2,4}(?: .*)?$/i,
  /^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ -]\d{1,2},? +\d{4}(?: .*)?$/i,
];

/** Whether a trimmed cell is a date or a time. */
export function isDate(text: string): boolean {
  return DATES.some((date) => date.test(text));
}

/** A number in a notation that is refused. */
export interface NumberLike {
  /** Its notation, for a message. */
  readonly description: string;
  /** The next step. */
  readonly step: string;
}

/** Forms of numbers that are refused, for one decimal separator or for both. */
const NUMBER_LIKE: readonly (readonly [form: RegExp, decimal: Decimal | undefined, what: string, step: string])[] = [
  [/^[+-]?0[xbo][\da-f]+$/i, undefined, 'a hexadecimal, octal or binary number', 'convert it to decimal'],
  [/^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/, '.', 'a comma', 'remove thousands separators, or use --decimal ","'],
  [/^[+-]?\d*,\d+(?:e[+-]?\d+)?$/i, '.', 'a decimal comma', 'use --decimal ","'],
  [/^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$/, ',', 'a point with decimal commas', 'remove thousands separators'],
  [/^[+-]?\d*\.\d+(?:e[+-]?\d+)?$/i, ',', 'a decimal point', 'leave out --decimal ","'],
  [
    /^[+-]?\d{1,3}(?:['’_\u00a0\u2009\u202f ]\d{3})+(?:[.,]\d+)?$/,
    undefined,
    'thousands separators',
    'remove the separators',
  ],
  [/^[+-]?\d+(?:_\d+)+$/, undefined, 'underscores', 'remove the underscores'],
  [/^[+-]?[\d.,]+ ?%$/, undefined, 'a percentage', 'remove the percent signs'],
  [/^[+-]?[$€£¥] ?[\d.,]+$|^[+-]?[\d.,]+ ?[$€£¥]$/, undefined, 'an amount of money', 'remove the currency signs'],
  [/^[+-]?[\d.]+[dD][+-]?\d+$/, undefined, 'an exponent of Fortran', 'write e for d'],
  [/^[+-]?inf(?:inity)?$/i, undefined, 'infinity', 'clear the cell'],
];

/** Describes a trimmed cell that is a number in a notation that is refused, or beyond the range of float32. */
export function findNumberLike(text: string, decimal: Decimal): NumberLike | undefined {
  const value = parseNumber(text, decimal);
  if (Number.isFinite(value) && !fitsFloat32(value)) {
    return { description: 'beyond the range of float32, ±3.4e38', step: 'scale the column' };
  }
  const [, , description, step] =
    NUMBER_LIKE.find(([form, only]) => (only === undefined || only === decimal) && form.test(text)) ?? [];
  return description === undefined || step === undefined ? undefined : { description, step };
}

/**
 * The name of a class or category: a cell without outer spaces. Numbers lose a plus sign and zeros at the end of their
 * decimals, so that `1` and `1.0` are one class.
 */
export function nameCategory(cell: string): string {
  const text = cell.trim();
  if (!/^[+-]?\d+(?:\.\d*)?$/.test(text)) return text;
  const plain = text.replace(/^\+/, '').replace(/\.0*$|(\.\d*[1-9])0+$/, '$1');
  return plain === '-0' ? '0' : plain;
}
