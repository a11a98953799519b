/** The process of these tests computes with 256 bits; the project `widened` of vitest.config.ts has the other tests. */
import { expect, it } from 'vitest';
import { mergesLoads } from '../../src/runtime/merge-probe.ts';
import { hashKernels, KERNELS_SHA256 } from '../../src/runtime/self-check.ts';
import { BUILD_NAMES, loadBuild } from '../support/kernels.ts';

it('V8 merges operations', () => {
  expect(mergesLoads()).toBe(true);
});

it.each(BUILD_NAMES)('all kernels have the same bits, %s', (build) => {
  expect(hashKernels(loadBuild(build))).toBe(KERNELS_SHA256);
});
