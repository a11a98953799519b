/** Regression and weights through the command. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseModel } from '../../src/format/index.ts';
import { edgeMlp } from '../support/cli.ts';

const rows = Array.from({ length: 120 }, (_, i) => {
  const [x, y] = [(i * 37) % 50, (i * 17) % 23];
  return `${x},${y},${i % 4},${1000 + 20 * x - 3 * y},${0.5 + (x * y) / 100},${i % 3 === 0 ? 'a' : 'b'}`;
});
const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'houses.csv'), `x,y,w,price,area,kind\n${rows.join('\n')}\n`);

const run = async (...args: string[]) => edgeMlp(args, { cwd: folder });
const NETWORK = ['--hidden', '8', '--activation', 'tanh', '--learning-rate', '0.05', '--batch-size', '8'];
const train = (...args: string[]) => run('train', '--data', 'houses.csv', ...NETWORK, ...args);
const TWO = ['--target', 'price,area', '--ignore', 'kind', '--sample-weight', 'w'];

describe('edge-mlp', () => {
  it('trains, measures and predicts two targets in the units of the table', async () => {
    const trained = await train(
      ...TWO,
      '--epochs',
      '60',
      '--loss',
      'huber',
      '--report',
      'r.html',
      '--out',
      'two.safetensors',
      '--json',
    );
    expect(trained.stderr).toContain('targets  price:');
    const { epochs, options } = JSON.parse(trained.stdout);
    expect([options.loss, epochs.at(-1).trainAccuracy, epochs.length]).toEqual(['huber', null, 60]);
    expect(epochs.at(-1).validationR2).toBeGreaterThan(0.9);
    const { info } = parseModel(readFileSync(join(folder, 'two.safetensors')), 'two');
    expect(info.targets?.map(({ name }) => name)).toEqual(['price', 'area']);
    expect([info.spec.task, info.weightName, info.features]).toEqual(['regression', 'w', ['x', 'y']]);
    const report = readFileSync(join(folder, 'r.html'), 'utf8');
    for (const text of ['Predicted against actual', 'Residuals', 'baseline', 'price', 'area'])
      expect(report).toContain(text);

    const evaluated = JSON.parse((await run('evaluate', 'two.safetensors', '--part', 'validation', '--json')).stdout);
    expect(evaluated.r2).toBeCloseTo(epochs.at(-1).validationR2, 12);
    expect(evaluated.targets[0].rmse).toBeLessThan(evaluated.baseline.rmse);
    const importance = await run('evaluate', 'two.safetensors', '--importance', '1');
    expect(importance.stdout).toMatch(/R² {8}0\.9\d+[\s\S]*decrease of R²/);

    const csv = (await run('predict', 'two.safetensors', 'houses.csv', '--csv')).stdout.split('\n');
    expect(csv[0]).toBe('price,area');
    const [price = 0] = (csv[1] ?? '').split(',').map(Number);
    expect(Math.abs(price - 1000)).toBeLessThan(150);
    const { predictions } = JSON.parse((await run('predict', 'two.safetensors', 'houses.csv', '--json')).stdout);
    expect(predictions[0]).toEqual({ file: 'houses.csv', index: 0, values: { price, area: expect.any(Number) } });
    expect((await run('predict', 'two.safetensors', 'houses.csv')).stdout).toMatch(/file +price +area/);
    expect((await run('inspect', 'two.safetensors')).stdout).toMatch(/targets +price \(mean .*, R² 0\.9/s);
  });

  it('resumes and continues a regression with the same bytes and the same standardisation', async () => {
    const whole = await train(...TWO, '--epochs', '4', '--out', 'whole.safetensors', '--json');
    await train(...TWO, '--epochs', '2', '--out', 'half.safetensors', '--checkpoint', 'half.checkpoint.safetensors');
    const resumed = await run(
      'train',
      '--resume',
      'half.checkpoint.safetensors',
      '--epochs',
      '4',
      '--out',
      'x.safetensors',
      '--json',
    );
    expect(JSON.parse(resumed.stdout).weightsSha256).toBe(JSON.parse(whole.stdout).weightsSha256);
    const from = await run(
      'train',
      '--from',
      'x.safetensors',
      '--data',
      'houses.csv',
      '--epochs',
      '1',
      '--seed',
      '9',
      '--out',
      'f.safetensors',
    );
    expect(from.code).toBe(0);
    const targets = ['x', 'f'].map(
      (name) => parseModel(readFileSync(join(folder, `${name}.safetensors`)), name).info.targets,
    );
    expect(targets[0]).toEqual(targets[1]);
    const other = await run('train', '--resume', 'half.checkpoint.safetensors', '--sample-weight', 'y');
    expect(other.stderr).toContain('--sample-weight: expected w as in half.checkpoint.safetensors, got y');
  });

  it('is quantized, and describes its data, by measures and targets of a regression', async () => {
    await train(...TWO, '--epochs', '20', '--out', 'plain.safetensors');
    const quantize = ['export', 'plain.safetensors', '--quantize', 'int8', '--out', 'q.safetensors'];
    const { code, stdout } = await run(...quantize, '--data', 'houses.csv');
    expect(code).toBe(0);
    expect(stdout).toMatch(/measures {2}R² 0\.\d+, RMSE .*\nbefore {4}R² .*\nloss {6}0\.\d+, before/);
    const { measured } = JSON.parse((await run(...quantize, '--data', 'houses.csv', '--json')).stdout);
    expect(measured.r2Lost).toBe(measured.before.r2 - measured.after.r2);

    const info = ['data', 'info', 'houses.csv', ...TWO];
    expect((await run(...info)).stdout).toMatch(
      /^houses\.csv: 2 targets\n(?![\s\S]*classes)[\s\S]*targets {2}price: mean/,
    );
    const { targets, classes } = JSON.parse((await run(...info, '--json')).stdout);
    expect([targets[1].name, classes]).toEqual(['area', []]);
  });

  it('sweeps losses of two kinds by R², and repeats', async () => {
    const swept = await run(
      'sweep',
      '--data',
      'houses.csv',
      ...TWO,
      '--hidden',
      '4,8',
      '--epochs',
      '3',
      '--loss',
      'squared-error,huber',
      '--out',
      's',
      '--json',
    );
    const { trials, best } = JSON.parse(swept.stdout);
    // Losses of two kinds cannot be compared.
    const scores: number[] = trials.map(({ validationR2 }: { validationR2: { mean: number } }) => validationR2.mean);
    expect(scores).toHaveLength(4);
    const validationR2 = Math.max(...scores);
    expect(best).toMatchObject({ index: scores.indexOf(validationR2), by: 'validationR2', validationR2 });
    const report = readFileSync(join(folder, 's', 'index.html'), 'utf8');
    expect(report).toContain('<h3>Validation R²</h3>');
    expect(report).toContain('highest mean validation R²');
    expect(report).not.toMatch(/nats|mean validation accuracy/);
  });

  it('weighs classes, by balance, by name and in a recipe', async () => {
    const classes = [
      '--label',
      'kind',
      '--ignore',
      'price,area,w',
      '--epochs',
      '2',
      '--json',
      '--out',
      'c.safetensors',
    ];
    writeFileSync(join(folder, 'recipe.json'), JSON.stringify({ classWeight: { a: 3, b: 0.5 } }));
    const hashes: string[] = [];
    for (const args of [
      [],
      ['--class-weight', 'balanced'],
      ['--class-weight', 'a=3,b=0.5'],
      ['--recipe', 'recipe.json'],
    ]) {
      const { stdout } = await train(...classes, ...args);
      hashes.push(JSON.parse(stdout).weightsSha256);
    }
    expect(new Set(hashes).size).toBe(3);
    expect(hashes[3]).toBe(hashes[2]);
  });

  it.each([
    ['a number of classes', ['--label', 'price'], /predict the number with --task regression/],
    ['an unknown class', ['--label', 'kind', '--class-weight', 'c=2'], /classWeight: expected names of classes/],
    [
      'a loss without a target',
      ['--label', 'kind', '--loss', 'huber'],
      /--loss: expected a regression: name the column with --target/,
    ],
    [
      'class weights of a regression',
      ['--target', 'price', '--class-weight', 'balanced'],
      /--class-weight: expected classes, got a regression/,
    ],
    ['a bad weight', ['--label', 'kind', '--class-weight', 'a=-1'], /balanced, or weights of at least 0/],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr } = await train(...args);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});
