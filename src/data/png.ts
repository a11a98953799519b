/**
 * Images from PNG files (W3C, "Portable Network Graphics", third edition). One decoder checks and decodes: nothing is
 * allocated before the header is checked, and no more than the image needs.
 *
 * @module edge-mlp/png
 */
export type { GreyImage } from './picture/index.ts';

import { concatBytes } from '../core/bytes.ts';
import { describeValue, EdgeMlpError, errorMessage, formatNumber } from '../core/errors.ts';
import { inflate } from './inflate.ts';
import type { GreyImage } from './picture/grey-image.ts';
import { checkSize, MAX_PIXELS } from './picture/header.ts';
import { countRawBytes, PALETTE, type PngColours, type PngHeader, readPixels } from './png-pixels.ts';

/** Encoders write pixels in chunks of some kilobytes. */
const MAX_CHUNKS = 10_000;
/** deflate expands a byte to at most 1,032 bytes: 258 bytes take at least two bits. */
const MAX_EXPANSION = 1032;

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Bytes of IHDR (section 11.2.1). */
const HEADER_BYTES = 13;
/** Bytes of the length, the type and the checksum of a chunk. */
const FRAME_BYTES = 12;
/** Other chunks, such as profiles and texts, are skipped, and their checksums with them. */
const NEEDED = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
/** Accepted bits of a sample, by colour type. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** Bytes of tRNS with the one transparent colour, by colour type. */
const KEY_BYTES: Readonly<Record<number, number>> = { 0: 2, 2: 6 };

/**
 * Decodes a PNG of any colour type with at most `maxPixels` pixels. Grey levels are over white paper, and `alpha` is the
 * opacity of an image with transparent pixels. The checksum (CRC) of each chunk that is used must be right. Throws
 * EdgeMlpError "bad-data".
 *
 * @example
 * ```ts
 * import { decodePng } from 'edge-mlp/png';
 *
 * const base64 = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGNg+A8AAQIBAEK+vGgAAAAASUVORK5CYII=';
 * const { width, height, pixels } = decodePng(Buffer.from(base64, 'base64'), 'two-pixels.png');
 * console.log(width, height, pixels); // 2 1 Uint8Array(2) [ 0, 255 ]
 * ```
 */
export function decodePng(bytes: Uint8Array, name: string, maxPixels = MAX_PIXELS): GreyImage {
  if (bytes.length < 33 || SIGNATURE.some((byte, i) => bytes[i] !== byte)) {
    throw new EdgeMlpError('bad-data', `${name}: expected a PNG file, got another file of ${bytes.length} bytes`);
  }
  try {
    return decode(bytes, maxPixels);
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: ${errorMessage(cause)}`, { cause });
  }
}

function decode(bytes: Uint8Array, maxPixels: number): GreyImage {
  const [first, ...chunks] = readChunks(bytes);
  if (first?.type !== 'IHDR' || first.data.length !== HEADER_BYTES || chunks.some(({ type }) => type === 'IHDR')) {
    throw new Error(`expected a PNG with one IHDR of ${HEADER_BYTES} bytes, at the start`);
  }
  const header = readHeader(first.data, maxPixels);
  const damaged = [first, ...chunks].find(({ checked, checksum }) => crc32(checked) !== checksum);
  if (damaged !== undefined) throw unreadable(`a chunk ${damaged.type} with a wrong checksum`);
  const colours = readColours(header, chunks);
  const pixels = concatBytes(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  const rawBytes = countRawBytes(header);
  if (rawBytes > MAX_EXPANSION * pixels.length) throw unreadable(`${formatNumber(pixels.length)} bytes of pixels`);
  const raw = new Uint8Array(rawBytes);
  inflate(pixels, raw);
  return readPixels(header, raw, colours);
}

function unreadable(got: string): Error {
  return new Error(`expected a readable PNG, got ${got}`);
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** The bytes that the checksum covers: type and data. */
  readonly checked: Uint8Array;
  readonly checksum: number;
}

/** The needed chunks up to IEND. Throws Error for a truncated file, too many chunks, or an unknown critical chunk. */
function readChunks(bytes: Uint8Array): Chunk[] {
  const chunks: Chunk[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = SIGNATURE.length;
  for (let count = 1; at + FRAME_BYTES <= bytes.length; count++) {
    if (count > MAX_CHUNKS) throw new Error(`expected a PNG of at most ${formatNumber(MAX_CHUNKS)} chunks, got more`);
    const end = at + FRAME_BYTES + view.getUint32(at);
    if (end > bytes.length) break;
    const checked = bytes.subarray(at + 4, end - 4);
    const type = String.fromCharCode(...checked.subarray(0, 4));
    if (NEEDED.has(type)) chunks.push({ type, data: checked.subarray(4), checked, checksum: view.getUint32(end - 4) });
    // A capital first letter: an image cannot be decoded without the chunk (section 5.4).
    else if (/^[A-Z]/.test(type)) throw unreadable(`an unknown chunk ${describeValue(type)}`);
    if (type === 'IEND') return chunks;
    at = end;
  }
  throw unreadable('a truncated file');
}

/** Throws Error for an image that is too large, or a kind of image that does not exist. */
function readHeader(data: Uint8Array, maxPixels: number): PngHeader {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  checkSize(width, height, maxPixels);
  const [depth = 0, colour = 0, compression, filter, interlace = 0] = data.subarray(8);
  if (!DEPTHS[colour]?.includes(depth)) throw unreadable(`colour type ${colour} with samples of ${depth} bits`);
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    throw unreadable(`compression ${compression}, filter ${filter} and interlacing ${interlace}`);
  }
  return { width, height, depth, colour, interlaced: interlace === 1 };
}

/** The palette of an image of colour type 3, and what is transparent. Throws Error. */
function readColours({ depth, colour }: PngHeader, chunks: readonly Chunk[]): PngColours {
  const palette = colour === PALETTE ? readOne('PLTE', chunks) : undefined;
  const colours = (palette?.length ?? 0) / 3;
  if (colour === PALETTE && (palette === undefined || !Number.isInteger(colours) || colours > 2 ** depth)) {
    throw new Error(`expected one palette of at most ${2 ** depth} colours before the pixels`);
  }
  const transparency = readOne('tRNS', chunks);
  const fits = (bytes: number) => (colour === PALETTE ? bytes <= colours : bytes === KEY_BYTES[colour]);
  if (chunks.some(({ type }) => type === 'tRNS') && (transparency === undefined || !fits(transparency.length))) {
    throw new Error('expected one tRNS before the pixels, in the size for its colours');
  }
  return { palette, transparency };
}

/** Data of the only chunk of this type, if it is before the pixels. */
function readOne(wanted: string, chunks: readonly Chunk[]): Uint8Array | undefined {
  const [chunk, ...more] = chunks.filter(({ type }) => type === wanted);
  const first = chunks.find(({ type }) => type === wanted || type === 'IDAT');
  return more.length === 0 && first === chunk ? chunk?.data : undefined;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 (annex D). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 255] ?? 0);
  return ~crc >>> 0;
}
