import { borrowing } from './borrow.ts';
import {
  type Checkpoint,
  checkResumable,
  type DatasetIdentity,
  identityOf,
  type TrainingOptions,
} from './checkpoint.ts';
import { type AnyDataset, checkDataset, sampleCount } from './dataset.ts';
import { count, EdgeMlpError } from './errors.ts';
import { evaluate, evaluationBytes } from './evaluate.ts';
import { writeFields } from './kernels.ts';
import type { Mlp } from './mlp.ts';
import { choosePaths } from './paths.ts';
import { STREAMS } from './random.ts';
import { SampleMemory } from './sample-memory.ts';
import { checkSeed, parameterCount } from './spec.ts';

export interface TrainOptions extends Partial<TrainingOptions> {
  /** Measured at the end of every epoch. */
  readonly validation?: AnyDataset;
  /** Steps between two yields. It has no influence on the result. Default: some hundredths of a second of work. */
  readonly stepsPerSlice?: number;
  /** Goes on where this checkpoint was taken: parameters and options come from it, and only `epochs` may differ. */
  readonly resume?: Checkpoint;
}

/** scikit-learn's and PyTorch's names; the values are the assignment's. */
export const TRAINING_DEFAULTS: TrainingOptions = {
  epochs: 5,
  learningRate: 0.03,
  batchSize: 1,
  momentum: 0,
  weightDecay: 0,
  seed: 1,
};

export interface EpochMetrics {
  /** From 1. */
  readonly epoch: number;
  /** Mean loss of the epoch's samples, in nats, each with the weights of its moment. */
  readonly trainLoss: number;
  /** Share of the epoch's samples that were classified correctly, each with the weights of its moment. */
  readonly trainAccuracy: number;
  /** With the weights at the end of the epoch; null without a validation set. */
  readonly validationLoss: number | null;
  readonly validationAccuracy: number | null;
}

interface Progress {
  /** The epoch that is running or has just ended, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Samples of this epoch that have been used. */
  readonly samples: number;
  readonly samplesPerEpoch: number;
  /** Steps since the beginning of the run. */
  readonly step: number;
  /** The state of the run at this moment. Throws `bad-argument` once the generator has gone on or ended. */
  checkpoint(): Checkpoint;
}

/** A slice of steps was taken; `loss` and `accuracy` are the running means of this epoch. */
export interface SliceProgress extends Progress {
  readonly kind: 'slice';
  readonly loss: number;
  readonly accuracy: number;
  /** Of each step of the slice, [steps]: the mean loss of its samples, in nats, before its update … */
  readonly stepLosses: Float32Array;
  /** … and how many of its samples were classified correctly. */
  readonly stepCorrect: Uint32Array;
}

/** An epoch has ended and was measured on the validation set. */
export interface EpochProgress extends Progress {
  readonly kind: 'epoch';
  readonly metrics: EpochMetrics;
}

export type TrainProgress = SliceProgress | EpochProgress;

export interface TrainResult {
  readonly epochs: readonly EpochMetrics[];
  /** Steps in all. */
  readonly steps: number;
}

/**
 * A step's mean loss above this, in nats, is divergence, though it is a number: in float32 the logits behind it have lost
 * their fractions. Saturated sigmoid units can keep a run of absurd learning rate from ever reaching infinity.
 */
export const DIVERGED_LOSS = 1e6;

/** Multiply-adds of one slice: 10 to 40 ms, short enough for a smooth progress bar and a prompt Ctrl-C. */
const WORK_PER_SLICE = 1e9;

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
const STEP_RECORD_BYTES = FLOAT_BYTES + Uint32Array.BYTES_PER_ELEMENT;

const IN_TRAINING = new WeakSet<Mlp>();

/**
 * Trains a network by mini-batch SGD on softmax cross-entropy. A generator: it yields after every slice of steps and after
 * every epoch, and the caller sets the pace. Same kernels, spec, data, options and seed give the same bytes, however the
 * run is cut into slices or stopped and resumed.
 *
 * Throws `bad-argument`, `bad-shape`, `bad-data`, `not-finite`, `checkpoint-mismatch`, `out-of-memory`, and `diverged` with
 * the step at which the loss left the numbers.
 *
 * @example
 * for (const progress of train(mlp, trainingSet, { epochs: 5, learningRate: 0.03 })) show(progress);
 */
export function* train(
  mlp: Mlp,
  dataset: AnyDataset,
  options: TrainOptions = {},
): Generator<TrainProgress, TrainResult, void> {
  const run = new Run(mlp, dataset, options);
  try {
    run.start(options.resume);
    while (run.epoch < run.options.epochs) {
      while (!run.epochEnded) {
        run.advance();
        yield run.sliceProgress();
      }
      yield run.endEpoch();
    }
    return { epochs: run.history, steps: run.step };
  } finally {
    run.dispose();
  }
}

/** Every name in TrainOptions. */
const OPTION_NAMES: ReadonlySet<string> = new Set([
  ...Object.keys(TRAINING_DEFAULTS),
  ...(['validation', 'stepsPerSlice', 'resume'] satisfies (keyof TrainOptions)[]),
]);

function checkNames(options: TrainOptions): void {
  const unknown = Object.keys(options).find((name) => !OPTION_NAMES.has(name));
  if (unknown === undefined) return;
  throw new EdgeMlpError('bad-argument', `train: expected options of ${[...OPTION_NAMES].join(', ')}, got ${unknown}`);
}

/** Checks hyperparameters and fills in the defaults. Throws `bad-argument`. */
export function checkTrainingOptions(options: Partial<TrainingOptions>): TrainingOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const all: TrainingOptions = { ...TRAINING_DEFAULTS, ...given };
  checkWhole('epochs', all.epochs);
  checkWhole('batchSize', all.batchSize);
  checkNumber('learningRate', all.learningRate, 'a number above 0', (value) => value > 0);
  checkNumber(
    'momentum',
    all.momentum,
    'a number from 0 up to, but not including, 1',
    (value) => value >= 0 && value < 1,
  );
  checkNumber('weightDecay', all.weightDecay, 'a number of at least 0', (value) => value >= 0);
  checkSeed(all.seed);
  const { epochs, learningRate, batchSize, momentum, weightDecay, seed } = all;
  return { epochs, learningRate, batchSize, momentum, weightDecay, seed };
}

/** One run: its memory and its place in the data. Made by checking everything, started by taking memory. */
class Run {
  readonly options: TrainingOptions;
  readonly history: EpochMetrics[] = [];
  /** Epochs that have ended. */
  epoch = 0;
  /** Steps since the beginning. */
  step = 0;
  readonly #mlp: Mlp;
  readonly #dataset: AnyDataset;
  readonly #identity: DatasetIdentity;
  readonly #validation: AnyDataset | undefined;
  readonly #rows: number;
  readonly #stepsPerSlice: number;
  #samples: SampleMemory | undefined;
  #order: number | undefined;
  /** Address of f32 [stepsPerSlice], then u32 [stepsPerSlice]: what the kernels say of each step. */
  #stepRecords: number | undefined;
  /** Steps of the last slice. */
  #sliceSteps = 0;
  /** Counts what has changed the run, so that an old progress cannot pass for the present. */
  #turn = 0;

  constructor(mlp: Mlp, dataset: AnyDataset, given: TrainOptions) {
    const { validation, stepsPerSlice, resume } = given;
    checkNames(given);
    this.#mlp = mlp;
    this.#dataset = dataset;
    this.#validation = validation;
    checkDataset(dataset, mlp.spec);
    if (validation !== undefined) checkDataset(validation, mlp.spec);
    this.#identity = identityOf(dataset);
    if (resume !== undefined) checkResumable(resume, mlp.spec, this.#identity, given);
    this.options = checkTrainingOptions({ ...resume?.options, ...withoutUndefined(given) });
    if (stepsPerSlice !== undefined) checkWhole('stepsPerSlice', stepsPerSlice);
    if (IN_TRAINING.has(mlp)) throw new EdgeMlpError('bad-argument', 'train: this Mlp is being trained already');
    this.#rows = Math.min(this.options.batchSize, sampleCount(dataset));
    const stepsPerEpoch = Math.ceil(sampleCount(dataset) / this.#rows);
    const work = this.#rows * parameterCount(mlp.spec.layers);
    // A slice ends with its epoch: room for more steps would be wasted.
    this.#stepsPerSlice = Math.min(stepsPerSlice ?? evenSlices(stepsPerEpoch, work), stepsPerEpoch);
  }

  /** Takes all the memory that the run will need. Whatever it throws, `dispose` gives back what was taken. */
  start(resume: Checkpoint | undefined): void {
    const { kernels } = this.#mlp;
    const dense = this.options.momentum > 0 || this.options.weightDecay > 0;
    IN_TRAINING.add(this.#mlp);
    const { layers } = this.#mlp.spec;
    const paths = choosePaths({ ...this.options, layers, dataset: this.#dataset, threads: kernels.threads });
    const { deferral, sparse } = paths;
    this.#mlp.relayout({ rows: this.#rows, training: true, sparse, velocity: dense, gradient: dense, deferral });
    this.#samples = SampleMemory.of(kernels, this.#dataset, paths);
    this.#order = kernels.allocate(sampleCount(this.#dataset) * Uint32Array.BYTES_PER_ELEMENT);
    this.#stepRecords = kernels.allocate(this.#stepsPerSlice * STEP_RECORD_BYTES);
    if (this.#validation !== undefined) kernels.reserve(evaluationBytes(this.#mlp, this.#validation));
    this.#writeOptions(this.#order, this.#stepRecords);
    if (resume !== undefined) this.#restore(resume);
    this.#shuffle(this.#order);
  }

  get epochEnded(): boolean {
    return this.#cursor >= sampleCount(this.#dataset);
  }

  /** Takes one slice of steps. Throws `diverged`. */
  advance(): void {
    this.#turn++;
    const { kernels, memory } = this.#mlp;
    const { batchSize, learningRate } = this.options;
    const left = Math.ceil((sampleCount(this.#dataset) - this.#cursor) / batchSize);
    const wanted = Math.min(left, this.#stepsPerSlice);
    const samples = this.#samples?.address ?? 0;
    const done =
      this.#rows > 1
        ? kernels.trainBatches(this.#trainer, memory.network, samples, wanted)
        : kernels.call.trainSteps(this.#trainer, memory.network, samples, wanted);
    this.step += done;
    this.#sliceSteps = done;
    if (done < wanted || !this.#parametersFinite())
      this.#throwDiverged(done < wanted ? this.step + 1 : this.step, learningRate);
  }

  sliceProgress(): SliceProgress {
    const { kernels } = this.#mlp;
    const records = this.#stepRecords ?? 0;
    return {
      kind: 'slice',
      ...this.#progress(this.epoch + 1),
      ...this.#runningMeans(),
      stepLosses: kernels.floats(records, this.#sliceSteps).slice(),
      stepCorrect: kernels.words(records + this.#stepsPerSlice * FLOAT_BYTES, this.#sliceSteps).slice(),
    };
  }

  /** Measures the epoch and makes ready for the next. */
  endEpoch(): EpochProgress {
    this.#turn++;
    const { loss, accuracy } = this.#runningMeans();
    const measured = this.#validation === undefined ? undefined : evaluate(this.#mlp, this.#validation);
    this.epoch++;
    const metrics: EpochMetrics = {
      epoch: this.epoch,
      trainLoss: loss,
      trainAccuracy: accuracy,
      validationLoss: measured?.loss ?? null,
      validationAccuracy: measured?.accuracy ?? null,
    };
    this.history.push(metrics);
    const progress = this.#progress(this.epoch);
    this.#startEpoch();
    return { kind: 'epoch', ...progress, metrics };
  }

  dispose(): void {
    this.#turn++;
    const { kernels } = this.#mlp;
    this.#samples?.free();
    if (this.#order !== undefined) kernels.free(this.#order);
    if (this.#stepRecords !== undefined) kernels.free(this.#stepRecords);
    IN_TRAINING.delete(this.#mlp);
    if (!this.#mlp.disposed) this.#mlp.relayout();
  }

  /** Address of the Trainer record. */
  get #trainer(): number {
    const { memory } = this.#mlp;
    return memory.address(memory.layout.trainer);
  }

  get #cursor(): number {
    return this.#record.getUint32(this.#mlp.kernels.constant('TRAINER_CURSOR'), true);
  }

  get #lossSum(): number {
    return this.#record.getFloat64(this.#mlp.kernels.constant('TRAINER_LOSS_SUM'), true);
  }

  get #correct(): number {
    return this.#record.getUint32(this.#mlp.kernels.constant('TRAINER_CORRECT'), true);
  }

  get #record(): DataView {
    return this.#mlp.kernels.record(this.#trainer);
  }

  #writeOptions(order: number, stepRecords: number): void {
    const { kernels } = this.#mlp;
    const { learningRate, momentum, weightDecay } = this.options;
    writeFields(kernels, this.#trainer, {
      TRAINER_BATCH_SIZE: this.#rows,
      TRAINER_ORDER: order,
      TRAINER_STEP_LOSSES: stepRecords,
      TRAINER_STEP_CORRECT: stepRecords + this.#stepsPerSlice * FLOAT_BYTES,
    });
    const record = this.#record;
    record.setFloat32(kernels.constant('TRAINER_LEARNING_RATE'), learningRate, true);
    record.setFloat32(kernels.constant('TRAINER_MOMENTUM'), momentum, true);
    record.setFloat32(kernels.constant('TRAINER_WEIGHT_DECAY'), weightDecay, true);
    record.setFloat64(kernels.constant('TRAINER_LOSS_LIMIT'), DIVERGED_LOSS, true);
  }

  #writePlace(cursor: number, lossSum: number, correct: number): void {
    const { kernels } = this.#mlp;
    writeFields(kernels, this.#trainer, { TRAINER_CURSOR: cursor, TRAINER_CORRECT: correct });
    this.#record.setFloat64(kernels.constant('TRAINER_LOSS_SUM'), lossSum, true);
  }

  #startEpoch(): void {
    this.#writePlace(0, 0, 0);
    if (this.#order !== undefined) this.#shuffle(this.#order);
  }

  /** The order depends on the seed and the number of the epoch alone: there is no generator to be saved. */
  #shuffle(order: number): void {
    const { kernels } = this.#mlp;
    borrowing((hold) => {
      const state = hold(kernels.block(kernels.constant('RANDOM_STATE_BYTES'))).address;
      kernels.call.seedRandom(state, this.options.seed, STREAMS.shuffle, this.epoch);
      kernels.call.shuffle(order, state, sampleCount(this.#dataset));
    });
  }

  #restore(checkpoint: Checkpoint): void {
    this.#mlp.setParameters(checkpoint.parameters);
    if (checkpoint.velocity !== undefined) this.#mlp.setVelocity(checkpoint.velocity);
    this.epoch = checkpoint.epoch;
    this.step = checkpoint.step;
    for (const metrics of checkpoint.history) this.history.push(metrics);
    this.#writePlace(checkpoint.cursor, checkpoint.lossSum, checkpoint.correct);
  }

  #runningMeans(): { loss: number; accuracy: number } {
    return { loss: this.#lossSum / this.#cursor, accuracy: this.#correct / this.#cursor };
  }

  #progress(epoch: number): Progress {
    const turn = this.#turn;
    return {
      epoch,
      epochs: this.options.epochs,
      samples: this.#cursor,
      samplesPerEpoch: sampleCount(this.#dataset),
      step: this.step,
      checkpoint: () => this.#checkpoint(turn),
    };
  }

  #checkpoint(turn: number): Checkpoint {
    if (turn !== this.#turn) {
      throw new EdgeMlpError('bad-argument', 'checkpoint: expected to be called before the generator goes on or ends');
    }
    const velocity = this.#mlp.velocity();
    return {
      spec: this.#mlp.spec,
      options: this.options,
      dataset: this.#identity,
      epoch: this.epoch,
      step: this.step,
      cursor: this.#cursor,
      lossSum: this.#lossSum,
      correct: this.#correct,
      history: [...this.history],
      parameters: this.#mlp.parameters(),
      ...(velocity === undefined ? {} : { velocity }),
    };
  }

  /** An update can overflow after a step whose loss was still in order; the next loss would show it, but there may be none. */
  #parametersFinite(): boolean {
    const { memory } = this.#mlp;
    return !this.epochEnded || memory.floats(memory.layout.parameters).every(Number.isFinite);
  }

  #throwDiverged(step: number, learningRate: number): never {
    const epoch = this.epoch + 1;
    throw new EdgeMlpError(
      'diverged',
      `diverged at step ${count(step)} (epoch ${epoch}), learning rate ${learningRate}: expected a loss below ${DIVERGED_LOSS}` +
        ' and finite weights; a smaller learning rate helps',
    );
  }
}

/** Steps of a slice, such that an epoch is cut into slices of the same length. */
function evenSlices(stepsPerEpoch: number, workPerStep: number): number {
  const slices = Math.ceil((stepsPerEpoch * workPerStep) / WORK_PER_SLICE);
  return Math.ceil(stepsPerEpoch / slices);
}

function withoutUndefined(options: TrainOptions): Partial<TrainingOptions> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function checkWhole(name: string, value: number): void {
  checkNumber(name, value, 'a whole number of at least 1', (number) => Number.isSafeInteger(number) && number >= 1);
}

/** Values are checked as the kernels will see them: 1e-50 is 0 in float32, and 1e39 infinite. */
function checkNumber(name: string, value: number, expected: string, accept: (value: number) => boolean): void {
  if (!(Number.isFinite(Math.fround(value)) && accept(Number.isInteger(value) ? value : Math.fround(value)))) {
    throw new EdgeMlpError('bad-argument', `${name}: expected ${expected}, got ${value}`);
  }
}
