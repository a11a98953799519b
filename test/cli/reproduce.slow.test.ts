/** The command reproduce: its whole report, and a run that is killed and started again. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';

describe('reproduce, killed with SIGKILL', () => {
  it('continues from the stored runs, and its figures equal those of an uninterrupted run with another number of threads', async () => {
    const folder = temporaryFolder();
    const env = { EDGE_MLP_CACHE: join(folder, 'cache') };
    const reproduce = ['reproduce', '--data', 'digits', '--json'];
    let killed = false;
    const broken = await edgeMlp([...reproduce, '--threads', '2'], {
      cwd: folder,
      env,
      onStderr: (child, text) => {
        if (killed || !/^ 3\/10/m.test(text)) return;
        killed = child.kill('SIGKILL');
      },
    });
    expect(broken.code).toBeNull();
    expect(existsSync(join(folder, 'report/index.html'))).toBe(false);
    const stored = readdirSync(join(folder, 'cache/runs')).filter((name) => name.endsWith('.safetensors'));
    expect(stored.length).toBeGreaterThanOrEqual(3);
    // One stored run is damaged: it must be run again.
    const damaged = join(folder, 'cache/runs', stored[0] ?? '');
    const bytes = readFileSync(damaged);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 0x10;
    writeFileSync(damaged, bytes);

    const resumed = await edgeMlp([...reproduce, '--threads', '2'], { cwd: folder, env });
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain(`${damaged}: its SHA-256 is wrong: repeating the run`);
    expect(resumed.stderr.match(/cached/g)?.length).toBe(stored.length - 1);
    const uninterrupted = await edgeMlp([...reproduce, '--threads', '1', '--fresh', '--out', 'other'], {
      cwd: folder,
      env,
    });
    expect(JSON.parse(uninterrupted.stdout).questions).toEqual(JSON.parse(resumed.stdout).questions);
    expect(uninterrupted.stderr).not.toContain('cached');
  });
});

describe('reproduce', () => {
  it('answers every question, with a notice at the top if MNIST is not available', async () => {
    const folder = temporaryFolder();
    const result = await edgeMlp(['reproduce', '--seeds', '2', '--json'], {
      cwd: folder,
      env: { EDGE_MLP_CACHE: join(folder, 'cache') },
    });
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
});
