/** repeat and sweep in separate processes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';

const SMALL = ['--data', 'digits', '--hidden', '8', '--epochs', '1'];

/** Runs a command with a separate cache in the folder. */
async function run(folder: string, args: readonly string[], more: Parameters<typeof edgeMlp>[1] = {}) {
  return edgeMlp(args, { cwd: folder, env: { EDGE_MLP_CACHE: join(folder, 'cache') }, ...more });
}

describe('sweep', () => {
  it('trains every combination, marks the best, and writes report, CSV files and best model', async () => {
    const folder = temporaryFolder();
    const grid = [
      '--data',
      'digits',
      '--hidden',
      '8,12-6',
      '--learning-rate',
      '0.01,0.1',
      '--epochs',
      '1',
      '--seeds',
      '2',
    ];
    const swept = await run(folder, ['sweep', ...grid, '--json']);
    expect(swept.code).toBe(0);
    const { varied, trials, best, report, model } = JSON.parse(swept.stdout);
    expect(varied).toEqual(['learningRate', 'hidden']);
    const names = trials.map(({ options }: { options: { hidden: number[]; learningRate: number } }) => [
      options.learningRate,
      options.hidden.join('-'),
    ]);
    expect(names).toEqual([0.01, 0.1].flatMap((rate) => ['8', '12-6'].map((hidden) => [rate, hidden])));
    const losses = trials.map((trial: { validationLoss: { mean: number } }) => trial.validationLoss.mean);
    expect(losses[best.index]).toBe(Math.min(...losses));
    expect(swept.stderr).toMatch(/^8\/8 {2}learning rate \S+, hidden \S+ +seed \d {2}validation loss/m);
    const files = readdirSync(join(folder, 'sweep'), { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(
      expect.arrayContaining(['index.html', 'figures.json', 'best.safetensors', 'data/epochs.csv']),
    );
    expect([report, model]).toEqual(['sweep/index.html', 'sweep/best.safetensors']);
    expect(readFileSync(join(folder, 'sweep/data/epochs.csv'), 'utf8').split('\n')).toHaveLength(1 + 4 + 1);

    // The text output comes from the cache.
    const text = await run(folder, ['sweep', ...grid]);
    expect(text.stdout.match(/← best/g)).toHaveLength(1);
    expect(text.stderr.match(/cached/g)).toHaveLength(8);
    // `train` writes the same model with the best options.
    const { hidden, learningRate } = best.options;
    const single = await run(folder, [
      ...['train', '--data', 'digits', '--hidden', hidden.join(','), '--learning-rate', String(learningRate)],
      ...['--epochs', '1', '--out', 'single.safetensors'],
    ]);
    expect(single.code).toBe(0);
    expect(readFileSync(join(folder, 'single.safetensors')).equals(readFileSync(join(folder, model)))).toBe(true);
  });

  it('reports diverged runs and continues; fails if all runs diverge', async () => {
    const folder = temporaryFolder();
    const swept = await run(folder, ['sweep', ...SMALL, '--learning-rate', '0.05,1e7', '--json']);
    expect(swept.code).toBe(0);
    const { trials, best } = JSON.parse(swept.stdout);
    expect(best.options.learningRate).toBe(0.05);
    expect(trials[1].failed).toEqual([{ seed: 1, reason: expect.stringMatching(/^diverged at step \d+/) }]);
    expect(readFileSync(join(folder, 'sweep/index.html'), 'utf8')).toContain(
      'learning rate 10000000, seed 1: diverged',
    );
    const none = await run(folder, ['sweep', ...SMALL, '--learning-rate', '1e7,2e7']);
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('error: none of 2 runs succeeded');
  });

  it('refuses invalid option values', async () => {
    const folder = temporaryFolder();
    for (const [args, message] of [
      [['--learning-rate', '0.1,'], 'expected a number above 0, got nothing'],
      [['--seed', '4294967295', '--seeds', '2'], '--seed: expected at most 4294967294 with --seeds 2, got 4294967295'],
      [['--learning-rate', '0.1,fast'], 'expected a number above 0, got fast'],
      [['--activation', 'sigmoid,step'], 'expected one of sigmoid, tanh, relu, leaky-relu'],
      [['--hidden', '10,0'], 'expected layer sizes of at least 1, such as 300 or 512,256, or none, got 0'],
      [['--validation', '0'], 'expected a whole number of at least 1, or a fraction below 1, got 0'],
      [['--threads', '0'], 'expected a whole number of at least 1, got 0'],
    ] as const) {
      const refused = await run(folder, ['sweep', ...args]);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(message);
    }
    expect(existsSync(join(folder, 'sweep'))).toBe(false);
  });
});

it('a sweep takes combinations of flags that make the same schedule once', async () => {
  const folder = temporaryFolder();
  const flags = ['--schedule', 'constant,step,exponential', '--gamma', '0.5,0.9', '--step-epochs', '1,2'];
  const { stdout } = await run(folder, ['sweep', '--data', 'ellipse', '--epochs', '2', ...flags, '--json']);
  const { trials, varied } = JSON.parse(stdout);
  expect(varied).toEqual(['schedule']);
  expect(trials.map(({ options }: { options: { schedule: unknown } }) => options.schedule)).toEqual([
    { kind: 'constant' },
    ...[0.5, 0.9].flatMap((gamma) => [1, 2].map((every) => ({ kind: 'step', gamma, every }))),
    { kind: 'exponential', gamma: 0.5 },
    { kind: 'exponential', gamma: 0.9 },
  ]);
  const page = readFileSync(join(folder, 'sweep/index.html'), 'utf8');
  expect(page).toContain('schedule step (gamma 0.5, every 2)');
});

describe('repeat', () => {
  it('prints mean and standard deviation of its runs, which equal those of train', async () => {
    const folder = temporaryFolder();
    const repeated = await run(folder, ['repeat', ...SMALL, '--seeds', '3', '--final', '--json']);
    const { trials } = JSON.parse(repeated.stdout);
    const [trial] = trials;
    const accuracies: number[] = trial.runs.map((r: { testAccuracy: number }) => r.testAccuracy);
    expect(trial.runs.map((r: { seed: number }) => r.seed)).toEqual([1, 2, 3]);
    expect(trial.testAccuracy.mean).toBeCloseTo(accuracies.reduce((sum, share) => sum + share, 0) / 3, 12);
    expect(trial.testAccuracy.standardDeviation).toBeGreaterThan(0);
    const trained = await run(folder, ['train', ...SMALL, '--final', '--json']);
    const { weightsSha256, testLoss } = JSON.parse(trained.stdout);
    expect(trial.runs[0]).toMatchObject({ weightsSha256, testLoss });
    const page = readFileSync(join(folder, 'repeat/index.html'), 'utf8');
    expect(page).toMatch(/<code>edge-mlp repeat (?=.*--data digits)(?=.*--hidden 8)(?=.*--final).*<\/code>/);
  });
});

describe('an interrupted sweep', () => {
  it('stops on Ctrl-C and keeps finished runs', async () => {
    const folder = temporaryFolder();
    let sent = false;
    const stopped = await run(folder, ['sweep', '--data', 'digits', '--hidden', '8,2000', '--epochs', '50'], {
      onStderr: (child, text) => {
        if (!sent && /^1\/2/m.test(text)) sent = child.kill('SIGINT');
      },
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain('stopped: 1 of 2 runs are cached; the same command continues');
    expect(readdirSync(join(folder, 'cache/runs'))).toHaveLength(1);
  });
});
