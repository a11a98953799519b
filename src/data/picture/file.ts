/** Image files: PNG, JPEG and WebP. A file is recognized by its first bytes, not by its name or media type. */
import { EdgeMlpError, errorMessage, formatNumber } from '../../core/errors.ts';
import { decodePng } from '../png.ts';
import { findSignature, type Signature } from '../signatures.ts';
import { type GreyImage, greyFromRgba } from './grey-image.ts';
import { checkSize, MAX_PIXELS, measureJpeg, measureWebp } from './header.ts';

/** Media types of the formats. */
export const PICTURE_TYPES = { png: 'image/png', jpeg: 'image/jpeg', webp: 'image/webp' } as const;
export type PictureFormat = keyof typeof PICTURE_TYPES;

/**
 * The compiled decoders (mozjpeg and libwebp, by jSquash). Each runtime loads them in its own way, when they are needed
 * first.
 */
export type PictureDecoders = Readonly<Record<'jpeg' | 'webp', () => Promise<WebAssembly.Module>>>;

interface PictureSignature extends Signature {
  readonly name: string;
  /** Undefined for formats that are not decoded. */
  readonly format?: PictureFormat;
}

const SIGNATURES: readonly PictureSignature[] = [
  { name: 'PNG', format: 'png', text: '\x89PNG' },
  { name: 'JPEG', format: 'jpeg', text: '\xff\xd8\xff' },
  { name: 'WebP', format: 'webp', at: 8, text: 'WEBP' },
  { name: 'GIF', text: 'GIF8' },
  { name: 'BMP', text: 'BM' },
  { name: 'TIFF', text: 'II*\0' },
  { name: 'TIFF', text: 'MM\0*' },
  { name: 'AVIF', at: 4, text: 'ftypavi' },
  { name: 'HEIC', at: 4, text: 'ftyphei' },
  { name: 'HEIC', at: 4, text: 'ftyphev' },
  { name: 'HEIC', at: 4, text: 'ftypmif1' },
  { name: 'HEIC', at: 4, text: 'ftypmsf1' },
  { name: 'JPEG XL', text: '\xff\x0a' },
  { name: 'JPEG XL', at: 4, text: 'JXL ' },
  { name: 'JPEG 2000', at: 4, text: 'jP  ' },
  { name: 'Photoshop', text: '8BPS' },
  { name: 'PDF', text: '%PDF', mayBeText: true },
  { name: 'SVG', text: '<svg', mayBeText: true },
  { name: 'SVG', text: '<?xml', mayBeText: true },
];

/** The name of an image format, and the format if it can be decoded. Undefined for other files. */
export function detectPicture(bytes: Uint8Array): { name: string; format?: PictureFormat } | undefined {
  return findSignature(bytes, SIGNATURES);
}

/**
 * Decodes a PNG, JPEG or WebP of at most `maxPixels` pixels. Photographs are turned upright. Sizes are checked before
 * anything is allocated. Throws EdgeMlpError "bad-data".
 */
export async function decodePicture(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  { decoders, maxPixels = MAX_PIXELS }: { decoders: PictureDecoders; maxPixels?: number },
): Promise<GreyImage> {
  const found = detectPicture(bytes);
  if (found?.format === 'png') return decodePng(bytes, name, maxPixels);
  if (found?.format === undefined) {
    const got = found === undefined ? `another file of ${formatNumber(bytes.length)} bytes` : `${found.name}`;
    const step = found === undefined ? '' : `: convert it to PNG`;
    throw new EdgeMlpError('bad-data', `${name}: expected a PNG, JPEG or WebP file, got ${got}${step}`);
  }
  try {
    const { width, height } = found.format === 'jpeg' ? measureJpeg(bytes) : measureWebp(bytes);
    checkSize(width, height, maxPixels);
    const image = await decode(found.format, bytes, await decoders[found.format]());
    return greyFromRgba(image.data, image.width, image.height);
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: ${errorMessage(cause)}`, { cause });
  }
}

interface Decoded {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Every call creates an instance: memory of WebAssembly never shrinks. */
async function decode(
  format: 'jpeg' | 'webp',
  bytes: Uint8Array<ArrayBuffer>,
  module: WebAssembly.Module,
): Promise<Decoded> {
  const options = {
    instantiateWasm(imports: WebAssembly.Imports, onInstance: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(module, imports);
      onInstance(instance);
      return instance.exports;
    },
    // The thrown error reports damaged files.
    printErr: () => undefined,
  };
  const file = bytes.slice().buffer;
  try {
    if (format === 'jpeg') {
      const { default: decodeJpeg, init } = await import('@jsquash/jpeg/decode.js');
      init(options);
      return await decodeJpeg(file, { preserveOrientation: true });
    }
    const { default: decodeWebp, init } = await import('@jsquash/webp/decode.js');
    init(options);
    return await decodeWebp(file);
  } catch (cause) {
    const name = format === 'jpeg' ? 'JPEG' : 'WebP';
    throw new Error(`expected a readable ${name}, got a damaged or unusual file: save it again, or convert it to PNG`, {
      cause,
    });
  }
}
