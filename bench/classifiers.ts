/**
 * npm run bench:classifiers
 *
 * Accuracy and training time of the default options for tables (src/core/default-options.ts), against scikit-learn's
 * MLPClassifier with its defaults: iris, wine, breast cancer and digits 8×8 of scikit-learn, five splits, of which each
 * has a quarter of the rows for the test. Both train on one thread. Prints mean ± standard deviation, and the median of
 * the seconds, as the Markdown table of docs/internals/table-defaults.md. PYTHON names a Python that has scikit-learn
 * (default: python3).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { completeOptions, defaultHidden, readDataKind } from '../src/core/default-options.ts';
import { csvDataset } from '../src/data/csv.ts';
import { trainingParts } from '../src/data/index.ts';
import { applyScaling } from '../src/data/scaling.ts';
import { evaluate, loadKernels, Mlp, train } from '../src/runtime/node.ts';

interface Run {
  readonly name: string;
  readonly rows: number;
  readonly seed: number;
  readonly accuracy: number;
  readonly seconds: number;
}

const kernels = await loadKernels();
const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-tables-'));
try {
  const script = fileURLToPath(new URL('./contenders/sklearn_tables.py', import.meta.url));
  const python = process.env.PYTHON ?? 'python3';
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  const { version, results } = JSON.parse(execFileSync(python, [script, folder], { encoding: 'utf8', env }));
  const theirs: readonly Run[] = results;
  console.log(`| table | rows | edge-mlp | scikit-learn ${version} | edge-mlp, seconds | scikit-learn, seconds |`);
  console.log('|---|---|---|---|---|---|');
  for (const name of new Set(theirs.map((run) => run.name))) {
    const rival = theirs.filter((run) => run.name === name);
    console.log(formatRow(name, rival.map(trainLike), rival));
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Trains on the split of a run, with all defaults. Reading and scaling are not timed, as in the script. */
function trainLike({ name, rows, seed }: Run): Run {
  const table = readSplit(name, seed, 'train');
  const { training } = trainingParts(table, { validation: 0, seed, shuffledSplit: true });
  const test = applyScaling(readSplit(name, seed, 'test', table.classes), training.scaling);
  const kind = readDataKind(training);
  const layers = [table.columns, ...defaultHidden(kind), table.classes.length];
  const started = performance.now();
  using mlp = Mlp.create(kernels, { layers, seed });
  for (const _ of train(mlp, training, completeOptions({ seed }, kind)));
  const seconds = (performance.now() - started) / 1000;
  return { name, rows, seed, accuracy: evaluate(mlp, test).accuracy, seconds };
}

function readSplit(name: string, seed: number, part: 'train' | 'test', classes?: readonly string[]) {
  const text = readFileSync(join(folder, `${name}-${seed}-${part}.csv`), 'utf8');
  return csvDataset(text, { name: 'table.csv', ...(classes === undefined ? {} : { classes }) });
}

function formatRow(name: string, own: readonly Run[], rival: readonly Run[]): string {
  const cells = [name, own[0]?.rows, ...[own, rival].map(formatAccuracy), ...[own, rival].map(formatSeconds)];
  return `| ${cells.join(' | ')} |`;
}

/** Mean and sample standard deviation, in per cent. */
function formatAccuracy(runs: readonly Run[]): string {
  const mean = runs.reduce((sum, { accuracy }) => sum + accuracy, 0) / runs.length;
  const squares = runs.reduce((sum, { accuracy }) => sum + (accuracy - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (runs.length - 1));
  return `${(100 * mean).toFixed(1)} ± ${(100 * deviation).toFixed(1)} %`;
}

function formatSeconds(runs: readonly Run[]): string {
  const seconds = runs.map((run) => run.seconds).sort((a, b) => a - b);
  return (seconds[seconds.length >> 1] ?? Number.NaN).toFixed(2);
}
