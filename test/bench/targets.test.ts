/** Medians, targets and the table of README.md, with figures that can be checked by hand. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { replaceSections } from '../../bench/docs.ts';
import type { Result } from '../../bench/measure.ts';
import { computeSpread, formatSpread } from '../../bench/statistics.ts';
import { formatReadme } from '../../bench/tables.ts';
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

it('judges targets with and without widening as met, missed or not measured', () => {
  const results = [
    createResult('sgd', {
      'edge-mlp': [2],
      'edge-mlp, widened': [1, 2, 0.5],
      'plain C': [2, 2, 3],
      NumPy: [30, 20, 10],
    }),
    createResult('batch-64', { 'edge-mlp': [2], 'edge-mlp, widened': [1], PyTorch: [3], NumPy: [4] }),
    createResult('dense-64', { 'edge-mlp, widened': [1], 'edge-mlp, widened, 2 threads': [0.5], PyTorch: [0.7] }),
    createResult('job', { 'edge-mlp': [4], 'edge-mlp, widened': [5], 'job in wrangler dev': [5.5] }),
    createResult('reproduce', { 'edge-mlp': [31], 'edge-mlp, widened': [23] }),
    createResult('cold-start', { 'edge-mlp': [0.004, 0.005, 0.001] }),
  ];
  const judged = Object.fromEntries(
    judge(results).map(({ text, widened, plain }) => [text, [widened, plain].map((part) => Object.values(part))]),
  );
  const fastest = 'the fastest of NumPy, PyTorch and scikit-learn';
  expect(judged['per-sample epoch, against plain C']).toEqual([
    ['at least 2 ×', '2 ×', 'met'],
    ['at least 1.4 ×', '1 ×', 'missed'],
  ]);
  expect(judged['per-sample epoch, against NumPy']).toEqual([
    ['at least 25 ×', '20 ×', 'missed'],
    ['', '10 ×', ''],
  ]);
  expect(judged[`batches of 64, against ${fastest}`]?.[0]).toEqual(['at least 2.5 ×', '3 ×', 'met']);
  expect(judged['batches of 64, against jax-js']?.[0]).toEqual(['at least 25 ×', '–', 'not measured']);
  expect(judged[`dense batches of 64, two threads, against ${fastest}`]?.[0]).toEqual([
    'at least 1.3 ×',
    '1.4 ×',
    'met',
  ]);
  expect(judged['a job in `wrangler dev`, against `train`']).toEqual([
    ['at most 1.15 ×', '1.1 ×', 'met'],
    ['', '1.38 ×', ''],
  ]);
  expect(judged['whole assignment, seconds']?.[0]).toEqual(['at most 22', '23', 'missed']);
  expect(judged['load to first prediction, ms']?.[1]).toEqual(['at most 7.5', '4', 'met']);
});

it('puts the weakest of three workloads last in the table of README.md, and marks faster rivals', () => {
  const results = [
    createResult('sgd', { 'edge-mlp': [2e-5], 'edge-mlp, widened': [1e-5], 'plain C': [2e-5] }),
    createResult('dense-64', { 'edge-mlp, widened': [1e-5], NumPy: [2e-5], PyTorch: [0.9e-5] }),
    createResult('deep-64', { 'edge-mlp': [1e-5], NumPy: [0.8e-5], PyTorch: [3e-5] }),
  ];
  const machine = { cpu: 'AMD EPYC', cores: 2, caches: [], platform: 'linux x64', node: 'v24.21.0' };
  expect(formatReadme(results, machine)).toContain(
    '| One core of AMD EPYC, Node v24.21.0 | edge-mlp, 128 bits | 256 bits |',
  );
  expect(formatReadme(results, machine).split('\n').slice(2)).toEqual([
    '| One epoch of per-sample SGD, 784-300-10, 60,000 digits | 1.2 s | 0.6 s | plain C 2.00× |',
    expect.stringContaining('784-512-256-10'),
  ]);
  expect(formatReadme(results, machine)).toContain('| 0.6 s |  | NumPy **0.80×**, PyTorch 3.00× |');
});

it('replaces the marked sections of a document', () => {
  const document = 'a\n<!-- bench: one -->\nold\n<!-- end -->\nb\n<!-- bench: two -->\n<!-- end -->\n';
  const replaced = 'a\n<!-- bench: one -->\nnew\n<!-- end -->\nb\n<!-- bench: two -->\nlist\n<!-- end -->\n';
  expect(replaceSections(document, { one: 'new', two: 'list' })).toBe(replaced);
  expect(replaceSections(replaced, { two: 'list', one: 'new' })).toBe(replaced);
  expect(() => replaceSections(document, { three: '' })).toThrow('expected the line <!-- bench: three -->');
});

it('finds the sections of README.md and the page on performance', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const names = ['summary', 'targets', 'blas', 'workloads'];
  const sections = Object.fromEntries(names.map((name) => [name, `new ${name}`]));
  expect(replaceSections(read('README.md'), { performance: 'new' })).toContain('\nnew\n');
  const page = replaceSections(read('docs/internals/performance.md'), sections);
  for (const name of names) expect(page).toContain(`<!-- bench: ${name} -->\nnew ${name}\n<!-- end -->`);
});
