/** The workloads: networks, data, training options and metrics. */
import type { Network, Outcome } from './task.ts';

/** Turns a cost, in seconds or bytes, into the figure of a table. */
export interface Metric {
  /** Column heading. */
  readonly title: string;
  readonly unit: string;
  /** Converts a cost to `unit`. */
  readonly convert: (cost: number) => number;
}

/** Also turns an outcome into a cost. */
interface OutcomeMetric extends Metric {
  /** Lower is better; the basis of ratios. */
  readonly cost: (outcome: Outcome, samples: number) => number;
}

/** MNIST or generated digits; 784 nonzero values; two and eight values. */
export type DataName = 'digits' | 'dense' | 'pairs' | 'octets';

interface NamedWorkload {
  readonly name: string;
  readonly title: string;
  readonly metric: Metric;
}

/** Work that every contender can do on the same files. */
interface CommonWorkload extends NamedWorkload {
  readonly network: Network;
  readonly data: DataName;
  readonly metric: OutcomeMetric;
}

export interface TrainWorkload extends CommonWorkload {
  readonly kind: 'train';
  readonly batchSize: number;
  readonly learningRate: number;
  readonly momentum: number;
  /** Samples per epoch. */
  readonly samples: number;
  /**
   * Numbers of samples after which running mean losses are compared, all multiples of the first. They are also compared
   * at the end.
   */
  readonly checkpoints: readonly number[];
  /** Unmeasured steps, during which engines compile. */
  readonly warmSteps: number;
}

export interface PredictWorkload extends CommonWorkload {
  readonly kind: 'predict';
  readonly batch: number;
}

export interface ColdWorkload extends CommonWorkload {
  readonly kind: 'cold';
}

export type SharedWorkload = TrainWorkload | PredictWorkload | ColdWorkload;

/** Commands of edge-mlp as a whole, which commands.ts runs. */
export interface CommandWorkload extends NamedWorkload {
  readonly kind: 'command';
  readonly name: 'job' | 'reproduce';
}

export type Workload = SharedWorkload | CommandWorkload;

/** Samples of an MNIST epoch; times of fewer samples are scaled to it. */
export const EPOCH = 60_000;

const seconds = (outcome: Outcome, samples: number) =>
  outcome.kind === 'train' ? outcome.seconds / samples : outcome.seconds;

const EPOCH_TIME: OutcomeMetric = {
  title: 'time per epoch',
  unit: 's',
  cost: seconds,
  convert: (cost) => cost * EPOCH,
};
const STEPS: OutcomeMetric = {
  title: 'throughput',
  unit: 'thousand steps/s',
  cost: seconds,
  convert: (cost) => 1e-3 / cost,
};
const DIGIT_TIME: OutcomeMetric = { title: 'time per digit', unit: 'µs', cost: seconds, convert: (cost) => cost * 1e6 };
const COLD_TIME: OutcomeMetric = {
  title: 'time to first prediction',
  unit: 'ms',
  cost: seconds,
  convert: (cost) => cost * 1e3,
};
const PEAK: OutcomeMetric = {
  title: 'peak memory',
  unit: 'MB',
  cost: (outcome) => (outcome.kind === 'train' ? outcome.peakBytes : Number.NaN),
  convert: (cost) => cost / 1e6,
};

const COMMAND_TIME: Metric = { title: 'time', unit: 's', convert: (cost) => cost };

const SHALLOW: Network = { layers: [784, 300, 10], hiddenActivation: 'sigmoid' };
const DIGITS_EPOCH = {
  kind: 'train',
  network: SHALLOW,
  data: 'digits',
  metric: EPOCH_TIME,
  samples: EPOCH,
  warmSteps: 20,
} as const;
const MINI_BATCH = { ...DIGITS_EPOCH, learningRate: 0.03, momentum: 0, checkpoints: [1280, 6400, 12_800] } as const;
const TINY = {
  kind: 'train',
  metric: STEPS,
  batchSize: 1,
  learningRate: 0.1,
  momentum: 0,
  samples: 512_000,
  // The measured steps take 100 to 200 ms, in which the engine would still compile.
  warmSteps: 20_000,
} as const;

export const WORKLOADS: readonly Workload[] = [
  {
    ...DIGITS_EPOCH,
    name: 'sgd',
    title: 'One epoch of per-sample SGD, 784-300-10, 60,000 digits',
    batchSize: 1,
    learningRate: 0.03,
    momentum: 0,
    checkpoints: [320, 6400],
  },
  ...[64, 256].map(
    (batchSize): SharedWorkload => ({
      ...MINI_BATCH,
      name: `batch-${batchSize}`,
      title: `One epoch in batches of ${batchSize}, 784-300-10, 60,000 digits`,
      batchSize,
    }),
  ),
  {
    ...MINI_BATCH,
    name: 'dense-64',
    title: 'One epoch in batches of 64, 784-300-10, 60,000 samples without zeros',
    data: 'dense',
    batchSize: 64,
    samples: 6400,
    checkpoints: [1280],
  },
  {
    ...MINI_BATCH,
    name: 'deep-64',
    title: 'One epoch in batches of 64, 784-512-256-10, relu, momentum 0.9, 60,000 digits',
    network: { layers: [784, 512, 256, 10], hiddenActivation: 'relu' },
    batchSize: 64,
    learningRate: 0.01,
    momentum: 0.9,
  },
  {
    ...TINY,
    name: 'tiny-2-3-2',
    title: 'Per-sample SGD of a 2-3-2 network',
    network: { layers: [2, 3, 2], hiddenActivation: 'sigmoid' },
    data: 'pairs',
    checkpoints: [640, 6400, 102_400],
  },
  {
    ...TINY,
    name: 'tiny-8-16-3',
    title: 'Per-sample SGD of an 8-16-3 network',
    network: { layers: [8, 16, 3], hiddenActivation: 'sigmoid' },
    data: 'octets',
    checkpoints: [640, 6400, 102_400],
  },
  {
    name: 'predict-1',
    title: 'One digit in one call, 784-300-10',
    kind: 'predict',
    network: SHALLOW,
    data: 'digits',
    metric: DIGIT_TIME,
    batch: 1,
  },
  {
    name: 'predict-10000',
    title: '10,000 digits in one call, 784-300-10',
    kind: 'predict',
    network: SHALLOW,
    data: 'digits',
    metric: DIGIT_TIME,
    batch: 10_000,
  },
  {
    name: 'cold-start',
    title: 'Loading the bundled model and predicting one digit, in a fresh process',
    kind: 'cold',
    network: { ...SHALLOW, hiddenActivation: 'silu' },
    data: 'digits',
    metric: COLD_TIME,
  },
  {
    ...MINI_BATCH,
    name: 'memory',
    title: 'Resident memory of a process that trains one epoch in batches of 64',
    batchSize: 64,
    metric: PEAK,
  },
  {
    name: 'job',
    title: 'Five epochs of 784-300-10 on 60,000 digits, with `edge-mlp train` and as a job in `wrangler dev`',
    kind: 'command',
    metric: COMMAND_TIME,
  },
  {
    name: 'reproduce',
    title: 'The whole assignment, `edge-mlp reproduce --fresh`, on all cores',
    kind: 'command',
    metric: COMMAND_TIME,
  },
];

/** Limits of a quick run, large enough to detect wrong results. */
export const QUICK = { samples: 320, tinySamples: 51_200, test: 320, checkpoints: [64], calls: 2 } as const;

const isTiny = (data: DataName) => data === 'pairs' || data === 'octets';

/** Tiny networks learn what they can: the accuracy is compared of one that trains on another loss. */
export function quickSamples(data: DataName): number {
  return isTiny(data) ? QUICK.tinySamples : QUICK.samples;
}

/** The workload with the sizes of a quick run. */
export function shrinkWorkload(workload: SharedWorkload): SharedWorkload {
  if (workload.kind === 'predict') return { ...workload, batch: Math.min(workload.batch, QUICK.test) };
  if (workload.kind === 'cold') return workload;
  const samples = quickSamples(workload.data);
  const checkpoints = isTiny(workload.data) ? workload.checkpoints : QUICK.checkpoints;
  const { batchSize } = workload;
  return { ...workload, samples, checkpoints: checkpoints.filter((n) => n < samples && n % batchSize === 0) };
}
