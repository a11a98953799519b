/**
 * The builds of the kernels. The tests of networks run on `BUILD_NAMES`, the tests of single kernels on
 * `KERNEL_BUILDS`.
 */
import { readFileSync } from 'node:fs';
import type { instantiate } from '../../build/kernels.testing.js';
import { type KernelExports, Kernels } from '../../src/core/kernels.ts';
import { NetworkMemory } from '../../src/core/network-memory.ts';
import { writeParameters } from '../../src/core/parameters.ts';

const BUILDS = {
  release: 'kernels.wasm',
  debug: 'kernels.debug.wasm',
  testing: 'kernels.testing.wasm',
} as const;
export type Build = keyof typeof BUILDS;
export const BUILD_NAMES = ['release', 'debug'] as const;
/** Optimised and with assertions. */
export const KERNEL_BUILDS = ['testing', 'debug'] as const;

type Compiled = Awaited<ReturnType<typeof instantiate>>;

/** The exports of assembly/testing.ts and those of kernels.wasm. Records are passed by address. */
export type TestingExports = KernelExports & {
  [Name in keyof Compiled]: Compiled[Name] extends (...args: infer Arguments) => infer Result
    ? (...args: { [Index in keyof Arguments]: ByAddress<Arguments[Index]> }) => ByAddress<Result>
    : Compiled[Name];
};

type ByAddress<T> = T extends object ? number : T;

/** A new instance with its own memory. */
export function loadBuild(build: Build = 'release'): Kernels {
  return new Kernels(new WebAssembly.Module(wasmBytes(build)));
}

/** The exports of an instance of one of KERNEL_BUILDS. */
export function testingExports(kernels: Kernels): TestingExports {
  return kernels.call as unknown as TestingExports;
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

/**
 * A network of one layer, [inputs, outputs], with a weight (out, in) and a bias: its memory, and the address of its
 * Layer record. Weight and bias are read back with `readParameters`.
 */
export function createLayer(
  kernels: Kernels,
  { inputs, outputs, weight, bias, rows = 1, pending = false }: LayerOptions,
): TestLayer {
  const memory = new NetworkMemory(
    kernels,
    { layers: [inputs, outputs], hiddenActivation: 'sigmoid' },
    {
      precision: 'float32',
      loss: 'cross-entropy',
      rows,
      training: true,
      sparse: true,
      velocity: false,
      secondMoment: false,
      gradient: false,
      pending,
      dropout: false,
    },
  );
  writeParameters(kernels, memory, { weights: [Float32Array.from(weight)], biases: [Float32Array.from(bias)] });
  const call = testingExports(kernels);
  const layer = call.layerAt(memory.network, 0);
  const field = (name: 'LAYER_WEIGHT' | 'LAYER_BIAS' | 'LAYER_OUTPUT') =>
    kernels.record(layer).getUint32(call[name].value, true);
  return { memory, layer, weight: field('LAYER_WEIGHT'), bias: field('LAYER_BIAS'), output: field('LAYER_OUTPUT') };
}

export interface LayerOptions {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
  readonly rows?: number;
  readonly pending?: boolean;
}

/** Addresses of a Layer record, its tiles, its bias and its output. */
export interface TestLayer {
  readonly memory: NetworkMemory;
  readonly layer: number;
  readonly weight: number;
  readonly bias: number;
  readonly output: number;
}
