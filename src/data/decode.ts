/** Bytes of files as text, and without compression. */
import { concatBytes } from '../core/bytes.ts';
import { EdgeMlpError, formatNumber } from '../core/errors.ts';
import { findSignature, type Signature } from './signatures.ts';

/** The largest data set, EMNIST ByClass, has 640 MB of pixels. */
const MAX_BYTES = 2 ** 30;

/** Encodings of tables. */
export const ENCODINGS = ['utf-8', 'latin1', 'utf-16le', 'utf-16be'] as const;
/** One of ENCODINGS. */
export type Encoding = (typeof ENCODINGS)[number];

/** Encodings by their byte order mark. */
const MARKS: readonly (readonly [encoding: Encoding, ...mark: number[]])[] = [
  ['utf-8', 0xef, 0xbb, 0xbf],
  ['utf-16le', 0xff, 0xfe],
  ['utf-16be', 0xfe, 0xff],
];

/**
 * Binary formats that are often named .csv: the format, the next step, and the first bytes.
 */
const BINARY: readonly (Signature & { readonly format: string; readonly step: string })[] = [
  {
    format: 'an Excel workbook or a ZIP archive',
    step: 'save the sheet as CSV, or unpack the archive',
    text: 'PK\x03\x04',
  },
  { format: 'an old Excel workbook', step: 'save the sheet as CSV', text: '\xd0\xcf\x11\xe0' },
  { format: 'a Parquet file', step: 'convert it to CSV', text: 'PAR1' },
  { format: 'a PDF', step: 'convert its table to CSV', text: '%PDF' },
  { format: 'a PNG', step: 'use a folder with one folder of PNG files for each class', text: '\x89PNG' },
  { format: 'a JPEG', step: 'convert it to PNG', text: '\xff\xd8\xff' },
  { format: 'a GIF', step: 'convert it to PNG', text: 'GIF8' },
  { format: 'a WebP image or another RIFF file', step: 'convert it to PNG', text: 'RIFF' },
  { format: 'bzip2 data', step: 'unpack it', text: 'BZh' },
  { format: 'xz data', step: 'unpack it', text: '\xfd7zXZ' },
  { format: 'Zstandard data', step: 'unpack it', text: '\x28\xb5\x2f\xfd' },
];

/**
 * Decodes the text of a table: UTF-8, or what a byte order mark or `encoding` says. Windows-1252 extends latin1. Throws
 * EdgeMlpError "bad-data" for other bytes, because replacement characters could merge two classes, and for binary
 * formats.
 */
export function decodeText(bytes: Uint8Array, name: string, encoding?: Encoding): string {
  const startsWith = (start: readonly number[]) => start.every((byte, i) => bytes[i] === byte);
  const binary = findSignature(bytes, BINARY);
  if (binary !== undefined) {
    throw new EdgeMlpError('bad-data', `${name}: expected text, got ${binary.format}: ${binary.step}`);
  }
  const marked = MARKS.find(([, ...mark]) => startsWith(mark))?.[0];
  const chosen = encoding ?? marked ?? 'utf-8';
  const wide = encoding === undefined && marked === undefined ? detectUtf16(bytes) : undefined;
  if (wide !== undefined) {
    throw new EdgeMlpError('bad-data', `${name}: expected text in UTF-8, got UTF-16: use --encoding ${wide}`);
  }
  try {
    return new TextDecoder(chosen, { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    const step = chosen === 'utf-8' ? ': use --encoding latin1, or save the file in UTF-8' : '';
    throw new EdgeMlpError('bad-data', `${name}: expected text in ${chosen.toUpperCase()}, got other bytes${step}`, {
      cause,
    });
  }
}

/** UTF-16 without a mark: every other byte of Latin letters and digits is zero. */
function detectUtf16(bytes: Uint8Array): Encoding | undefined {
  const start = bytes.subarray(0, 1024);
  const zeros = (parity: number) => start.filter((byte, i) => byte === 0 && i % 2 === parity).length;
  const [even, odd] = [zeros(0), zeros(1)];
  if (even + odd <= start.length / 4) return undefined;
  return odd > even ? 'utf-16le' : 'utf-16be';
}

/**
 * Decompresses gzip (RFC 1952, magic 1f 8b) to at most `most` bytes (default 2^30), and returns other bytes unchanged.
 * Throws EdgeMlpError "bad-data" for a damaged file, or for more bytes.
 */
export async function gunzipIfNeeded(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  most = MAX_BYTES,
): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const pieces: Uint8Array[] = [];
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  let total = 0;
  try {
    for (let read = await reader.read(); !read.done && total <= most; read = await reader.read()) {
      total += read.value.length;
      pieces.push(read.value);
    }
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: expected a complete gzip file, got a damaged or truncated one`, {
      cause,
    });
  }
  if (total <= most) return concatBytes(pieces);
  // The rest may be damaged.
  await reader.cancel().catch(() => undefined);
  const expected = `at most ${formatNumber(most)} bytes after decompression`;
  throw new EdgeMlpError('bad-data', `${name}: expected ${expected}, got more`);
}
