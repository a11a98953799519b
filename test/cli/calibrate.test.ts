/** `calibrate`, and what the other commands print for a model with a recognition threshold. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseModel } from '../../src/format/model-file.ts';
import { edgeMlp } from '../support/cli.ts';

/** Two kinds far apart, and rows half way between them. */
const ROWS = Array.from(
  { length: 60 },
  (_, i) => `${(i % 2) + (i % 7) / 100},${(i % 5) / 10},${i % 2 ? 'high' : 'low'}`,
);
const BETWEEN = ['x,y', '0.5,0.2', '0.52,0.1', '0.51,0.3', '0.54,0.2'].join('\n');

describe('calibrate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (...args: string[]) => edgeMlp(args, { cwd: folder });
  const read = (name: string) => parseModel(readFileSync(join(folder, name)), name);
  beforeAll(async () => {
    writeFileSync(join(folder, 'table.csv'), `x,y,kind\n${ROWS.join('\n')}\n`);
    writeFileSync(join(folder, 'between.csv'), `${BETWEEN}\n`);
    writeFileSync(join(folder, 'mixed.csv'), 'x,y\n0.5,0.2\n1.01,0.2\n');
    const options = ['--hidden', '4', '--epochs', '30', '--learning-rate', '0.3', '--out', 'm.safetensors'];
    expect((await run('train', '--data', 'table.csv', ...options)).code).toBe(0);
  });

  it('writes a threshold, and measures it', async () => {
    const args = [
      'calibrate',
      'm.safetensors',
      '--outliers',
      'between.csv',
      '--rejected',
      '0.05',
      '--out',
      'c.safetensors',
    ];
    const { code, stdout, stderr } = await run(...args);
    expect([code, stderr]).toEqual([0, '']);
    const { recognition, ...info } = read('c.safetensors').info;
    expect(stdout).toMatch(
      /^model {6}c\.safetensors\nthreshold {2}0\.\d+, least score \(entropy\)\nrejected {3}5\.00 % of table\.csv, all samples, 60\nrefused {4}100\.00 % of 4 outliers\n$/,
    );
    expect(info).toEqual(read('m.safetensors').info);
    const json = JSON.parse((await run(...args, '--json')).stdout);
    expect(json).toMatchObject({ file: 'c.safetensors', rejected: 0.05, refused: 1, recognition });
    expect(json.counts).toEqual({ samples: 60, outliers: 4 });
    expect(recognition?.score).toBe('entropy');
    const inspected = await run('inspect', 'c.safetensors');
    expect(inspected.stdout).toContain(`recognizes       samples with a score of at least 0.`);
    expect(JSON.parse((await run('inspect', 'c.safetensors', '--json')).stdout).recognition).toEqual(recognition);
  });

  it('lets predict say what is not recognized, also with int8 weights and from JSON', async () => {
    await run('calibrate', 'm.safetensors', '--out', 'c.safetensors');
    const int8 = ['export', 'c.safetensors', '--quantize', 'int8', '--no-measure', '--out', 'c8.safetensors'];
    expect((await run(...int8)).code).toBe(0);
    for (const model of ['c.safetensors', 'c8.safetensors']) {
      const { stdout } = await run('predict', model, 'mixed.csv');
      expect(stdout).toMatch(/#0 +not recognized, most likely (high|low) +\d+\.\d %/);
      expect(stdout).toMatch(/#1 +high +\d+\.\d %/);
      const csv = (await run('predict', model, 'mixed.csv', '--csv')).stdout.split('\n');
      expect(csv[0]).toBe('label,confidence,recognized,probability high,probability low');
      expect(csv.slice(1, 3).map((row) => row.split(',')[2])).toEqual(['false', 'true']);
      const { predictions } = JSON.parse((await run('predict', model, 'mixed.csv', '--json')).stdout);
      expect(predictions.map(({ recognized }: { recognized: boolean }) => recognized)).toEqual([false, true]);
    }
    const plain = JSON.parse((await run('predict', 'm.safetensors', 'mixed.csv', '--json')).stdout);
    expect(Object.keys(plain.predictions[0])).not.toContain('recognized');
  });

  it('warns if few outliers are refused', async () => {
    writeFileSync(join(folder, 'known.csv'), 'x,y\n0,0.2\n1,0.2\n');
    const { code, stderr } = await run(
      'calibrate',
      'm.safetensors',
      '--outliers',
      'known.csv',
      '--out',
      'k.safetensors',
    );
    expect(code).toBe(0);
    expect(stderr).toContain('warning: few outliers are refused: train with samples of no class');
  });

  it('drops the threshold when a model is trained further', async () => {
    await run('calibrate', 'm.safetensors', '--out', 'c.safetensors');
    const args = [
      'train',
      '--from',
      'c.safetensors',
      '--data',
      'table.csv',
      '--epochs',
      '1',
      '--out',
      'further.safetensors',
    ];
    expect((await run(...args)).code).toBe(0);
    expect(read('further.safetensors').info.recognition).toBeUndefined();
  });

  it.each([
    [['m.safetensors', '--out', 'm.safetensors'], '--out and the model must be different files'],
    [['m.safetensors', '--out', 'm.onnx'], '--out: expected a name ending in .safetensors'],
    [['m.safetensors'], "required option '--out <file>' not specified"],
    [
      ['m.safetensors', '--out', 'o.safetensors', '--rejected', '1'],
      'expected a number from 0 up to, but not including, 1',
    ],
    [['m.safetensors', '--out', 'o.safetensors', '--outliers', 'absent.csv'], 'absent.csv'],
    [['m.safetensors', '--out', 'o.safetensors', '--score', 'energy'], 'entropy, max-probability'],
    [['table.csv', '--out', 'o.safetensors'], 'table.csv'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await run('calibrate', ...args);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(message);
  });

  it('refuses a regression', async () => {
    writeFileSync(join(folder, 'prices.csv'), `x,price\n${ROWS.map((_, i) => `${i},${2 * i}.5`).join('\n')}\n`);
    const args = ['--data', 'prices.csv', '--target', 'price', '--epochs', '1', '--out', 'r.safetensors'];
    expect((await run('train', ...args)).code).toBe(0);
    const { code, stderr } = await run('calibrate', 'r.safetensors', '--out', 'o.safetensors');
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain('r.safetensors: expected a model with classes, got a regression');
  });
});
