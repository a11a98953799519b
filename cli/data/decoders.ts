/** The decoders of JPEG and WebP, compiled on first use. */
import { readFile } from 'node:fs/promises';
import type { PictureDecoders } from '../../src/data/picture/file.ts';

const compile = async (name: string) =>
  WebAssembly.compile(await readFile(new URL(`../../build/${name}.wasm`, import.meta.url)));

export const DECODERS: PictureDecoders = { jpeg: () => compile('jpeg'), webp: () => compile('webp') };
