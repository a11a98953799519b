/** The builds of the kernels: one suite runs over all of them. */
import { readFileSync } from 'node:fs';
import { Kernels } from '../../src/core/kernels.ts';

export const BUILDS = { release: 'kernels.wasm', debug: 'kernels.debug.wasm', scalar: 'kernels.scalar.wasm' } as const;
export type Build = keyof typeof BUILDS;
export const BUILD_NAMES = Object.keys(BUILDS) as Build[];

/** Creates a new instance with separate memory. */
export function loadBuild(build: Build = 'release'): Kernels {
  return new Kernels(new WebAssembly.Module(wasmBytes(build)));
}

export function wasmBytes(build: Build): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`../../build/${BUILDS[build]}`, import.meta.url)));
}

/** Address of a copy of `values` in the kernels' memory. */
export function putFloats(kernels: Kernels, values: ArrayLike<number>, room = values.length): number {
  const address = kernels.allocate(Math.max(room, values.length) * Float32Array.BYTES_PER_ELEMENT);
  kernels.floats(address, values.length).set(values);
  return address;
}
