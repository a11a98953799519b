/** edge-mlp evaluate in separate processes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FeatureImportance, Random } from '../../src/index.ts';
import { edgeMlp } from '../support/cli.ts';

/** Three classes by the sign and size of `wave`; `noise` says nothing. The class rare has few rows. */
const random = new Random(5, 'generation');
const ROWS = Array.from({ length: 300 }, (_, i) => {
  const wave = random.between(-1, 1);
  const noise = random.between(-1, 1);
  return `${wave},${noise},${i % 25 === 0 ? 'rare' : wave > 0 ? 'up' : 'down'}\n`;
});

const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-test-'));
const run = (...args: string[]) => edgeMlp(args, { cwd: folder });
beforeAll(async () => {
  writeFileSync(join(folder, 'table.csv'), `wave,noise,kind\n${ROWS.join('')}`);
  const { code } = await run('train', '--data', 'table.csv', '--hidden', '8', '--epochs', '20');
  expect(code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The parsed output of `evaluate --json`. */
async function evaluateTable(...options: string[]) {
  return JSON.parse((await run('evaluate', 'model.safetensors', '--json', ...options)).stdout);
}

describe('evaluate', () => {
  it('prints the measures of the JSON object', async () => {
    const measured = await evaluateTable();
    const [down, rare] = measured.classes;
    expect(measured.topK).toEqual({ k: 2, accuracy: expect.any(Number) });
    expect(measured.balancedAccuracy).toBeCloseTo(measured.macro.recall, 12);
    expect(measured.weighted.recall).toBeCloseTo(measured.accuracy, 12);
    expect([down.class, rare.class, rare.recall]).toEqual(['down', 'rare', 0]);
    expect(down.rocAuc).toBeGreaterThan(0.9);
    expect(measured.calibration).toHaveLength(15);
    expect(measured.importance).toBeUndefined();
    const { stdout } = await run('evaluate', 'model.safetensors');
    expect(stdout).toContain(`balanced  ${(100 * measured.balancedAccuracy).toFixed(2)} %`);
    expect(stdout).toContain(`top 2     ${(100 * measured.topK.accuracy).toFixed(2)} %`);
    expect(stdout).toContain(`ROC AUC   ${measured.rocAuc.toFixed(4)},`);
    expect(stdout).toContain(`ECE       ${(100 * measured.expectedCalibrationError).toFixed(2)} %`);
    expect(stdout).toMatch(new RegExp(`^down .* ${down.rocAuc.toFixed(4)}$`, 'm'));
    expect(stdout).toMatch(new RegExp(`^macro mean .* ${measured.rocAuc.toFixed(4)}$`, 'm'));
  });

  it('--importance measures the features in their order, and prints the most important first', async () => {
    const { importance } = await evaluateTable('--importance', '3');
    expect(importance.map(({ name, decreases }: FeatureImportance) => [name, decreases.length])).toEqual([
      ['wave', 3],
      ['noise', 3],
    ]);
    expect(importance[0].mean).toBeGreaterThan(0.2);
    expect(importance[1].mean).toBeLessThan(0.05);
    const other = (await evaluateTable('--importance', '3', '--seed', '2')).importance;
    expect(other[0].decreases).not.toEqual(importance[0].decreases);
    expect((await evaluateTable('--importance')).importance[0].decreases).toHaveLength(5);
    const { stdout } = await run('evaluate', 'model.safetensors', '--importance', '3');
    expect(stdout).toMatch(/3 repeats\.\n\nfeature +decrease +deviation\n.*\nwave +0\.\d{4} +0\.\d{4}\nnoise /);
  });

  it.each([
    [['--top-k', '3'], '--top-k: expected a whole number below 3, the number of classes, got 3'],
    [['--importance', '0'], 'expected a whole number of at least 1, got 0'],
  ])('refuses %j', async (options, message) => {
    const { code, stderr } = await run('evaluate', 'model.safetensors', ...options);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('refuses the importance of pixels before it loads data', async () => {
    const model = join(import.meta.dirname, '../../models/mnist-784-300-10.safetensors');
    const { code, stderr } = await run('evaluate', model, '--importance');
    expect([code, stderr]).toEqual([2, 'error: --importance: expected a model of a table, got a model of images\n']);
  });
});
