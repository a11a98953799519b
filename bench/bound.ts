/** Lower bounds for the time per sample, from a core's measured rates and the work of a sample. */
import { join } from 'node:path';
import { compileC, OURS } from './contenders.ts';
import type { Result } from './measure.ts';
import { readJson } from './process.ts';
import { computeSpread } from './statistics.ts';

/** Rates of one core, in bytes or multiply-adds per second. */
export interface Rates {
  /** Vector width in bytes. */
  readonly width: number;
  /** Reading 1 MB, which fits the L2 cache, and 16 KB, which fits the L1 cache. */
  readonly readLarge: number;
  readonly readSmall: number;
  /** Reading, adding and writing back; each byte counts once. */
  readonly updateLarge: number;
  readonly updateSmall: number;
  readonly multiplyAdds: number;
}

export interface Machinery {
  /** 128-bit vectors without fused multiply-add, as in WebAssembly. */
  readonly simd128: Rates;
  /** The machine's widest vectors, with fused multiply-add if available. */
  readonly native: Rates;
}

/** Throws if there is no C compiler. */
export function measureRates(folder: string): Machinery {
  const rates = (name: string, flags: readonly string[]) =>
    readJson(compileC('bound.c', join(folder, name), ['-O3', '-march=native', ...flags]), []) as Rates;
  return { simd128: rates('bound-128', ['-DWIDTH=16', '-ffp-contract=off']), native: rates('bound-native', []) };
}

export interface Bound {
  readonly workload: string;
  /** Per sample. */
  readonly multiplyAdds: number;
  /** Bytes of weights per sample: read in the forward pass, and updated. */
  readonly readBytes: number;
  readonly updatedBytes: number;
  /**
   * Lower bounds in seconds per sample, by 128-bit arithmetic, by the widest fused arithmetic, and by memory traffic.
   */
  readonly arithmetic: number;
  readonly wide: number;
  readonly memory: number;
  /** Seconds per sample that edge-mlp takes. */
  readonly measured: number;
}

const BOUNDED = ['sgd', 'batch-64', 'dense-64', 'deep-64'];

export function computeBounds(results: readonly Result[], { simd128, native }: Machinery): Bound[] {
  return results.flatMap((result) => {
    const ours = result.rows.find(({ contender }) => contender === OURS);
    if (!BOUNDED.includes(result.workload.name) || ours === undefined) return [];
    const work = countWork(result);
    return [
      {
        workload: result.workload.name,
        ...work,
        arithmetic: work.multiplyAdds / simd128.multiplyAdds,
        wide: work.multiplyAdds / native.multiplyAdds,
        memory: work.readBytes / simd128.readLarge + work.updatedBytes / simd128.updateLarge,
        measured: computeSpread(ours.costs).median,
      },
    ];
  });
}

/**
 * The first layer skips zero inputs and needs two multiply-adds per remaining weight: forward and update. Later layers
 * need three: forward, backward and update. Each batch reads and updates every weight once; with a batch size of 1,
 * first-layer weights of zero inputs are neither read nor updated.
 */
function countWork({ workload, density = 1 }: Result) {
  if (workload.kind !== 'train') throw new Error(`${workload.name}: expected training, got ${workload.kind}`);
  const { batchSize, network } = workload;
  const [first = 0, ...later] = network.layers.slice(1).map((outputs, l) => outputs * (network.layers[l] ?? 0));
  const others = later.reduce((sum, weights) => sum + weights, 0);
  const used = batchSize === 1 ? density * first : first;
  const bytes = (4 * (used + others)) / batchSize;
  const velocities = workload.momentum > 0 ? 2 : 1;
  return {
    multiplyAdds: 2 * density * first + 3 * others,
    readBytes: bytes,
    updatedBytes: bytes * velocities,
  };
}
