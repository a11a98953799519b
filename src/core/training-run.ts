/** One training run: its options, its place in the data, and its memory. */
import { checkOptions, checkPositiveInteger } from './arguments.ts';
import { AugmentationMemory } from './augmentation.ts';
import { type Checkpoint, checkResumable, type DatasetIdentity, identifyDataset } from './checkpoint.ts';
import { type AnyDataset, checkDataset, sampleCount } from './dataset.ts';
import { bestEpoch, checkPatience, isPatienceOver } from './early-stopping.ts';
import { EdgeMlpError, formatNumber } from './errors.ts';
import { evaluationBytes } from './evaluation-sums.ts';
import { chooseLoss, type Loss } from './loss.ts';
import { type AnyEvaluation, measure } from './measures.ts';
import type { EpochMetrics } from './metrics.ts';
import type { Mlp } from './mlp.ts';
import { listOptimizerState } from './optimizers.ts';
import type { Parameters } from './parameters.ts';
import { choosePaths } from './paths.ts';
import { SampleMemory } from './sample-memory.ts';
import { trainingWeights } from './sample-weights.ts';
import { learningRateAt } from './schedule.ts';
import { parameterCount, WORK_PER_SAMPLE } from './spec.ts';
import { countSteps, type StepMeasures } from './step-series.ts';
import type { EpochProgress, Progress, SliceProgress, TrainOptions, TrainResult } from './train-progress.ts';
import { EPOCH_START, TrainerMemory, type TrainerPlace } from './trainer-memory.ts';
import {
  checkTrainingOptions,
  pickTrainingOptions,
  TRAINING_OPTION_NAMES,
  type TrainingOptions,
} from './training-options.ts';
import { addToMean } from './weight-average.ts';

/**
 * A mean loss of a step above this, in nats, is divergence although it is finite: in float32, logits of that size have
 * no fractions. With too large a learning rate, saturated sigmoid units can keep the loss from reaching infinity.
 */
const DIVERGED_LOSS = 1e6;

/** The same for errors of 10^6 standard deviations. The squared error of an outlier among n samples can be n. */
const DIVERGED_REGRESSION_LOSS = 1e12;

/** Multiply-adds of one slice: 10 to 40 ms, short enough for a smooth progress bar and a prompt Ctrl-C. */
const WORK_PER_SLICE = 1e9;

const NO_STEPS: StepMeasures = { loss: new Float32Array(), accuracy: new Float32Array() };

const IN_TRAINING = new WeakSet<Mlp>();

/** The constructor checks all arguments; `start` allocates memory. */
export class TrainingRun {
  readonly options: TrainingOptions;
  readonly history: EpochMetrics[] = [];
  /** Completed epochs. */
  epoch = 0;
  /** Steps since the start of the run. */
  step = 0;
  readonly #mlp: Mlp;
  readonly #dataset: AnyDataset;
  readonly #identity: DatasetIdentity;
  readonly #validation: AnyDataset | undefined;
  readonly #loss: Loss;
  /** Factors of the samples' losses and gradients. */
  readonly #weights: Float32Array | undefined;
  /** Samples of a step; the last step of an epoch may have fewer. */
  readonly #rows: number;
  readonly #stepsPerSlice: number;
  #samples: SampleMemory | undefined;
  #augmentation: AugmentationMemory | undefined;
  #trainer: TrainerMemory | undefined;
  /** With averageEpochs, once these epochs have begun: the mean of the weights. */
  #average: Parameters | undefined;
  /** With patience: the weights of the best epoch. */
  #best: Parameters | undefined;
  /** The weights at the start of the epoch, in the order of the tiles: all finite. A run that diverges ends with them. */
  #kept: Float32Array | undefined;
  /** Steps of the last slice. */
  #sliceSteps = 0;
  /** Changes with the run, so that a stale progress object cannot make a checkpoint. */
  #turn = 0;

  constructor(mlp: Mlp, dataset: AnyDataset, given: TrainOptions) {
    const { validation, stepsPerSlice, resume } = given;
    const names = ['validation', 'stepsPerSlice', 'resume'] satisfies (keyof TrainOptions)[];
    checkOptions('train', given, [...TRAINING_OPTION_NAMES, ...names]);
    mlp.requireFloat32('train');
    this.#mlp = mlp;
    this.#dataset = dataset;
    this.#validation = validation;
    checkDataset(dataset, mlp.spec);
    if (validation !== undefined) checkDataset(validation, mlp.spec);
    this.#identity = identifyDataset(dataset);
    this.options = checkTrainingOptions({ ...resume?.options, ...pickTrainingOptions(given) });
    this.#loss = chooseLoss(mlp.spec, this.options.loss);
    this.#weights = trainingWeights(dataset, this.options.classWeight);
    if (resume !== undefined) checkResumable(resume, mlp.spec, this.#identity, this.options);
    checkPatience(this.options, validation !== undefined);
    if (stepsPerSlice !== undefined) checkPositiveInteger('stepsPerSlice', stepsPerSlice);
    if (IN_TRAINING.has(mlp)) throw new EdgeMlpError('bad-argument', 'train: this Mlp is already being trained');
    this.#rows = Math.min(this.options.batchSize, sampleCount(dataset));
    const stepsPerEpoch = countSteps(sampleCount(dataset), this.#rows);
    const work = this.#rows * (WORK_PER_SAMPLE + parameterCount(mlp.spec.layers));
    // A slice ends with its epoch: room for more steps would be wasted.
    this.#stepsPerSlice = Math.min(stepsPerSlice ?? evenSlices(stepsPerEpoch, work), stepsPerEpoch);
  }

  /** Allocates memory and restores a checkpoint. If it throws, `dispose` frees what was allocated. */
  start(resume: Checkpoint | undefined): void {
    const { kernels, spec } = this.#mlp;
    const { options } = this;
    const dataset = this.#dataset;
    IN_TRAINING.add(this.#mlp);
    const paths = choosePaths({ ...options, layers: spec.layers, dataset, threads: kernels.threads });
    const { pending, sparse } = paths;
    const state = listOptimizerState(options);
    const layout = { loss: this.#loss, rows: this.#rows, training: true, sparse, pending };
    const network = { ...layout, ...state, gradient: state.velocity, dropout: options.dropout > 0 };
    this.#mlp.relayout({ ...network, precision: 'float32' });
    this.#samples = SampleMemory.of(kernels, dataset, { ...paths, weights: this.#weights });
    if (options.augment.kind !== 'none') {
      this.#augmentation = new AugmentationMemory(kernels, dataset, options);
      this.#samples.augmentBy(this.#augmentation.address);
    }
    this.#trainer = new TrainerMemory(kernels, {
      ...options,
      samples: sampleCount(dataset),
      stepsPerSlice: this.#stepsPerSlice,
      batchSize: this.#rows,
      step: resume?.step ?? 0,
      lossLimit: this.#lossLimit,
    });
    if (this.#validation !== undefined) kernels.reserve(evaluationBytes(this.#mlp, this.#validation));
    if (resume !== undefined) this.#restore(resume);
    this.#beginEpoch();
  }

  /** Whether all epochs are completed, or patience has run out. */
  get over(): boolean {
    const { epochs, patience } = this.options;
    return this.epoch >= epochs || isPatienceOver(this.history, patience);
  }

  get epochEnded(): boolean {
    return this.#place.cursor >= sampleCount(this.#dataset);
  }

  /** Takes one slice of steps. Throws EdgeMlpError "diverged". */
  advance(): void {
    this.#turn++;
    const { kernels, memory } = this.#mlp;
    const left = countSteps(sampleCount(this.#dataset) - this.#place.cursor, this.options.batchSize);
    const steps = Math.min(left, this.#stepsPerSlice);
    const [trainer, samples] = [this.#trainer?.address ?? 0, this.#samples?.address ?? 0];
    const taken =
      this.#rows > 1
        ? kernels.trainBatches(trainer, memory.network, samples, steps)
        : kernels.call.trainSteps(trainer, memory.network, samples, steps);
    this.step += taken;
    this.#sliceSteps = taken;
    if (taken < steps || !this.#parametersFinite()) this.#throwDiverged(taken < steps ? this.step + 1 : this.step);
  }

  sliceProgress(): SliceProgress {
    const stepMeasures = this.#trainer?.stepMeasures(this.#sliceSteps) ?? NO_STEPS;
    if (this.#isRegression) stepMeasures.accuracy.fill(Number.NaN);
    return { kind: 'slice', ...this.#progress(this.epoch + 1), ...this.#runningMeans(), stepMeasures };
  }

  /** Measures the epoch and prepares the next one. */
  endEpoch(): EpochProgress {
    this.#turn++;
    const { loss, accuracy } = this.#runningMeans();
    this.#updateAverage();
    const measured = this.#measureFinite();
    this.epoch++;
    const metrics: EpochMetrics = {
      epoch: this.epoch,
      trainLoss: loss,
      trainAccuracy: accuracy,
      ...pickValidation(measured, this.#isRegression),
    };
    this.history.push(metrics);
    if (this.options.patience > 0 && bestEpoch(this.history) === this.epoch) this.#best = this.#mlp.parameters();
    const progress = this.#progress(this.epoch);
    this.#place = EPOCH_START;
    this.#beginEpoch();
    return { kind: 'epoch', ...progress, metrics, last: this.over };
  }

  /** Sets the weights that the run ends with. */
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
    this.#samples?.free();
    this.#augmentation?.free();
    this.#trainer?.free();
    IN_TRAINING.delete(this.#mlp);
    if (!this.#mlp.disposed) this.#mlp.relayout();
  }

  get #place(): TrainerPlace {
    return this.#trainer?.place ?? EPOCH_START;
  }

  set #place(place: TrainerPlace) {
    if (this.#trainer !== undefined) this.#trainer.place = place;
  }

  #beginEpoch(): void {
    const { parameters } = this.#mlp.memory;
    this.#kept ??= new Float32Array(parameters.length);
    this.#kept.set(parameters);
    if (this.#augmentation !== undefined) this.#augmentation.epoch = this.epoch;
    this.#trainer?.beginEpoch(this.options.seed, this.epoch, learningRateAt(this.options, this.epoch));
  }

  #updateAverage(): void {
    const { epochs, averageEpochs } = this.options;
    const averaged = this.epoch - (epochs - averageEpochs);
    if (averageEpochs === 0 || averaged < 0) return;
    this.#average = addToMean(this.#average, averaged, this.#mlp.parameters());
  }

  /** On the validation set, with the weights that the run would end with now. */
  #measure(): AnyEvaluation | undefined {
    if (this.#validation === undefined) return undefined;
    const { loss } = this.options;
    if (this.#average === undefined) return measure(this.#mlp, this.#validation, { loss });
    const running = this.#mlp.parameters();
    this.#mlp.setParameters(this.#average);
    const measured = measure(this.#mlp, this.#validation, { loss });
    this.#mlp.setParameters(running);
    return measured;
  }

  #restore(checkpoint: Checkpoint): void {
    this.#mlp.setParameters(checkpoint.parameters);
    if (checkpoint.velocity !== undefined) this.#mlp.setRange('velocity', checkpoint.velocity);
    if (checkpoint.secondMoment !== undefined) this.#mlp.setRange('secondMoment', checkpoint.secondMoment);
    this.epoch = checkpoint.epoch;
    this.step = checkpoint.step;
    this.history.push(...checkpoint.history);
    this.#average = checkpoint.average;
    this.#best = checkpoint.best;
    this.#place = checkpoint;
  }

  #runningMeans(): { loss: number; accuracy: number | null } {
    const { cursor, lossSum, correct } = this.#place;
    return { loss: lossSum / cursor, accuracy: this.#isRegression ? null : correct / cursor };
  }

  get #isRegression(): boolean {
    return this.#mlp.spec.task === 'regression';
  }

  get #lossLimit(): number {
    return this.#isRegression ? DIVERGED_REGRESSION_LOSS : DIVERGED_LOSS;
  }

  #progress(epoch: number): Progress {
    const turn = this.#turn;
    return {
      epoch,
      epochs: this.options.epochs,
      samples: this.#place.cursor,
      samplesPerEpoch: sampleCount(this.#dataset),
      step: this.step,
      checkpoint: () => this.#checkpoint(turn),
    };
  }

  #checkpoint(turn: number): Checkpoint {
    if (turn !== this.#turn) {
      throw new EdgeMlpError('bad-argument', 'checkpoint: expected a call before the generator continues or ends');
    }
    const [velocity, secondMoment] = [this.#mlp.range('velocity'), this.#mlp.range('secondMoment')];
    return {
      spec: this.#mlp.spec,
      options: this.options,
      dataset: this.#identity,
      epoch: this.epoch,
      step: this.step,
      ...this.#place,
      history: [...this.history],
      parameters: this.#mlp.parameters(),
      ...(velocity === undefined ? {} : { velocity }),
      ...(secondMoment === undefined ? {} : { secondMoment }),
      ...(this.#average === undefined ? {} : { average: this.#average }),
      ...(this.#best === undefined ? {} : { best: this.#best }),
    };
  }

  /**
   * The last update of an epoch can overflow after a finite loss. The next loss would show it, but there may be none.
   */
  #parametersFinite(): boolean {
    const { memory } = this.#mlp;
    return !this.epochEnded || memory.parameters.every(Number.isFinite);
  }

  /** Weights that are finite but so large that the validation inputs overflow in the network have diverged. */
  #measureFinite(): AnyEvaluation | undefined {
    try {
      return this.#measure();
    } catch (error) {
      if (error instanceof EdgeMlpError && error.code === 'not-finite') this.#throwDiverged(this.step, error);
      throw error;
    }
  }

  #throwDiverged(step: number, cause?: EdgeMlpError): never {
    if (this.#kept !== undefined) this.#mlp.memory.parameters.set(this.#kept);
    const learningRate = learningRateAt(this.options, this.epoch);
    const place = `step ${formatNumber(step)} (epoch ${this.epoch + 1}), learning rate ${learningRate}`;
    throw new EdgeMlpError(
      'diverged',
      `diverged at ${place}: expected a loss below ${this.#lossLimit} and finite weights; use a smaller learning rate`,
      cause && { cause },
    );
  }
}

/** The validation measures of an epoch. */
function pickValidation(measured: AnyEvaluation | undefined, regression: boolean) {
  if (measured !== undefined && 'accuracy' in measured) {
    return { validationLoss: measured.loss, validationAccuracy: measured.accuracy };
  }
  const measures = { validationLoss: measured?.loss ?? null, validationAccuracy: null };
  return regression ? { ...measures, validationR2: measured?.r2 ?? null } : measures;
}

/** Steps of a slice that cut an epoch into slices of about equal length. */
function evenSlices(stepsPerEpoch: number, workPerStep: number): number {
  const slices = Math.ceil((stepsPerEpoch * workPerStep) / WORK_PER_SLICE);
  return Math.ceil(stepsPerEpoch / slices);
}
