/** The best epoch of --patience and the best trial of a sweep: in every output, of the weights that the model has. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type EpochMetrics, Random } from '../../src/index.ts';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';

/** Random labels: the validation accuracy goes up and down. */
function writeTable(): string {
  const folder = temporaryFolder();
  const random = new Random(1, 'generation');
  const rows = Array.from({ length: 80 }, () => `${random.uniform()},${random.uniform()},${'ab'[random.below(2)]}\n`);
  writeFileSync(join(folder, 'table.csv'), `x,y,k\n${rows.join('')}`);
  return folder;
}

const OPTIONS = ['--data', 'table.csv', '--epochs', '30', '--validation', '20', '--learning-rate', '0.5'];

it('train --patience: stderr, --json, inspect and the model file describe the kept epoch', async () => {
  const cwd = writeTable();
  const { stdout, stderr } = await edgeMlp(['train', ...OPTIONS, '--patience', '4', '--json'], { cwd });
  const { epochs, kept } = JSON.parse(stdout) as { epochs: EpochMetrics[]; kept: EpochMetrics };
  const accuracies = epochs.map(({ validationAccuracy }) => validationAccuracy ?? 0);
  expect(kept).toEqual(epochs[kept.epoch - 1]);
  expect(kept.epoch).toBe(epochs.length - 4);
  expect(kept.validationAccuracy).toBe(Math.max(...accuracies));
  expect(accuracies.at(-1)).toBeLessThan(Math.max(...accuracies));

  const percent = `${(100 * (kept.validationAccuracy ?? 0)).toFixed(2)} %`;
  const place = `epoch ${kept.epoch} of ${epochs.length}, with the highest validation accuracy (${percent})`;
  expect(stderr).toContain(`best     ${place}; the model has its weights\n`);
  const inspected = await edgeMlp(['inspect', 'model.safetensors'], { cwd });
  expect(inspected.stdout).toContain(`weights of       ${place}\n`);
  expect(inspected.stdout).toContain(`validation: loss ${kept.validationLoss?.toFixed(5)}, accuracy ${percent}\n`);
  const json = JSON.parse((await edgeMlp(['inspect', 'model.safetensors', '--json'], { cwd })).stdout);
  const { seconds: _, ...measures } = kept as EpochMetrics & { seconds: number };
  expect([json.measures, json.provenance.keptEpoch]).toEqual([measures, kept.epoch]);
});

it('a sweep ranks trials as --patience ranks epochs, says so, and writes the model that train writes', async () => {
  const cwd = writeTable();
  const sweep = ['sweep', ...OPTIONS, '--patience', '4', '--momentum', '0,0.5', '--threads', '1', '--out', 'report'];
  const { stdout } = await edgeMlp(sweep, { cwd, env: { EDGE_MLP_CACHE: join(cwd, 'cache') } });
  const { best, trials } = JSON.parse(readFileSync(join(cwd, 'report/figures.json'), 'utf8'));
  const accuracies = trials.map((trial: { validationAccuracy: { mean: number } }) => trial.validationAccuracy.mean);
  expect(best).toMatchObject({ by: 'validationAccuracy', validationAccuracy: Math.max(...accuracies) });
  expect(stdout).toContain(`Best: momentum ${best.options.momentum}, with the highest validation accuracy (`);

  await edgeMlp(['train', ...OPTIONS, '--patience', '4', '--momentum', String(best.options.momentum)], { cwd });
  const [own, other] = ['report/best.safetensors', 'model.safetensors'].map((file) => readFileSync(join(cwd, file)));
  expect(own?.equals(other ?? Buffer.alloc(0))).toBe(true);
});
