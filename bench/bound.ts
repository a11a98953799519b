/** What the machine's core allows: the work of a sample by the rates that plain C reaches, beside what edge-mlp takes. */
import { join } from 'node:path';
import { compileC, OURS } from './contenders.ts';
import type { Result } from './measure.ts';
import { json } from './process.ts';
import { spread } from './statistics.ts';

/** Of one core; bytes or multiply-adds a second. */
export interface Rates {
  /** Bytes of a vector. */
  readonly width: number;
  /** From 1 MB, which the second-level cache holds, and from 16 KB, which the first does. */
  readonly readLarge: number;
  readonly readSmall: number;
  /** Read, added to and written back; each byte counts once. */
  readonly updateLarge: number;
  readonly updateSmall: number;
  readonly multiplyAdds: number;
}

export interface Machinery {
  /** Vectors of 128 bits, a multiplication and an addition apart: what WebAssembly has. */
  readonly simd128: Rates;
  /** The widest vectors, with fused multiply-add where there is one. */
  readonly native: Rates;
}

/** undefined where there is no C compiler. */
export function measureRates(folder: string): Machinery {
  const rates = (name: string, flags: readonly string[]) =>
    json(compileC('bound.c', join(folder, name), ['-O3', '-march=native', ...flags]), []) as Rates;
  return { simd128: rates('bound-128', ['-DWIDTH=16', '-ffp-contract=off']), native: rates('bound-native', []) };
}

export interface Bound {
  readonly workload: string;
  /** Of one sample. */
  readonly multiplyAdds: number;
  /** Of one sample: weights that are read going forward, and updated. */
  readonly readBytes: number;
  readonly updatedBytes: number;
  /** Seconds of one sample: the least by arithmetic in 128 bits, by wide fused arithmetic, by memory; what edge-mlp takes. */
  readonly arithmetic: number;
  readonly wide: number;
  readonly memory: number;
  readonly taken: number;
}

/** Workloads of training whose bound is of interest: without batches, and without zeros. */
const BOUNDED = ['sgd', 'batch-64', 'dense-64', 'deep-64'];

export function bounds(results: readonly Result[], { simd128, native }: Machinery): Bound[] {
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
        taken: spread(ours.costs).median,
      },
    ];
  });
}

/**
 * Inputs that are zero need no work in the first layer: forward and update have a multiply-add for each other weight. Layers after
 * it have three: forward, to their inputs, update. Weights are read once and updated once a batch, all rows of the first layer in
 * larger batches, as some sample has each pixel.
 */
function countWork({ workload, density }: Result) {
  if (workload.kind !== 'train') throw new Error(`${workload.name}: expected training, got ${workload.kind}`);
  const { batchSize, network } = workload;
  const [first = 0, ...later] = network.layers.slice(1).map((outputs, l) => outputs * (network.layers[l] ?? 0));
  const others = later.reduce((sum, weights) => sum + weights, 0);
  const touched = batchSize === 1 ? density * first : first;
  const bytes = (4 * (touched + others)) / batchSize;
  const velocities = workload.momentum > 0 ? 2 : 1;
  return {
    multiplyAdds: 2 * density * first + 3 * others,
    readBytes: bytes,
    updatedBytes: bytes * velocities,
  };
}
