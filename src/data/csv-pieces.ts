/** Tables in pieces, for uploads. */
import { concatBytes } from '../core/bytes.ts';
import { EdgeMlpError, formatNumber } from '../core/errors.ts';
import { type Decimal, parseNumber } from './csv-cells.ts';
import { type DialectOptions, eachRow, findColumns, formatRow, openTable } from './csv-rows.ts';

/** A part of a table, which is a complete table. */
export interface CsvPiece {
  /** CSV in UTF-8. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Rows without the header. */
  readonly samples: number;
}

/** How a table is read and split. */
export interface CsvPiecesOptions extends DialectOptions {
  /** Name in messages. */
  readonly name: string;
  /** Most bytes of a piece. */
  readonly bytes: number;
  /** Headers of the columns to keep, in order. Default: all columns. */
  readonly keep?: readonly string[] | undefined;
}

/**
 * Splits a table into pieces of at most `bytes` bytes. Each piece has the header and whole rows, with commas, line feeds
 * and decimal points. Throws EdgeMlpError "bad-data" if the header has more than half of these bytes, or a row is too
 * long.
 */
export function csvPieces(text: string, { name, bytes, keep, ...dialect }: CsvPiecesOptions): CsvPiece[] {
  const utf8 = new TextEncoder();
  const pieces: CsvPiece[] = [];
  let lines: Uint8Array[] = [];
  const end = () => {
    if (lines.length > 0) pieces.push({ bytes: concatBytes([header, ...lines]), samples: lines.length });
    [lines, size] = [[], header.length];
  };
  const table = openTable(text, name, dialect);
  const titles = keep ?? table.header;
  const columns = keep === undefined ? table.header.map((_, i) => i) : findColumns(table.header, keep, name);
  // Quotes around every title make the detection of the delimiter certain: only the comma splits the first line.
  const header = utf8.encode(formatRow(titles, { quoted: true }));
  // Each piece repeats the header: a longer one would multiply the bytes of the table.
  if (2 * header.length > bytes) {
    const expected = `a header of at most ${formatNumber(Math.floor(bytes / 2))} bytes`;
    throw new EdgeMlpError('bad-data', `${name}: expected ${expected}, got ${formatNumber(header.length)}`);
  }
  let size = header.length;
  eachRow(table, ({ line, cells }) => {
    const kept = columns.map((column) => replaceDecimal(cells[column] ?? '', dialect.decimal));
    const row = utf8.encode(`\n${formatRow(kept, { quoted: false })}`);
    if (size + row.length > bytes) end();
    lines.push(row);
    size += row.length;
    if (size <= bytes) return true;
    const expected = `a row of at most ${formatNumber(bytes)} bytes with its header`;
    throw new EdgeMlpError('bad-data', `${name}: line ${line}: expected ${expected}, got ${formatNumber(size)}`);
  });
  end();
  return pieces;
}

/** A number with a decimal point; other cells stay unchanged. */
function replaceDecimal(cell: string, decimal: Decimal = '.'): string {
  const isNumber = decimal !== '.' && Number.isFinite(parseNumber(cell.trim(), decimal));
  return isNumber ? cell.replace(decimal, '.') : cell;
}
