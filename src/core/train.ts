import { checkOptions } from './arguments.ts';
import { AugmentationMemory } from './augmentation.ts';
import { withResources } from './borrow.ts';
import { type Checkpoint, checkResumable, type DatasetIdentity, identifyDataset } from './checkpoint.ts';
import { type AnyDataset, checkDataset, sampleCount } from './dataset.ts';
import { count, EdgeMlpError } from './errors.ts';
import { type Evaluation, evaluate, evaluationBytes } from './evaluate.ts';
import { writeFields } from './kernels.ts';
import type { EpochMetrics } from './metrics.ts';
import type { Mlp } from './mlp.ts';
import type { Parameters } from './parameters.ts';
import { choosePaths } from './paths.ts';
import { STREAMS } from './random.ts';
import { SampleMemory } from './sample-memory.ts';
import { learningRateAt } from './schedule.ts';
import { parameterCount } from './spec.ts';
import type { StepMeasures } from './step-series.ts';
import {
  checkTrainingOptions,
  pickTrainingOptions,
  TRAINING_DEFAULTS,
  type TrainingOptions,
  type TrainingOptionsInput,
} from './training-options.ts';
import { addToMean } from './weight-average.ts';

/** Hyperparameters, and what else a run is given. */
export interface TrainOptions extends TrainingOptionsInput {
  /** Measured at the end of every epoch. */
  readonly validation?: AnyDataset;
  /** Steps between two yields. It has no influence on the result. Default: some hundredths of a second of work. */
  readonly stepsPerSlice?: number;
  /** Goes on where this checkpoint was taken: parameters and options come from it, and only `epochs` may differ. */
  readonly resume?: Checkpoint;
}

interface Progress {
  /** The epoch that is running or has just ended, from 1. */
  readonly epoch: number;
  /** Epochs in all. */
  readonly epochs: number;
  /** Samples of this epoch that have been used. */
  readonly samples: number;
  /** Samples of the training set. */
  readonly samplesPerEpoch: number;
  /** Steps since the beginning of the run. */
  readonly step: number;
  /** The state of the run at this moment. Throws `bad-argument` once the generator has gone on or ended. */
  checkpoint(): Checkpoint;
}

/** A slice of steps was taken; `loss` and `accuracy` are the running means of this epoch. */
export interface SliceProgress extends Progress {
  /** Tells it from the end of an epoch. */
  readonly kind: 'slice';
  /** Running mean of this epoch, in formatNats. */
  readonly loss: number;
  /** Running mean of this epoch. */
  readonly accuracy: number;
  /** Measures of each step of the slice. */
  readonly stepMeasures: StepMeasures;
}

/** An epoch has ended and was measured on the validation set. */
export interface EpochProgress extends Progress {
  /** Tells it from a slice. */
  readonly kind: 'epoch';
  /** What the epoch came to. */
  readonly metrics: EpochMetrics;
  /** Whether the run ends with it: after its epochs, or because patience has. */
  readonly last: boolean;
}

/** What `train` yields. */
export type TrainProgress = SliceProgress | EpochProgress;

/** What `train` returns. */
export interface TrainResult {
  /** What each epoch came to. */
  readonly epochs: readonly EpochMetrics[];
  /** Steps in all. */
  readonly steps: number;
  /** Whose weights the network has in the end, from 1, where the run had patience. */
  readonly bestEpoch?: number;
}

/**
 * A step's mean loss above this, in formatNats, is divergence, though it is a number: in float32 the logits behind it have lost
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
 * every epoch, and the caller sets the pace. Mean or best weights, where they are asked for, are put in place at the end. Same
 * kernels, spec, data, options and seed give the same bytes, however the run is cut into slices or stopped and resumed.
 *
 * Throws `bad-argument`, `bad-shape`, `bad-data`, `not-finite`, `checkpoint-mismatch`, `out-of-memory`, and `diverged` with
 * the step at which the loss left the numbers.
 *
 * @example
 * ```ts
 * import { evaluate, Mlp, train } from 'edge-mlp';
 * import { digitsDataset } from 'edge-mlp/data';
 * import { loadKernels } from 'edge-mlp';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [784, 32, 10], seed: 1 });
 * for (const progress of train(mlp, digitsDataset({ samples: 1000, seed: 1 }), { epochs: 3, learningRate: 0.1 })) {
 *   if (progress.kind === 'epoch') console.error(progress.metrics);
 * }
 * console.log(evaluate(mlp, digitsDataset({ samples: 500, seed: 1, part: 1 })).accuracy > 0.8); // true
 * ```
 */
export function* train(
  mlp: Mlp,
  dataset: AnyDataset,
  options: TrainOptions = {},
): Generator<TrainProgress, TrainResult, void> {
  const run = new Run(mlp, dataset, options);
  try {
    run.start(options.resume);
    while (!run.over) {
      while (!run.epochEnded) {
        run.advance();
        yield run.sliceProgress();
      }
      yield run.endEpoch();
    }
    return run.conclude();
  } finally {
    run.dispose();
  }
}

/** Every name in TrainOptions. */
const OPTION_NAMES: ReadonlySet<string> = new Set([
  ...Object.keys(TRAINING_DEFAULTS),
  ...(['validation', 'stepsPerSlice', 'resume'] satisfies (keyof TrainOptions)[]),
]);

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
  #augmentation: AugmentationMemory | undefined;
  /** With averageEpochs, once they have begun: the mean of the weights. */
  #average: Parameters | undefined;
  /** With patience: the weights of the best epoch. */
  #best: Parameters | undefined;
  #order: number | undefined;
  /** Address of f32 [stepsPerSlice], then u32 [stepsPerSlice]: what the kernels say of each step. */
  #stepRecords: number | undefined;
  /** Steps of the last slice. */
  #sliceSteps = 0;
  /** Counts what has changed the run, so that an old progress cannot pass for the present. */
  #turn = 0;

  constructor(mlp: Mlp, dataset: AnyDataset, given: TrainOptions) {
    const { validation, stepsPerSlice, resume } = given;
    checkOptions('train', given, OPTION_NAMES);
    mlp.requireFloat32('train');
    this.#mlp = mlp;
    this.#dataset = dataset;
    this.#validation = validation;
    checkDataset(dataset, mlp.spec);
    if (validation !== undefined) checkDataset(validation, mlp.spec);
    this.#identity = identifyDataset(dataset);
    this.options = checkTrainingOptions({ ...resume?.options, ...pickTrainingOptions(given) });
    if (resume !== undefined) checkResumable(resume, mlp.spec, this.#identity, this.options);
    if (this.options.patience > 0 && validation === undefined) {
      throw new EdgeMlpError('bad-argument', 'patience: expected a validation set, by which the best epoch is known');
    }
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
    this.#mlp.relayout({
      ...{ precision: 'float32', rows: this.#rows, training: true },
      ...{ sparse, velocity: dense, gradient: dense, deferral },
    });
    this.#samples = SampleMemory.of(kernels, this.#dataset, paths);
    if (this.options.augment.kind !== 'none') {
      this.#augmentation = new AugmentationMemory(kernels, this.#dataset, this.options);
      this.#samples.augmentBy(this.#augmentation.address);
    }
    this.#order = kernels.allocate(sampleCount(this.#dataset) * Uint32Array.BYTES_PER_ELEMENT);
    this.#stepRecords = kernels.allocate(this.#stepsPerSlice * STEP_RECORD_BYTES);
    if (this.#validation !== undefined) kernels.reserve(evaluationBytes(this.#mlp, this.#validation));
    this.#writeOptions(this.#order, this.#stepRecords);
    if (resume !== undefined) this.#restore(resume);
    this.#beginEpoch();
  }

  /** Whether all epochs have ended, or patience has. */
  get over(): boolean {
    const { epochs, patience } = this.options;
    return this.epoch >= epochs || (patience > 0 && this.epoch > 0 && this.epoch - bestEpoch(this.history) >= patience);
  }

  get epochEnded(): boolean {
    return this.#cursor >= sampleCount(this.#dataset);
  }

  /** Takes one slice of steps. Throws `diverged`. */
  advance(): void {
    this.#turn++;
    const { kernels, memory } = this.#mlp;
    const { batchSize } = this.options;
    const left = Math.ceil((sampleCount(this.#dataset) - this.#cursor) / batchSize);
    const wanted = Math.min(left, this.#stepsPerSlice);
    const samples = this.#samples?.address ?? 0;
    const done =
      this.#rows > 1
        ? kernels.trainBatches(this.#trainer, memory.network, samples, wanted)
        : kernels.call.trainSteps(this.#trainer, memory.network, samples, wanted);
    this.step += done;
    this.#sliceSteps = done;
    if (done < wanted || !this.#parametersFinite()) this.#throwDiverged(done < wanted ? this.step + 1 : this.step);
  }

  sliceProgress(): SliceProgress {
    const { kernels } = this.#mlp;
    const records = this.#stepRecords ?? 0;
    return {
      kind: 'slice',
      ...this.#progress(this.epoch + 1),
      ...this.#runningMeans(),
      stepMeasures: {
        loss: kernels.floats(records, this.#sliceSteps).slice(),
        accuracy: this.#stepAccuracies(records),
      },
    };
  }

  /** The last step of an epoch may have fewer samples than the others. */
  #stepAccuracies(records: number): Float32Array {
    const correct = this.#mlp.kernels.words(records + this.#stepsPerSlice * FLOAT_BYTES, this.#sliceSteps);
    const accuracy = Float32Array.from(correct, (count) => count / this.#rows);
    const rest = sampleCount(this.#dataset) % this.#rows;
    if (this.epochEnded && rest > 0) accuracy[accuracy.length - 1] = (correct.at(-1) ?? 0) / rest;
    return accuracy;
  }

  /** Measures the epoch and makes ready for the next. */
  endEpoch(): EpochProgress {
    this.#turn++;
    const { loss, accuracy } = this.#runningMeans();
    this.#average = this.#averaged();
    const measured = this.#measure();
    this.epoch++;
    const metrics: EpochMetrics = {
      epoch: this.epoch,
      trainLoss: loss,
      trainAccuracy: accuracy,
      validationLoss: measured?.loss ?? null,
      validationAccuracy: measured?.accuracy ?? null,
    };
    this.history.push(metrics);
    if (this.options.patience > 0 && bestEpoch(this.history) === this.epoch) this.#best = this.#mlp.parameters();
    const progress = this.#progress(this.epoch);
    this.#writePlace(0, 0, 0);
    this.#beginEpoch();
    return { kind: 'epoch', ...progress, metrics, last: this.over };
  }

  /** Puts in place the weights that the run ends with. */
  conclude(): TrainResult {
    this.#turn++;
    const chosen = this.#average ?? this.#best;
    if (chosen !== undefined) this.#mlp.setParameters(chosen);
    return {
      epochs: this.history,
      steps: this.step,
      ...(this.options.patience > 0 ? { bestEpoch: bestEpoch(this.history) } : {}),
    };
  }

  dispose(): void {
    this.#turn++;
    const { kernels } = this.#mlp;
    this.#samples?.free();
    this.#augmentation?.free();
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
    const { momentum, weightDecay, nesterov } = this.options;
    writeFields(kernels, this.#trainer, {
      TRAINER_BATCH_SIZE: this.#rows,
      TRAINER_NESTEROV: Number(nesterov),
      TRAINER_ORDER: order,
      TRAINER_STEP_LOSSES: stepRecords,
      TRAINER_STEP_CORRECT: stepRecords + this.#stepsPerSlice * FLOAT_BYTES,
    });
    const record = this.#record;
    record.setFloat32(kernels.constant('TRAINER_MOMENTUM'), momentum, true);
    record.setFloat32(kernels.constant('TRAINER_WEIGHT_DECAY'), weightDecay, true);
    record.setFloat64(kernels.constant('TRAINER_LOSS_LIMIT'), DIVERGED_LOSS, true);
  }

  #writePlace(cursor: number, lossSum: number, correct: number): void {
    const { kernels } = this.#mlp;
    writeFields(kernels, this.#trainer, { TRAINER_CURSOR: cursor, TRAINER_CORRECT: correct });
    this.#record.setFloat64(kernels.constant('TRAINER_LOSS_SUM'), lossSum, true);
  }

  /** Order, learning rate and distortions of the epoch that comes now. */
  #beginEpoch(): void {
    if (this.#order !== undefined) this.#shuffle(this.#order);
    if (this.#augmentation !== undefined) this.#augmentation.epoch = this.epoch;
    const { kernels } = this.#mlp;
    const rate = learningRateAt(this.options, this.epoch);
    this.#record.setFloat32(kernels.constant('TRAINER_LEARNING_RATE'), rate, true);
  }

  /** The mean of the weights with those of the epoch that has just ended, where it counts. */
  #averaged(): Parameters | undefined {
    const { epochs, averageEpochs } = this.options;
    const formatCount = this.epoch - (epochs - averageEpochs);
    return formatCount < 0 || averageEpochs === 0
      ? undefined
      : addToMean(this.#average, formatCount, this.#mlp.parameters());
  }

  /** On the validation set: what the run would end with if it ended now. */
  #measure(): Evaluation | undefined {
    if (this.#validation === undefined) return undefined;
    if (this.#average === undefined) return evaluate(this.#mlp, this.#validation);
    const running = this.#mlp.parameters();
    this.#mlp.setParameters(this.#average);
    const measured = evaluate(this.#mlp, this.#validation);
    this.#mlp.setParameters(running);
    return measured;
  }

  /** The order depends on the seed and the number of the epoch alone: there is no generator to be saved. */
  #shuffle(order: number): void {
    const { kernels } = this.#mlp;
    withResources((hold) => {
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
    this.#average = checkpoint.average;
    this.#best = checkpoint.best;
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
      ...(this.#average === undefined ? {} : { average: this.#average }),
      ...(this.#best === undefined ? {} : { best: this.#best }),
    };
  }

  /** An update can overflow after a step whose loss was still in order; the next loss would show it, but there may be none. */
  #parametersFinite(): boolean {
    const { memory } = this.#mlp;
    return !this.epochEnded || memory.floats(memory.layout.parameters).every(Number.isFinite);
  }

  #throwDiverged(step: number): never {
    const epoch = this.epoch + 1;
    const learningRate = learningRateAt(this.options, this.epoch);
    throw new EdgeMlpError(
      'diverged',
      `diverged at step ${count(step)} (epoch ${epoch}), learning rate ${learningRate}: expected a loss below ${DIVERGED_LOSS}` +
        ' and finite weights; a smaller learning rate helps',
    );
  }
}

/** The epoch of the highest validation accuracy, from 1; of equals the one of the least loss, and of these the first. */
function bestEpoch(history: readonly EpochMetrics[]): number {
  const rank = ({ validationAccuracy, validationLoss }: EpochMetrics) => [
    validationAccuracy ?? 0,
    -(validationLoss ?? 0),
  ];
  let best: EpochMetrics | undefined;
  for (const metrics of history) {
    const [accuracy = 0, loss = 0] = rank(metrics);
    const [bestAccuracy = 0, bestLoss = 0] = best === undefined ? [-1] : rank(best);
    if (accuracy > bestAccuracy || (accuracy === bestAccuracy && loss > bestLoss)) best = metrics;
  }
  return best?.epoch ?? 0;
}

/** Steps of a slice, such that an epoch is cut into slices of the same length. */
function evenSlices(stepsPerEpoch: number, workPerStep: number): number {
  const slices = Math.ceil((stepsPerEpoch * workPerStep) / WORK_PER_SLICE);
  return Math.ceil(stepsPerEpoch / slices);
}

function checkWhole(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new EdgeMlpError('bad-argument', `${name}: expected a whole number of at least 1, got ${value}`);
}
