/**
 * npm run bench:learner [-- --orders 5]
 *
 * One person's hand: MNIST's test digits, slanted by a shear of 1.2. In half of them wrong guesses, and these alone, are
 * corrected, in several orders; the other half and the ordinary test digits are measured after so many corrections. Nothing
 * here was chosen by looking at test digits: that was done on slanted training digits (--tune measures there).
 */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { loadMnist } from '../dist/cli/data/idx-sets/load.js';
import { pick } from '../dist/src/core/dataset.js';
import { KEPT_SAMPLES, LEARNING_DEFAULTS } from '../dist/src/core/learner.js';
import { digitsDataset } from '../dist/src/data/index.js';
import { createMlp, parseModel } from '../dist/src/format/index.js';
import { type Dataset, evaluate, learn, loadKernels, type Mlp, Random, slice } from '../dist/src/runtime/node.js';

const { values: flags } = parseArgs({
  options: { orders: { type: 'string', default: '5' }, tune: { type: 'boolean', default: false } },
});
const ORDERS = Number(flags.orders);
const SHEAR = 1.2;
const POINTS = [0, 20, 50, 200];
const SIDE = 28;
const MODEL = new URL('../models/mnist-784-300-10.safetensors', import.meta.url);

interface Hand {
  /** Slanted digits to learn from, slanted digits to measure on, and ordinary ones. */
  readonly practice: Dataset;
  readonly slanted: Dataset;
  readonly ordinary: Dataset;
  readonly kept: (seed: number, mlp: Mlp) => Dataset | undefined;
}

interface Measure {
  /** Per cent. */
  readonly errors: number;
  readonly ordinary: number;
}

interface Course {
  readonly measures: readonly Measure[];
  /** Of each correction. */
  readonly milliseconds: readonly number[];
}

/** Each digit's row y shifted by 1.2 (y - centre), between two pixels in proportion. */
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

/** Corrects wrong guesses in the order of a seed, and measures at the points. */
function course(mlp: Mlp, { practice, slanted, ordinary, kept }: Hand, seed: number): Course {
  const rehearsal = kept(seed, mlp);
  const measure = () => ({
    errors: 100 * (1 - evaluate(mlp, slanted).accuracy),
    ordinary: 100 * evaluate(mlp, ordinary).accuracy,
  });
  const measures = [measure()];
  const milliseconds: number[] = [];
  const wrong: number[] = [];
  for (const n of new Random(seed, 'split').permutation(practice.labels.length)) {
    if (mlp.predict(pick(practice, [n]).inputs).label === practice.labels[n]) continue;
    wrong.push(n);
    const corrections = pick(practice, wrong);
    // Of the processor: the machine may be shared.
    const started = process.cpuUsage();
    learn(mlp, corrections, rehearsal, { seed });
    const { user, system } = process.cpuUsage(started);
    milliseconds.push((user + system) / 1000);
    if (POINTS.includes(wrong.length)) measures.push(measure());
    if (wrong.length === POINTS.at(-1)) return { measures, milliseconds };
  }
  throw new Error(`expected ${POINTS.at(-1)} wrong guesses, got ${wrong.length}`);
}

/** Of so many samples, those that the network takes for what they are. */
function known(samples: Dataset, mlp: Mlp): Dataset {
  const { labels } = mlp.predictBatch(samples.inputs);
  return pick(
    samples,
    [...labels.keys()].filter((n) => labels[n] === samples.labels[n]),
  );
}

const { training, test } = await loadMnist();
const hand = flags.tune ? slice(training, 55_000, 60_000) : test;
// Every other one: the file's halves come from different writers.
const every = (first: number) =>
  pick(
    hand,
    Uint32Array.from({ length: hand.labels.length / 2 }, (_, i) => 2 * i + first),
  );
const digits = {
  practice: slant(every(0)),
  slanted: slant(every(1)),
  ordinary: flags.tune ? slice(training, 50_000, 55_000) : test,
};
const drawn = (seed: number, count: number) =>
  pick(training, new Random(seed, 'generation').permutation(50_000).subarray(0, count));
const hands: Readonly<Record<string, Hand>> = {
  [`${KEPT_SAMPLES.toLocaleString('en-US')} training digits`]: {
    ...digits,
    kept: (seed, mlp) => known(drawn(seed, KEPT_SAMPLES), mlp),
  },
  '200 training digits': { ...digits, kept: (seed, mlp) => known(drawn(seed, 200), mlp) },
  [`${KEPT_SAMPLES.toLocaleString('en-US')} generated digits`]: {
    ...digits,
    kept: (seed, mlp) => known(digitsDataset({ samples: KEPT_SAMPLES, seed }), mlp),
  },
  nothing: { ...digits, kept: () => undefined },
};

const kernels = await loadKernels();
const model = parseModel(readFileSync(MODEL), 'the model');
const { steps, learningRate, corrected, rehearsed } = LEARNING_DEFAULTS;
console.log(`${steps} steps a correction, learning rate ${learningRate}, ${corrected} corrected and ${rehearsed} kept digits a step; ${ORDERS} orders

| kept | corrections | errors on slanted digits | ordinary accuracy |
|---|---|---|---|`);
const times: number[] = [];
const best: (readonly Measure[])[] = [];
for (const [name, hand] of Object.entries(hands)) {
  const courses = Array.from({ length: ORDERS }, (_, i) => {
    const mlp = createMlp(kernels, model);
    const result = course(mlp, hand, i + 1);
    mlp.dispose();
    return result;
  });
  if (best.length === 0) {
    best.push(...courses.map(({ measures }) => measures));
    times.push(...courses.flatMap(({ milliseconds }) => milliseconds));
  }
  POINTS.forEach((point, i) => {
    const at = courses.flatMap(({ measures }) => measures.slice(i, i + 1));
    const cells = [at.map(({ errors }) => errors), at.map(({ ordinary }) => ordinary)].map(spread);
    console.log(`| ${name} | ${point} | ${cells.join(' | ')} |`);
  });
}
times.sort((a, b) => a - b);
const time = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? Number.NaN).toFixed(1);
// Of the first rows, order by order: what is left of the errors, and what the ordinary digits have lost.
const gone = best.map(([before, , after]) => 100 * (1 - (after?.errors ?? 0) / (before?.errors ?? 0)));
const lost = best.map(([before, , after]) => (before?.ordinary ?? 0) - (after?.ordinary ?? 0));
console.log(`
Mean ± standard deviation over the orders. With ${Object.keys(hands)[0]} ${spread(gone)} of the errors are gone after ${POINTS[2]}
corrections, at least ${Math.min(...gone).toFixed(1)}, and at most ${Math.max(...lost).toFixed(2)} points of ordinary accuracy. A correction takes ${time(0.5)} ms of
CPU in the median, ${time(0.99)} at the 99th percentile, on one core of ${cpus()[0]?.model}, Node ${process.version}.`);

function spread(values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return `${mean.toFixed(2)} ± ${Math.sqrt(variance).toFixed(2)} %`;
}
