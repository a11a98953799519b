/** Medians and targets, with figures that can be checked by hand. */
import { expect, it } from 'vitest';
import type { Result } from '../../bench/measure.ts';
import { computeSpread, formatSpread } from '../../bench/statistics.ts';
import { judge } from '../../bench/targets.ts';
import { WORKLOADS } from '../../bench/workloads.ts';

it('computes medians and formats spreads', () => {
  expect(computeSpread([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(computeSpread([3, 1, 2]).median).toBe(2);
  expect(formatSpread([0.12345, 0.1, 0.2])).toBe('0.123 (0.1–0.2)');
  expect(formatSpread([12_345])).toBe('12300');
});

function createResult(name: string, costs: Record<string, readonly number[]>): Result {
  const workload = WORKLOADS.find((workload) => workload.name === name);
  if (workload === undefined) throw new Error(`no workload ${name}`);
  const rows = Object.entries(costs).map(([contender, costs]) => ({ contender, costs, scaled: false, verified: '' }));
  return { workload, density: 1, rows };
}

it('judges targets as reached, missed or not measured', () => {
  const results = [
    createResult('sgd', { 'edge-mlp': [1, 2, 3], 'plain C': [3, 3, 2], NumPy: [30, 40, 50] }),
    createResult('batch-64', { 'edge-mlp': [3.2], 'edge-mlp, 2 threads': [2] }),
    createResult('tiny-2-3-2', { 'edge-mlp': [1e-7] }),
    createResult('cold-start', { 'edge-mlp': [0.004, 0.005, 0.001] }),
  ];
  const judged = Object.fromEntries(
    judge(results).map(({ text, target, measured, verdict }) => [text, [target, measured, verdict]]),
  );
  expect(judged['per-sample epoch, ahead of plain C']).toEqual(['at least 1.5 ×', '1.5 ×', 'reached']);
  expect(judged['per-sample epoch, ahead of a NumPy loop']).toEqual(['at least 20 ×', '20 ×', 'reached']);
  expect(judged['per-sample epoch, ahead of PyTorch']).toEqual(['at least 40 ×', '–', 'not measured']);
  expect(judged['batches of 64, two threads ahead of one']).toEqual(['at least 1.6 ×', '1.6 ×', 'reached']);
  expect(judged['2-3-2, thousand steps per second']).toEqual(['at least 5000', '10000', 'reached']);
  expect(judged['load to first prediction, ms']).toEqual(['below 3', '4', 'missed']);
});
