/**
 * npm run bench:learner [-- --orders 5]
 *
 * Simulates one person's handwriting with MNIST's test digits, slanted by a shear of 1.2. Corrects wrong predictions on
 * one half, in several random orders. Measures the errors on the other half and the accuracy on unslanted test digits
 * after 0, 20, 50 and 200 corrections. The learning options were chosen on slanted training digits, which --tune
 * measures.
 */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { loadMnist } from '../cli/data/idx-sets/load.ts';
import { digitsDataset } from '../dist/src/data/index.js';
import { createMlp, parseModel } from '../dist/src/format/index.js';
import { type Dataset, evaluate, learn, loadKernels, type Mlp, Random, slice } from '../dist/src/runtime/node.js';
import { pick } from '../src/core/dataset.ts';
import { KEPT_SAMPLES, LEARNING_DEFAULTS } from '../src/core/learner.ts';

const { values: flags } = parseArgs({
  options: { orders: { type: 'string', default: '5' }, tune: { type: 'boolean', default: false } },
});
const ORDERS = Number(flags.orders);
const SHEAR = 1.2;
const POINTS = [0, 20, 50, 200];
const SIDE = 28;
const MODEL = new URL('../models/mnist-784-300-10.safetensors', import.meta.url);

interface Experiment {
  /** Slanted digits to correct, slanted digits to measure on, and unslanted digits. */
  readonly practice: Dataset;
  readonly slanted: Dataset;
  readonly ordinary: Dataset;
  readonly selectRehearsal: (seed: number, mlp: Mlp) => Dataset | undefined;
}

interface Measure {
  /** Percent. */
  readonly errors: number;
  readonly ordinary: number;
}

interface Run {
  readonly measures: readonly Measure[];
  /** Per correction. */
  readonly milliseconds: readonly number[];
}

/** Shifts row y by 1.2 (y - centre) pixels, with linear interpolation. */
function slant(digits: Dataset): Dataset {
  const inputs = new Uint8Array(digits.inputs.length);
  for (let row = 0; row < inputs.length / SIDE; row++) {
    const offset = SHEAR * ((row % SIDE) - (SIDE - 1) / 2);
    const pixel = (x: number) => (x < 0 || x >= SIDE ? 0 : (digits.inputs[row * SIDE + x] ?? 0));
    for (let x = 0; x < SIDE; x++) {
      const left = Math.floor(x + offset);
      const share = x + offset - left;
      inputs[row * SIDE + x] = Math.round((1 - share) * pixel(left) + share * pixel(left + 1));
    }
  }
  return { ...digits, inputs };
}

/** Corrects wrong predictions in random order, and measures after the numbers of corrections in POINTS. */
function runExperiment(mlp: Mlp, { practice, slanted, ordinary, selectRehearsal }: Experiment, seed: number): Run {
  const rehearsal = selectRehearsal(seed, mlp);
  const measure = () => ({
    errors: 100 * (1 - evaluate(mlp, slanted).accuracy),
    ordinary: 100 * evaluate(mlp, ordinary).accuracy,
  });
  const measures = [measure()];
  const milliseconds: number[] = [];
  const corrected: number[] = [];
  for (const n of new Random(seed, 'split').permutation(practice.labels.length)) {
    if (mlp.predict(pick(practice, [n]).inputs).label === practice.labels[n]) continue;
    corrected.push(n);
    const corrections = pick(practice, corrected);
    // CPU time, because the machine may be shared.
    const started = process.cpuUsage();
    learn(mlp, corrections, rehearsal, { seed });
    const { user, system } = process.cpuUsage(started);
    milliseconds.push((user + system) / 1000);
    if (POINTS.includes(corrected.length)) measures.push(measure());
    if (corrected.length === POINTS.at(-1)) return { measures, milliseconds };
  }
  throw new Error(`expected ${POINTS.at(-1)} wrong predictions, got ${corrected.length}`);
}

/** The samples that the network predicts correctly. */
function selectCorrect(samples: Dataset, mlp: Mlp): Dataset {
  const { labels } = mlp.predictBatch(samples.inputs);
  return pick(
    samples,
    [...labels.keys()].filter((n) => labels[n] === samples.labels[n]),
  );
}

const { training, test } = await loadMnist();
const handwriting = flags.tune ? slice(training, 55_000, 60_000) : test;
// Alternate samples, because the two halves of the file come from different writers.
const pickAlternate = (first: number) =>
  pick(
    handwriting,
    Uint32Array.from({ length: handwriting.labels.length / 2 }, (_, i) => 2 * i + first),
  );
const digits = {
  practice: slant(pickAlternate(0)),
  slanted: slant(pickAlternate(1)),
  ordinary: flags.tune ? slice(training, 50_000, 55_000) : test,
};
const pickTraining = (seed: number, count: number) =>
  pick(training, new Random(seed, 'generation').permutation(50_000).subarray(0, count));
const experiments: Readonly<Record<string, Experiment>> = {
  [`${KEPT_SAMPLES.toLocaleString('en-US')} training digits`]: {
    ...digits,
    selectRehearsal: (seed, mlp) => selectCorrect(pickTraining(seed, KEPT_SAMPLES), mlp),
  },
  '200 training digits': { ...digits, selectRehearsal: (seed, mlp) => selectCorrect(pickTraining(seed, 200), mlp) },
  [`${KEPT_SAMPLES.toLocaleString('en-US')} generated digits`]: {
    ...digits,
    selectRehearsal: (seed, mlp) => selectCorrect(digitsDataset({ samples: KEPT_SAMPLES, seed }), mlp),
  },
  nothing: { ...digits, selectRehearsal: () => undefined },
};

const kernels = await loadKernels();
const model = parseModel(readFileSync(MODEL), 'the model');
const { steps, learningRate, corrected, rehearsed } = LEARNING_DEFAULTS;
console.log(`${steps} steps per correction, learning rate ${learningRate}, ${corrected} corrected and ${rehearsed} rehearsed digits per step; ${ORDERS} orders

| rehearsed | corrections | errors on slanted digits | accuracy on unslanted digits |
|---|---|---|---|`);
const times: number[] = [];
const first: (readonly Measure[])[] = [];
for (const [name, experiment] of Object.entries(experiments)) {
  const runs = Array.from({ length: ORDERS }, (_, i) => {
    const mlp = createMlp(kernels, model);
    const result = runExperiment(mlp, experiment, i + 1);
    mlp.dispose();
    return result;
  });
  if (first.length === 0) {
    first.push(...runs.map(({ measures }) => measures));
    times.push(...runs.flatMap(({ milliseconds }) => milliseconds));
  }
  POINTS.forEach((point, i) => {
    const at = runs.flatMap(({ measures }) => measures.slice(i, i + 1));
    const cells = [at.map(({ errors }) => errors), at.map(({ ordinary }) => ordinary)].map(formatSpread);
    console.log(`| ${name} | ${point} | ${cells.join(' | ')} |`);
  });
}
times.sort((a, b) => a - b);
const quantile = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? Number.NaN).toFixed(1);
// For the first experiment, per order: the share of errors removed, and the loss of accuracy on unslanted digits.
const removed = first.map(([before, , after]) => 100 * (1 - (after?.errors ?? 0) / (before?.errors ?? 0)));
const lost = first.map(([before, , after]) => (before?.ordinary ?? 0) - (after?.ordinary ?? 0));
console.log(`
Mean ± standard deviation over the orders. With ${Object.keys(experiments)[0]}, ${POINTS[2]} corrections
remove ${formatSpread(removed)} of the errors (at least ${Math.min(...removed).toFixed(1)} %).
They reduce the accuracy on unslanted digits by at most ${Math.max(...lost).toFixed(2)} percentage points.
A correction takes a median of ${quantile(0.5)} ms of CPU time (99th percentile: ${quantile(0.99)} ms),
on one core of ${cpus()[0]?.model}, Node ${process.version}.`);

function formatSpread(values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return `${mean.toFixed(2)} ± ${Math.sqrt(variance).toFixed(2)} %`;
}
