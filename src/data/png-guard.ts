/**
 * Checks of untrusted PNG files before they are decoded: only the needed chunks, and no more data than the image has.
 */
import { Unzlib } from 'fflate';
import { concatBytes } from '../core/bytes.ts';
import { EdgeMlpError, formatNumber } from '../core/errors.ts';

/** Bytes of IHDR (PNG specification, section 11.2.1). */
const HEADER_BYTES = 13;
/** Encoders write pixels in chunks of some kilobytes. */
const MAX_CHUNKS = 10_000;
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Other chunks, such as profiles and texts, could inflate without a limit. */
const NEEDED = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
/** deflate expands a byte to at most 1,032 bytes: a piece inflates to at most 4 MB before it is counted. */
const PIECE_BYTES = 4096;
/** Samples per pixel, by colour type (PNG specification, section 11.2.1). */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export interface PngLimits {
  readonly side: number;
  readonly pixels: number;
}

/** The needed chunks of a PNG, after checks of its size and its inflated size. Throws EdgeMlpError "bad-data". */
export function guardedPng(bytes: Uint8Array, name: string, limits: PngLimits): Uint8Array<ArrayBuffer> {
  if (bytes.length < 33 || SIGNATURE.some((byte, i) => bytes[i] !== byte)) {
    throw new EdgeMlpError('bad-data', `${name}: expected a PNG file, got ${bytes.length} bytes of something else`);
  }
  const chunks = [...readChunks(bytes, name)];
  const [first, ...others] = chunks;
  if (first?.type !== 'IHDR' || first.data.length !== HEADER_BYTES || others.some(({ type }) => type === 'IHDR')) {
    const message = `${name}: expected a PNG with one IHDR of ${HEADER_BYTES} bytes, at the start`;
    throw new EdgeMlpError('bad-data', message);
  }
  checkPalette(first.data, others, name);
  checkInflated(others, rawBytes(first.data, name, limits), name);
  return concatBytes([bytes.subarray(0, SIGNATURE.length), ...chunks.map(({ whole }) => whole)]);
}

/** An image of colour type 3 has one palette of three bytes for each colour, before its pixels. */
function checkPalette(header: Uint8Array, chunks: readonly Chunk[], name: string): void {
  const [depth = 0, colour = 0] = header.subarray(8);
  if (colour !== 3) return;
  const palettes = chunks.filter(({ type }) => type === 'PLTE');
  const colours = (palettes[0]?.data.length ?? 0) / 3;
  const first = chunks.find(({ type }) => type === 'PLTE' || type === 'IDAT');
  if (palettes.length === 1 && first?.type === 'PLTE' && Number.isInteger(colours) && colours <= 2 ** depth) return;
  const message = `${name}: expected one palette of at most ${2 ** depth} colours before the pixels`;
  throw new EdgeMlpError('bad-data', message);
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** The chunk with its length, type and checksum. */
  readonly whole: Uint8Array;
}

/** The needed chunks. Throws EdgeMlpError "bad-data" for a truncated file, or one with too many chunks. */
function* readChunks(bytes: Uint8Array, name: string): Generator<Chunk> {
  let count = 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = SIGNATURE.length; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) break;
    if (++count > MAX_CHUNKS) {
      throw new EdgeMlpError(
        'bad-data',
        `${name}: expected a PNG of at most ${formatNumber(MAX_CHUNKS)} chunks, got more`,
      );
    }
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (NEEDED.has(type)) yield { type, data: bytes.subarray(at + 8, at + 8 + length), whole: bytes.subarray(at, end) };
    if (type === 'IEND') return;
    at = end;
  }
  throw new EdgeMlpError('bad-data', `${name}: expected a readable PNG, got a truncated file`);
}

/** The maximum inflated size of the image data in bytes. Throws EdgeMlpError "bad-data" if the image is too large. */
function rawBytes(header: Uint8Array, name: string, limits: PngLimits): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const sideOk = (side: number) => side >= 1 && side <= limits.side;
  if (!sideOk(width) || !sideOk(height) || width * height > limits.pixels) {
    const [side, pixels, ...got] = [limits.side, limits.pixels, width, height].map(formatNumber);
    const expected = `an image of at most ${side} pixels per side and ${pixels} pixels`;
    throw new EdgeMlpError('bad-data', `${name}: expected ${expected}, got ${got.join(' × ')}`);
  }
  const [depth = 0, colour = 0, , , interlaced = 0] = header.subarray(8);
  const bits = depth * (CHANNELS[colour] ?? 0);
  // Each row has a filter byte. Interlacing splits the image into seven, with fewer than 2 × height + 7 rows.
  const rows = interlaced === 0 ? height : 2 * height + 7;
  return rows * (1 + Math.ceil((width * bits) / 8));
}

/** Inflates without storing the result. Throws EdgeMlpError "bad-data" for more than `most` bytes. */
function checkInflated(chunks: readonly Chunk[], most: number, name: string): void {
  let total = 0;
  const inflate = new Unzlib((piece) => {
    total += piece.length;
  });
  for (const { type, data } of chunks) {
    if (type !== 'IDAT') continue;
    for (let at = 0; at < data.length; at += PIECE_BYTES) {
      push(inflate, data.subarray(at, at + PIECE_BYTES), name);
      if (total > most) {
        throw new EdgeMlpError('bad-data', `${name}: expected at most ${formatNumber(most)} bytes of pixels, got more`);
      }
    }
  }
}

function push(inflate: Unzlib, data: Uint8Array, name: string): void {
  try {
    inflate.push(data);
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: expected a readable PNG, got data that cannot be inflated`, { cause });
  }
}
