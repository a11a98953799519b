/**
 * R² on tables against scikit-learn's MLPRegressor, 5 seeds each: `node bench/regression.ts`. PYTHON names an
 * interpreter with scikit-learn (default python3). Both train one hidden layer of 64 ReLU units by Adam with the same
 * initialisation, learning rate, batch size and epochs, on the same rows, and without weight decay.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { evaluateRegression } from '../src/core/evaluate-regression.ts';
import { Mlp } from '../src/core/mlp.ts';
import { train } from '../src/core/train.ts';
import { csvDataset } from '../src/data/csv-table.ts';
import { scaleLike, trainingParts } from '../src/data/parts.ts';
import { loadKernels } from '../src/runtime/node.ts';

const SEEDS = [1, 2, 3, 4, 5];
const OPTIONS = { hidden: 64, learningRate: 0.001, batchSize: 32 };
const python = process.env.PYTHON ?? 'python3';
const program = fileURLToPath(new URL('contenders/sklearn_regression.py', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-regression-'));

interface Peer {
  readonly table: string;
  readonly epochs: number;
  /** R² on the test rows by seed. */
  readonly r2: readonly number[];
}

try {
  const peers: Peer[] = JSON.parse(
    execFileSync(python, [program, folder, JSON.stringify({ ...OPTIONS, seeds: SEEDS })], { encoding: 'utf8' }),
  );
  const kernels = await loadKernels();
  console.log('| table | rows | scikit-learn R² | edge-mlp R² | difference |\n|---|---|---|---|---|');
  for (const { table, epochs, r2 } of peers) {
    const read = (part: string) => {
      return csvDataset(readFileSync(join(folder, `${table}-${part}.csv`), 'utf8'), {
        name: table,
        targets: ['target'],
      });
    };
    const { training } = trainingParts(read('train'), { validation: 0, seed: 1, shuffledSplit: true });
    const test = scaleLike(read('test'), training);
    const own = SEEDS.map((seed) => {
      const layers = [training.columns, OPTIONS.hidden, 1];
      using mlp = Mlp.create(kernels, {
        layers,
        hiddenActivation: 'relu',
        initialisation: 'glorot',
        task: 'regression',
        seed,
      });
      const { learningRate, batchSize } = OPTIONS;
      for (const _ of train(mlp, training, { optimizer: 'adam', learningRate, batchSize, epochs, seed }));
      return evaluateRegression(mlp, test).r2;
    });
    const rows = training.labels.length + test.labels.length;
    const difference = mean(own) - mean(r2);
    console.log(`| ${table} | ${rows} | ${describe(r2)} | ${describe(own)} | ${difference.toFixed(4)} |`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function describe(values: readonly number[]): string {
  const deviation = Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1),
  );
  return `${mean(values).toFixed(4)} ± ${deviation.toFixed(4)}`;
}
