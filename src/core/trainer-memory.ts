/** Linear memory of a run: samples, distortions, order, records of its steps, and the Trainer record of the kernels. */
import { AugmentationMemory } from './augmentation.ts';
import { withResources } from './borrow.ts';
import { type AnyDataset, sampleCount } from './dataset.ts';
import { evaluationBytes } from './evaluate.ts';
import { writeFields } from './kernels.ts';
import type { Mlp } from './mlp.ts';
import { choosePaths } from './paths.ts';
import { STREAMS } from './random.ts';
import { SampleMemory } from './sample-memory.ts';
import type { StepMeasures } from './step-series.ts';
import type { TrainingOptions } from './training-options.ts';

/**
 * A mean loss of a step above this, in nats, is divergence although it is finite: in float32, logits of that size have no
 * fractions. Saturated sigmoid units can keep a run with an absurd learning rate from ever reaching infinity.
 */
export const DIVERGED_LOSS = 1e6;

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
const STEP_RECORD_BYTES = FLOAT_BYTES + Uint32Array.BYTES_PER_ELEMENT;

export interface TrainerOptions {
  readonly options: TrainingOptions;
  readonly dataset: AnyDataset;
  readonly validation: AnyDataset | undefined;
  /** Samples of a step; the last step of an epoch may have fewer. */
  readonly rows: number;
  readonly stepsPerSlice: number;
}

export class TrainerMemory {
  readonly #mlp: Mlp;
  readonly #trainer: TrainerOptions;
  #samples: SampleMemory | undefined;
  #augmentation: AugmentationMemory | undefined;
  /** Address of u32 [samples]. */
  #order: number | undefined;
  /** Address of f32 [stepsPerSlice], then u32 [stepsPerSlice]: loss and correct samples of each step. */
  #stepRecords: number | undefined;

  constructor(mlp: Mlp, trainer: TrainerOptions) {
    this.#mlp = mlp;
    this.#trainer = trainer;
  }

  /** Allocates all the memory that the run needs. If it throws, `free` frees what was allocated. */
  allocate(): void {
    const { kernels, spec } = this.#mlp;
    const { options, dataset, validation, rows, stepsPerSlice } = this.#trainer;
    const { layers } = spec;
    const paths = choosePaths({ ...options, layers, dataset, threads: kernels.threads });
    const { deferral, sparse } = paths;
    const velocity = options.momentum > 0 || options.weightDecay > 0;
    const layout = { rows, training: true, sparse, velocity, gradient: velocity, deferral };
    this.#mlp.relayout({ ...layout, precision: 'float32' });
    this.#samples = SampleMemory.of(kernels, dataset, paths);
    if (options.augment.kind !== 'none') {
      this.#augmentation = new AugmentationMemory(kernels, dataset, options);
      this.#samples.augmentBy(this.#augmentation.address);
    }
    this.#order = kernels.allocate(sampleCount(dataset) * Uint32Array.BYTES_PER_ELEMENT);
    this.#stepRecords = kernels.allocate(stepsPerSlice * STEP_RECORD_BYTES);
    if (validation !== undefined) kernels.reserve(evaluationBytes(this.#mlp, validation));
    this.#writeOptions(this.#order, this.#stepRecords);
  }

  free(): void {
    const { kernels } = this.#mlp;
    this.#samples?.free();
    this.#augmentation?.free();
    if (this.#order !== undefined) kernels.free(this.#order);
    if (this.#stepRecords !== undefined) kernels.free(this.#stepRecords);
    if (!this.#mlp.disposed) this.#mlp.relayout();
  }

  /** Samples of the running epoch that have been used. */
  get cursor(): number {
    return this.#record.getUint32(this.#mlp.kernels.constant('TRAINER_CURSOR'), true);
  }

  /** Sum of the losses of these samples, in nats. */
  get lossSum(): number {
    return this.#record.getFloat64(this.#mlp.kernels.constant('TRAINER_LOSS_SUM'), true);
  }

  /** How many of these samples were classified correctly. */
  get correct(): number {
    return this.#record.getUint32(this.#mlp.kernels.constant('TRAINER_CORRECT'), true);
  }

  setPlace(place: { readonly cursor: number; readonly lossSum: number; readonly correct: number }): void {
    const { kernels } = this.#mlp;
    writeFields(kernels, this.#address, { TRAINER_CURSOR: place.cursor, TRAINER_CORRECT: place.correct });
    this.#record.setFloat64(kernels.constant('TRAINER_LOSS_SUM'), place.lossSum, true);
  }

  /** Order, learning rate and distortions of an epoch, from 0. The order depends only on the seed and the epoch. */
  beginEpoch(epoch: number, learningRate: number): void {
    const { kernels } = this.#mlp;
    const { options, dataset } = this.#trainer;
    withResources((hold) => {
      const state = hold(kernels.block(kernels.constant('RANDOM_STATE_BYTES'))).address;
      kernels.call.seedRandom(state, options.seed, STREAMS.shuffle, epoch);
      kernels.call.shuffle(this.#order ?? 0, state, sampleCount(dataset));
    });
    if (this.#augmentation !== undefined) this.#augmentation.epoch = epoch;
    this.#record.setFloat32(kernels.constant('TRAINER_LEARNING_RATE'), learningRate, true);
  }

  /** Takes `steps` steps, or fewer if the loss diverges. Returns how many were taken. */
  run(steps: number): number {
    const { kernels, memory } = this.#mlp;
    const samples = this.#samples?.address ?? 0;
    return this.#trainer.rows > 1
      ? kernels.trainBatches(this.#address, memory.network, samples, steps)
      : kernels.call.trainSteps(this.#address, memory.network, samples, steps);
  }

  /** Measures of the last `steps` steps, which `run` took together. */
  stepMeasures(steps: number): StepMeasures {
    const { kernels } = this.#mlp;
    const { dataset, rows, stepsPerSlice } = this.#trainer;
    const records = this.#stepRecords ?? 0;
    const correct = kernels.words(records + stepsPerSlice * FLOAT_BYTES, steps);
    const accuracy = Float32Array.from(correct, (count) => count / rows);
    const samples = sampleCount(dataset);
    const rest = samples % rows;
    if (this.cursor === samples && rest > 0) accuracy[steps - 1] = (correct.at(-1) ?? 0) / rest;
    return { loss: kernels.floats(records, steps).slice(), accuracy };
  }

  /** Address of the Trainer record. */
  get #address(): number {
    const { memory } = this.#mlp;
    return memory.address(memory.layout.trainer);
  }

  get #record(): DataView {
    return this.#mlp.kernels.record(this.#address);
  }

  #writeOptions(order: number, stepRecords: number): void {
    const { kernels } = this.#mlp;
    const { options, rows, stepsPerSlice } = this.#trainer;
    writeFields(kernels, this.#address, {
      TRAINER_BATCH_SIZE: rows,
      TRAINER_NESTEROV: Number(options.nesterov),
      TRAINER_ORDER: order,
      TRAINER_STEP_LOSSES: stepRecords,
      TRAINER_STEP_CORRECT: stepRecords + stepsPerSlice * FLOAT_BYTES,
    });
    const record = this.#record;
    record.setFloat32(kernels.constant('TRAINER_MOMENTUM'), options.momentum, true);
    record.setFloat32(kernels.constant('TRAINER_WEIGHT_DECAY'), options.weightDecay, true);
    record.setFloat64(kernels.constant('TRAINER_LOSS_LIMIT'), DIVERGED_LOSS, true);
  }
}
