/** Bytes of files as text, and without compression. */
import { concatBytes } from '../core/bytes.ts';
import { EdgeMlpError, formatNumber } from '../core/errors.ts';

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
 * Binary formats that are often named .csv: the name of the format, the next step, and its first bytes. A header may
 * begin with letters such as RIFF too.
 */
const BINARY: readonly (readonly [format: string, step: string, ...start: number[]])[] = [
  ['an Excel workbook or a ZIP archive', 'save the sheet as CSV, or unpack the archive', 0x50, 0x4b, 0x03, 0x04],
  ['an old Excel workbook', 'save the sheet as CSV', 0xd0, 0xcf, 0x11, 0xe0],
  ['a Parquet file', 'convert it to CSV', 0x50, 0x41, 0x52, 0x31],
  ['a PDF', 'convert its table to CSV', 0x25, 0x50, 0x44, 0x46],
  ['a PNG', 'use a folder with one folder of PNG files for each class', 0x89, 0x50, 0x4e, 0x47],
  ['a JPEG', 'convert it to PNG', 0xff, 0xd8, 0xff],
  ['a GIF', 'convert it to PNG', 0x47, 0x49, 0x46, 0x38],
  ['a WebP image or another RIFF file', 'convert it to PNG', 0x52, 0x49, 0x46, 0x46],
  ['bzip2 data', 'unpack it', 0x42, 0x5a, 0x68],
  ['xz data', 'unpack it', 0xfd, 0x37, 0x7a, 0x58, 0x5a],
  ['Zstandard data', 'unpack it', 0x28, 0xb5, 0x2f, 0xfd],
];

/**
 * Decodes the text of a table: UTF-8, or what a byte order mark or `encoding` says. Windows-1252 extends latin1. Throws
 * EdgeMlpError "bad-data" for other bytes, because replacement characters could merge two classes, and for binary
 * formats.
 */
export function decodeText(bytes: Uint8Array, name: string, encoding?: Encoding): string {
  const startsWith = (start: readonly number[]) => start.every((byte, i) => bytes[i] === byte);
  const isText = !hasControls(bytes);
  const binary = BINARY.find(([, , ...start]) => startsWith(start) && !(isText && start.every(isPrintable)));
  if (binary !== undefined) {
    throw new EdgeMlpError('bad-data', `${name}: expected text, got ${binary[0]}: ${binary[1]}`);
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

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}

/** Whether the first 1,024 bytes have controls other than tabs and line ends. */
function hasControls(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 1024).some((byte) => byte < 0x20 && (byte < 0x09 || byte > 0x0d));
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
