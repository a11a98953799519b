import { expect } from 'vitest';
import type { Parameters } from '../../src/core/parameters.ts';
import type { Matrix, ReferenceGradients, ReferenceMlp } from '../../src/reference/index.ts';

type Numbers = number | readonly Numbers[] | Float32Array | Float64Array;

/** Flattens a nested list of numbers. */
export function flat(values: Numbers): number[] {
  if (typeof values === 'number') return [values];
  return Array.from(values as readonly Numbers[]).flatMap(flat);
}

/**
 * Expects |got - expected| <= tolerance · max(floor, |expected|) for every number. A tolerance is relative above the
 * floor, absolute below it.
 */
export function expectClose(got: Numbers, expected: Numbers, tolerance: number, floor = 1): void {
  const [a, b] = [flat(got), flat(expected)];
  expect(a.length).toBe(b.length);
  a.forEach((value, i) => {
    const wanted = b[i] ?? Number.NaN;
    const error = Math.abs(value - wanted) / Math.max(floor, Math.abs(wanted));
    if (!(error <= tolerance))
      expect.fail(`number ${i}: expected ${wanted}, got ${value}, error ${error} above ${tolerance}`);
  });
}

/** Distance of a float32 from the true value, in units of the last place of the true value's float32. */
export function ulpError(got: number, truth: number): number {
  const rounded = Math.fround(truth);
  const bits = new Float32Array([Math.abs(rounded)]);
  const next = new Uint32Array(bits.buffer);
  const size = bits[0] ?? 0;
  next[0] = (next[0] ?? 0) + 1;
  return Math.abs(got - truth) / ((bits[0] ?? 0) - size);
}

/**
 * [fan_in][fan_out], as the equations have it, to a row-major (out, in) Float32Array, as files and the library have it.
 */
export function toOutIn(weight: Matrix): Float32Array {
  return Float32Array.from((weight[0] ?? []).flatMap((_, o) => weight.map((row) => row[o] ?? Number.NaN)));
}

export function toParameters({ weights, biases }: Pick<ReferenceMlp, 'weights' | 'biases'>): Parameters {
  return { weights: weights.map(toOutIn), biases: biases.map((bias) => Float32Array.from(bias)) };
}

export function toReference(
  layers: readonly number[],
  { weights, biases }: Parameters,
): Pick<ReferenceMlp, 'weights' | 'biases'> {
  return {
    weights: weights.map((weight, l) =>
      Array.from({ length: layers[l] ?? 0 }, (_, i) =>
        Array.from({ length: layers[l + 1] ?? 0 }, (_, o) => weight[o * (layers[l] ?? 0) + i] ?? Number.NaN),
      ),
    ),
    biases: biases.map((bias) => [...bias]),
  };
}

/** Gradients of the reference in the library's layout. */
export function gradientsToParameters({ weights, biases }: ReferenceGradients): Parameters {
  return toParameters({ weights, biases });
}

/** Numbers that depend only on the seed: a linear congruential generator (Numerical Recipes, 1992), apart from ours. */
export function noise(length: number, seed: number, scale = 1): number[] {
  let state = seed >>> 0;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(((state >>> 8) / 2 ** 23 - 1) * scale);
  });
}
