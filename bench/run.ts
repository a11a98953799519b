/**
 * npm run bench [-- --quick] [--rounds 5]
 *
 * The same network, weights, digits and order for every contender, each in a process of its own. Results are compared first:
 * a contender that computes something else is an error. Then times are taken in rounds whose order alternates.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Mlp, Random } from '../dist/index.js';
import { loadKernels, loadMnist } from '../dist/node/index.js';
import type { Outcome, TaskOptions } from './task.ts';

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' } },
});
const ROUNDS = flags.quick ? 1 : Number(flags.rounds ?? 5);
const EPOCH = 60_000;
const SEED = 1;
/** All contenders start alike and see the same digits: float32 rounding alone makes a difference. */
const LOSS_TOLERANCE = 2e-3;
const PROBABILITY_TOLERANCE = 1e-5;

interface Contender {
  readonly name: string;
  /** Digits that are timed; slow ones do a part, and their time is scaled. */
  readonly samples: number;
  readonly run: (task: TaskOptions) => Outcome;
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-bench-'));
const full = (samples: number) => (flags.quick ? Math.min(samples, 3000) : samples);

function main(contenders: readonly Contender[], absent: readonly string[]): void {
  const results = new Map<string, Outcome[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      console.error(`round ${round + 1} of ${ROUNDS}: ${contender.name}`);
      results.get(contender.name)?.push(contender.run(taskFor(contender)));
    }
    if (round === 0) verify(results);
  }
  const table = tableOf(results);
  console.log(table);
  for (const reason of absent) console.log(`\nAbsent: ${reason}`);
  if (flags.quick) return;
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: here('.'), encoding: 'utf8' }).stdout.trim();
  const date = new Date().toISOString().slice(0, 10);
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    platform: process.platform,
    node: process.version,
  };
  writeFileSync(
    here('results.json'),
    `${JSON.stringify({ commit, date, machine, versions: versions(), rounds: ROUNDS, results: summary(results), absent }, null, 2)}\n`,
  );
}

function taskFor({ samples }: Contender): TaskOptions {
  const checkpoints = [full(300), full(6000), full(EPOCH)].filter((count) => count <= samples);
  return {
    samples,
    checkpoints: [...new Set(checkpoints)],
    stride: 300,
    learningRate: 0.03,
    seed: SEED,
    predictions: 50,
  };
}

/** Ours is the first; the float64 reference holds it in the tests. */
function verify(results: ReadonlyMap<string, readonly Outcome[]>): void {
  const [ours] = results.values().next().value ?? [];
  if (ours === undefined) throw new Error('nothing was run');
  for (const [name, [outcome]] of results) {
    if (outcome === undefined) throw new Error(`${name} gave no result`);
    const compared = Object.entries(outcome.meanLosses);
    if (compared.length === 0) throw new Error(`${name}: no loss to compare`);
    for (const [samples, loss] of compared) {
      const expected = ours.meanLosses[samples] ?? Number.NaN;
      if (!(Math.abs(loss - expected) <= LOSS_TOLERANCE * expected)) {
        throw new Error(`${name}: mean loss after ${samples} samples: expected ${expected}, got ${loss}`);
      }
    }
    outcome.probabilities.forEach((probability, i) => {
      const expected = ours.probabilities[i] ?? Number.NaN;
      if (!(Math.abs(probability - expected) <= PROBABILITY_TOLERANCE)) {
        throw new Error(`${name}: probability ${i}: expected ${expected}, got ${probability}`);
      }
    });
    console.error(
      `verified: ${name}, loss after ${compared.map(([samples, loss]) => `${samples} samples ${loss.toFixed(5)}`).join(', ')}`,
    );
  }
}

interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

function summary(results: ReadonlyMap<string, readonly Outcome[]>) {
  return Object.fromEntries(
    [...results].map(([name, outcomes]) => [
      name,
      {
        epochSeconds: spread(outcomes.map(({ epochSeconds }) => epochSeconds)),
        samples: outcomes[0]?.samples,
        predictMicroseconds: spread(outcomes.map(({ predictMicroseconds }) => predictMicroseconds)),
      },
    ]),
  );
}

function tableOf(results: ReadonlyMap<string, readonly Outcome[]>): string {
  const rows = Object.entries(summary(results));
  const [, ours] = rows[0] ?? [];
  if (ours === undefined) throw new Error('nothing was run');
  const lines = rows.map(([name, { epochSeconds, samples, predictMicroseconds }]) => {
    const scaled = samples === EPOCH ? '' : ' ¹';
    return `| ${[
      name,
      `${show(epochSeconds)} s${scaled}`,
      `${(epochSeconds.median / ours.epochSeconds.median).toFixed(2)}`,
      `${show(predictMicroseconds)} µs`,
      `${(predictMicroseconds.median / ours.predictMicroseconds.median).toFixed(2)}`,
    ].join(' | ')} |`;
  });
  return [
    '| | one epoch of per-sample SGD, 784-300-10, 60,000 digits | ratio | one digit, one call | ratio |',
    '|---|---|---|---|---|',
    ...lines,
    '',
    `Median (least–greatest) of ${ROUNDS} rounds, one core of ${cpus()[0]?.model ?? 'an unknown machine'}, Node ${process.version}.`,
    '¹ Measured on fewer digits and scaled to 60,000.',
  ].join('\n');
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: sorted[sorted.length >> 1] ?? Number.NaN,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
  };
}

function show({ median, min, max }: Spread): string {
  const digits = (value: number) => String(Number(value.toPrecision(3)));
  return `${digits(median)} (${digits(min)}–${digits(max)})`;
}

function versions(): Record<string, string> {
  const lock = JSON.parse(readFileSync(here('package-lock.json'), 'utf8'));
  return lock.packages[''].dependencies;
}

/** Writes what all contenders read: digits, the order of training, initial weights. */
async function writeTask(): Promise<void> {
  const { training, test } = await loadMnist();
  const order = new Random(SEED, 'shuffle').permutation(full(EPOCH));
  const images = new Uint8Array(order.length * 784);
  for (const [n, sample] of order.entries()) {
    images.set(training.inputs.subarray(sample * 784, (sample + 1) * 784), n * 784);
  }
  const mlp = Mlp.create(await loadKernels(), { layers: [784, 300, 10], seed: SEED });
  const { weights } = mlp.parameters();
  const inOut = (weight: Float32Array | undefined, inputs: number, outputs: number) =>
    Float32Array.from(
      { length: inputs * outputs },
      (_, k) => weight?.[(k % outputs) * inputs + Math.floor(k / outputs)] ?? 0,
    );
  const files: Record<string, Uint8Array> = {
    images: Uint8Array.from(training.inputs),
    labels: Uint8Array.from(training.labels),
    orderedImages: images,
    orderedLabels: Uint8Array.from(order, (sample) => training.labels[sample] ?? 0),
    testImages: Uint8Array.from(test.inputs),
    w1: new Uint8Array(inOut(weights[0], 784, 300).buffer),
    w2: new Uint8Array(inOut(weights[1], 300, 10).buffer),
  };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
}

function parsed(command: string, args: readonly string[]): Outcome {
  return JSON.parse(
    execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 24 }),
  );
}

function nodeContender(name: string, file: string, samples: number): Contender {
  return { name, samples, run: (task) => parsed(process.execPath, [here(file), folder, JSON.stringify(task)]) };
}

function tfjsContender(): Contender | string {
  if (!existsSync(here('node_modules/@tensorflow/tfjs')))
    return 'TensorFlow.js, as bench/ is not installed: npm ci --prefix bench';
  return nodeContender(`TensorFlow.js ${versions()['@tensorflow/tfjs']}, wasm`, 'contenders/tfjs-wasm.ts', 300);
}

function cContender(): Contender | string {
  const binary = join(folder, 'sgd');
  const flags = ['-O3', '-march=native', here('contenders/sgd.c'), '-o', binary, '-lm'];
  if (spawnSync('cc', flags, { stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0)
    return 'plain C, as there is no C compiler (cc)';
  const run = ({ samples, learningRate, predictions, checkpoints }: TaskOptions) =>
    parsed(binary, [folder, ...[samples, learningRate, predictions, ...checkpoints].map(String)]);
  return { name: 'plain C, cc -O3 -march=native', samples: full(EPOCH), run };
}

function numpyContender(): Contender | string {
  const version = spawnSync('python3', ['-c', 'import numpy; print(numpy.__version__)'], { encoding: 'utf8' });
  if (version.status !== 0) return 'NumPy, as python3 has none';
  const run = (task: TaskOptions) =>
    parsed('python3', [here('contenders/numpy_loop.py'), folder, JSON.stringify(task)]);
  return { name: `NumPy ${version.stdout.trim()}, a loop`, samples: full(6000), run };
}

try {
  await writeTask();
  const all = [
    nodeContender('**edge-mlp**', 'contenders/edge-mlp.ts', full(EPOCH)),
    cContender(),
    numpyContender(),
    tfjsContender(),
  ];
  main(
    all.filter((item) => typeof item !== 'string'),
    all.filter((item) => typeof item === 'string'),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
