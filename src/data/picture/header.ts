/** Size limits of images, and their sizes from the headers of files. */
import { formatNumber } from '../../core/errors.ts';

/** Larger images are refused before they are decoded. Photographs of phones are smaller. */
const MAX_SIDE = 8192;
export const MAX_PIXELS = 2 ** 24;
/** Scans of a progressive JPEG: each one costs as much as the image. Encoders write about ten. */
const MAX_SCANS = 64;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Throws Error for an image that is too large, or empty. */
export function checkSize(width: number, height: number, maxPixels: number): void {
  const sideOk = (side: number) => side >= 1 && side <= MAX_SIDE;
  if (sideOk(width) && sideOk(height) && width * height <= maxPixels) return;
  const [side, pixels, ...got] = [MAX_SIDE, maxPixels, width, height].map(formatNumber);
  const expected = `an image of at most ${side} pixels per side and ${pixels} pixels`;
  throw new Error(`expected ${expected}, got ${got.join(' × ')}`);
}

const truncated = (format: string) => new Error(`expected a readable ${format}, got a truncated or damaged file`);

/** Markers of JPEG without a length: TEM, RST0 to RST7, SOI, EOI (ITU-T T.81, table B.1). */
const hasLength = (marker: number) => marker !== 0x01 && (marker < 0xd0 || marker > 0xd9);
/** Frame headers SOF0 to SOF15 without DHT, JPG and DAC. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const [END_OF_IMAGE, START_OF_SCAN] = [0xd9, 0xda];

/** The size in the frame header of a JPEG. Throws Error for a truncated file, several frames, or too many scans. */
export function measureJpeg(bytes: Uint8Array): Size {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let size: Size | undefined;
  let scans = 0;
  let at = 2;
  while (at + 1 < bytes.length) {
    const marker = bytes[at + 1] ?? 0;
    // Phones append further images.
    if (bytes[at] === 0xff && marker === END_OF_IMAGE && size !== undefined) return size;
    // Between segments are the coded pixels of a scan, in which 0 follows 255.
    if (bytes[at] !== 0xff || marker === 0 || marker === 0xff || !hasLength(marker)) {
      at++;
      continue;
    }
    if (at + 4 > bytes.length) break;
    if (isFrame(marker)) {
      if (size !== undefined || at + 9 > bytes.length) throw truncated('JPEG');
      size = { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
    if (marker === START_OF_SCAN && ++scans > MAX_SCANS) {
      throw new Error(`expected a JPEG of at most ${MAX_SCANS} scans, got more`);
    }
    at += 2 + view.getUint16(at + 2);
  }
  throw truncated('JPEG');
}

/** The size of a WebP (RFC 9649, sections 2.5 to 2.7). Throws Error for an animation, or a damaged header. */
export function measureWebp(bytes: Uint8Array): Size {
  if (bytes.length < 30) throw truncated('WebP');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunk = String.fromCharCode(...bytes.subarray(12, 16));
  if (chunk === 'VP8 ') return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  if (chunk === 'VP8L') {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (chunk !== 'VP8X') throw truncated('WebP');
  const ANIMATED = 2;
  if (((bytes[20] ?? 0) & ANIMATED) !== 0)
    throw new Error('expected one image, got an animated WebP: save one frame as PNG');
  return { width: (view.getUint32(24, true) & 0xffffff) + 1, height: (view.getUint32(26, true) >>> 8) + 1 };
}
