/** Reports, failures and the cache of repeat and sweep, in separate processes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';

const SMALL = ['--data', 'digits', '--hidden', '8', '--epochs', '1'];

/** Runs a command with a separate cache in the folder. */
async function run(folder: string, args: readonly string[], more: Parameters<typeof edgeMlp>[1] = {}) {
  return edgeMlp(args, { cwd: folder, env: { EDGE_MLP_CACHE: join(folder, 'cache') }, ...more });
}

describe('the folder of a report', () => {
  it('keeps all files that no earlier report lists as its own', async () => {
    const folder = temporaryFolder();
    for (const name of ['index.html', 'figures.json', 'best.safetensors', 'picture.svg', 'data']) {
      const report = `report-${name.replace('.', '-')}`;
      const mine = join(folder, report);
      mkdirSync(mine);
      if (name === 'data') mkdirSync(join(mine, name));
      writeFileSync(name === 'data' ? join(mine, 'data/precious.csv') : join(mine, name), 'mine');
      const refused = await run(folder, ['sweep', ...SMALL, '--out', report]);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(`--out: ${report}/${name} would be replaced, but no earlier report wrote it`);
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
