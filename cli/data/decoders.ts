/** The decoders of JPEG and WebP, compiled on first use. */
import { readFile } from 'node:fs/promises';
import type { PictureDecoders } from '../../src/data/picture/file.ts';

const compiled = new Map<string, Promise<WebAssembly.Module>>();

const compile = async (name: string) =>
  WebAssembly.compile(await readFile(new URL(`../../build/${name}.wasm`, import.meta.url)));

function compileOnce(name: string): Promise<WebAssembly.Module> {
  const module = compiled.get(name) ?? compile(name);
  compiled.set(name, module);
  return module;
}

export const DECODERS: PictureDecoders = { jpeg: () => compileOnce('jpeg'), webp: () => compileOnce('webp') };
