/** repeat, sweep and reproduce in separate processes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
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
      [['--activation', 'sigmoid,step'], 'expected one of sigmoid, tanh, relu, got step'],
      [['--hidden', '10,0'], 'expected layer sizes of at least 1, such as 300 or 512,256, or none, got 0'],
      [['--validation', '0'], 'expected a whole number of at least 1, got 0'],
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

describe('the folder of a report', () => {
  it('keeps all files that no earlier report lists as its own', async () => {
    const folder = temporaryFolder();
    for (const name of ['index.html', 'figures.json', 'best.safetensors', 'picture.svg', 'data']) {
      const mine = join(folder, `with-${name}`);
      mkdirSync(mine);
      if (name === 'data') mkdirSync(join(mine, name));
      writeFileSync(name === 'data' ? join(mine, 'data/precious.csv') : join(mine, name), 'mine');
      const refused = await run(folder, ['sweep', ...SMALL, '--out', `with-${name}`]);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(`--out: with-${name}/${name} would be replaced, but no earlier report wrote it`);
      expect(readdirSync(mine)).toEqual([name]);
    }
    // A new report replaces the files of an earlier one, and no other files.
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    expect((await run(folder, ['sweep', ...SMALL, '--learning-rate', '0.1,0.2', '--out', '.'])).code).toBe(0);
    writeFileSync(join(folder, 'data/mine.csv'), 'mine');
    expect(existsSync(join(folder, 'data/epochs.csv'))).toBe(true);
    expect((await run(folder, ['repeat', ...SMALL, '--seeds', '1', '--out', '.'])).code).toBe(0);
    expect(existsSync(join(folder, 'data/epochs.csv'))).toBe(false);
    expect(readdirSync(join(folder, 'data')).sort()).toEqual(['best-epochs.csv', 'best-steps.csv', 'mine.csv']);
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
  });
});

describe('sweeps without a best trial', () => {
  it('compares no trials without validation samples', async () => {
    const folder = temporaryFolder();
    const rows = Array.from({ length: 8 }, (_, n) => `${n},${(n * 5) % 8},${n % 2}`);
    writeFileSync(join(folder, 'tiny.csv'), `x,y,k\n${rows.join('\n')}\n`);
    const swept = await run(folder, [
      ...['sweep', '--data', 'tiny.csv', '--hidden', '2', '--epochs', '2', '--learning-rate', '0.001,0.1'],
    ]);
    expect(swept.stderr).not.toContain('bug in edge-mlp');
    expect(swept.code).toBe(0);
    expect(swept.stdout).not.toContain('best');
    expect(readFileSync(join(folder, 'sweep/index.html'), 'utf8')).toContain('No best trial');
    expect(existsSync(join(folder, 'sweep/best.safetensors'))).toBe(false);
  });

  it('omits losses of zero from logarithmic plots', async () => {
    const folder = temporaryFolder();
    const rows = Array.from({ length: 60 }, (_, n) => `${n % 2 === 0 ? -5 : 5},${n % 2}`);
    writeFileSync(join(folder, 'apart.csv'), `x,k\n${rows.join('\n')}\n`);
    const swept = await run(folder, [
      ...['sweep', '--data', 'apart.csv', '--hidden', 'none', '--epochs', '2', '--learning-rate', '100,300'],
    ]);
    expect(swept.stderr).not.toContain('bug in edge-mlp');
    expect(swept.code).toBe(0);
    expect(readFileSync(join(folder, 'sweep/index.html'), 'utf8')).toContain('There are no values to plot.');
  });

  it('excludes trials with a failed run, and uses repeated values once', async () => {
    const folder = temporaryFolder();
    const args = [
      '--activation',
      'relu',
      '--learning-rate',
      '10,10,1e1',
      '--hidden',
      '8,9',
      '--seeds',
      '6',
      '--epochs',
      '2',
    ];
    const swept = await run(folder, ['sweep', '--data', 'ellipse', ...args, '--json']);
    const { trials, best, varied, model } = JSON.parse(swept.stdout);
    expect(varied).toEqual(['hidden']);
    expect(trials).toHaveLength(2);
    for (const { failed, seeds } of trials) {
      expect(failed.length).toBeGreaterThan(0);
      expect(failed.length).toBeLessThan(seeds.length);
    }
    expect([best, model]).toEqual([null, null]);
    expect(swept.stderr).toContain('12/12');
    const page = readFileSync(join(folder, 'sweep/index.html'), 'utf8');
    expect(page).toContain('No best trial');
    expect(page).not.toContain('Best trial:');
  });

  it('continues after a run that needs too much memory', async () => {
    const folder = temporaryFolder();
    const swept = await run(folder, [
      'sweep',
      '--data',
      'ellipse',
      '--epochs',
      '2',
      '--hidden',
      '2,60000000',
      '--json',
    ]);
    expect(swept.code).toBe(0);
    const { trials, best } = JSON.parse(swept.stdout);
    expect(best.index).toBe(0);
    expect(trials[1].failed[0].reason).toContain('layers 2-60000000-2: expected at most');
  });
});

describe('a cache that cannot be written', () => {
  it('does not stop the runs', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'cache'), 'a file');
    const swept = await run(folder, ['sweep', ...SMALL, '--learning-rate', '0.05,0.1']);
    expect(swept.code).toBe(0);
    expect(swept.stderr.match(/the run is not cached/g)).toHaveLength(2);
    expect(existsSync(join(folder, 'sweep/best.safetensors'))).toBe(true);
  });
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

describe('reproduce', () => {
  it('answers every question, with a notice at the top if MNIST is not available', async () => {
    const folder = temporaryFolder();
    const result = await run(folder, ['reproduce', '--seeds', '2', '--json']);
    expect(result.code).toBe(0);
    expect(result.stderr).toContain('Using the generated set digits instead.');
    const { questions, provenance, runs } = JSON.parse(result.stdout);
    expect(Object.keys(questions)).toEqual(['1', '2', '3', '4', '5', '6', '7.1', '7.2', '7.3', '7.4']);
    expect(questions[1].checks).toMatchObject({ agree: 12, of: 12 });
    expect(questions[3].dV[0]).toEqual([-0.44039853898894116, 0.44039853898894116]);
    expect(questions[3]).toMatchObject({ db: [-0.5, 0.5], da: [0, 0, 0] });
    expect(questions[4].loss.lastEpoch).toBeLessThan(questions[4].loss.firstEpoch / 3);
    expect(questions[5]).toMatchObject({ layers: [784, 300, 10], parameters: 238_510 });
    expect(questions[5].step.largestDifference).toBeLessThan(1e-6);
    expect(questions[6].largestDifference).toBeLessThan(1e-6 * questions[6].largestGradient * 10);
    expect(questions[6].largestDifference).toBeGreaterThan(0);
    expect(questions['7.1'].epochs).toHaveLength(5);
    expect(questions['7.2'].epochs[4].validationLoss.standardDeviation).toBeGreaterThan(0);
    expect(questions['7.3'].trials.map((t: { options: { learningRate: number } }) => t.options.learningRate)).toEqual([
      0.001, 0.003, 0.01, 0.03,
    ]);
    expect(questions['7.4'].assignment.testAccuracy).toBe(0.9754);
    expect(questions['7.4'].testAccuracy.mean).toBeGreaterThan(0.98);
    expect(questions['7.4'].hardest).toHaveLength(21);
    expect(runs).toHaveLength(8);
    // The command names the data that was used, because another machine may have MNIST.
    expect(provenance.command).toBe('edge-mlp reproduce --data digits --seeds 2 --out report');

    const page = readFileSync(join(folder, 'report/index.html'), 'utf8');
    expect(page.indexOf('Not MNIST.')).toBeGreaterThan(0);
    expect(page.indexOf('Not MNIST.')).toBeLessThan(page.indexOf('class="tiles"'));
    expect(page).not.toMatch(/NaN|undefined|Infinity|<script/);
    // Every link refers to an anchor or a file of the report.
    const links = [...page.matchAll(/(?:href|src)="(?!data:)([^"]+)"/g)].map(([, link = '']) => link);
    for (const link of links) {
      if (link.startsWith('#')) expect(page).toContain(`id="${link.slice(1)}"`);
      else expect(statSync(join(folder, 'report', link)).size).toBeGreaterThan(100);
    }
    expect(new Set(links.filter((link) => link.endsWith('.csv'))).size).toBe(8);
    expect(JSON.parse(readFileSync(join(folder, 'report/figures.json'), 'utf8')).questions).toEqual(questions);
    expect(readFileSync(join(folder, 'report/picture.svg'), 'utf8')).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
  });

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
