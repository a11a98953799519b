/** Request bodies with samples, decoded as far as no model is needed. */
import jpegModule from '../../build/jpeg.wasm';
import webpModule from '../../build/webp.wasm';
import { decodePicture, PICTURE_TYPES } from '../../src/data/picture/file.ts';
import type { GreyImage } from '../../src/data/picture/index.ts';
import { badRequest } from '../errors.ts';
import { LIMITS } from '../limits.ts';

/** An image, or the bytes of any other media type. */
export type Content =
  | { readonly kind: 'image'; readonly mediaType: string; readonly image: GreyImage }
  | { readonly kind: 'bytes'; readonly mediaType: string; readonly bytes: Uint8Array<ArrayBuffer> };

const IMAGE_TYPES: readonly string[] = Object.values(PICTURE_TYPES);
/** Workers cannot compile WebAssembly: the bundler imports the compiled modules. */
const DECODERS = { jpeg: async () => jpegModule, webp: async () => webpModule };

/** Throws 400 for an empty body, EdgeMlpError "bad-data" for a damaged, unknown or large image. */
export async function decodeContent(bytes: Uint8Array<ArrayBuffer>, mediaType: string): Promise<Content> {
  if (bytes.length === 0) throw badRequest('body: expected samples, got nothing');
  if (!IMAGE_TYPES.includes(mediaType)) return { kind: 'bytes', mediaType, bytes };
  const options = { decoders: DECODERS, maxPixels: LIMITS.picturePixels };
  return { kind: 'image', mediaType, image: await decodePicture(bytes, 'picture', options) };
}
