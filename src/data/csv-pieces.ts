/** Tables in pieces, for uploads. */
import { concatBytes } from '../core/bytes.ts';
import { EdgeMlpError, formatNumber } from '../core/errors.ts';
import { eachRow, formatRow } from './csv-rows.ts';

/** A part of a table, which is a complete table. */
export interface CsvPiece {
  /** CSV in UTF-8. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Rows without the header. */
  readonly samples: number;
}

/**
 * Splits a table into pieces of at most `bytes` bytes. Each piece has the header and whole rows, with commas and line
 * feeds. Throws EdgeMlpError "bad-data" if the header has more than half of these bytes, or a row is too long.
 */
export function csvPieces(text: string, { name, bytes }: { name: string; bytes: number }): CsvPiece[] {
  const utf8 = new TextEncoder();
  const pieces: CsvPiece[] = [];
  let header: Uint8Array = new Uint8Array();
  let lines: Uint8Array[] = [];
  let size = 0;
  const end = () => {
    if (lines.length > 0) pieces.push({ bytes: concatBytes([header, ...lines]), samples: lines.length });
    [lines, size] = [[], header.length];
  };
  eachRow(text, { name }, ({ line, cells }, n) => {
    // Quotes around every header make the detection of the delimiter certain: only the comma splits the first line.
    const row = utf8.encode(`${n === 0 ? '' : '\n'}${formatRow(cells, { quoted: n === 0 })}`);
    // Each piece repeats the header: a longer one would multiply the bytes of the table.
    if (n === 0 && 2 * row.length > bytes) {
      const expected = `a header of at most ${formatNumber(Math.floor(bytes / 2))} bytes`;
      throw new EdgeMlpError('bad-data', `${name}: expected ${expected}, got ${formatNumber(row.length)}`);
    }
    if (n === 0) header = row;
    if (n === 0 || size + row.length > bytes) end();
    if (n > 0) lines.push(row);
    if (n > 0) size += row.length;
    if (size <= bytes) return;
    const expected = `a row of at most ${formatNumber(bytes)} bytes with its header`;
    throw new EdgeMlpError('bad-data', `${name}: line ${line}: expected ${expected}, got ${formatNumber(size)}`);
  });
  end();
  return pieces;
}
