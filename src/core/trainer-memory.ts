/**
 * The state of a training run in linear memory: options, order of the samples, place in the epoch, results of the last
 * slice.
 */
import { withResources } from './borrow.ts';
import type { Kernels } from './kernels.ts';
import { STREAMS } from './random.ts';
import { power } from './schedule.ts';
import type { StepMeasures } from './step-series.ts';
import type { TrainingOptions } from './training-options.ts';

interface TrainerOptions
  extends Pick<
    TrainingOptions,
    'optimizer' | 'batchSize' | 'momentum' | 'nesterov' | 'weightDecay' | 'clipNorm' | 'dropout' | 'seed'
  > {
  readonly samples: number;
  readonly stepsPerSlice: number;
  /** Steps before the first one. */
  readonly step: number;
  /** A step whose mean loss is above this has diverged, in nats. */
  readonly lossLimit: number;
}

/** Place in an epoch. */
export interface TrainerPlace {
  /** Samples of the epoch that have been used. */
  readonly cursor: number;
  /** Sum of these samples' losses, in nats. */
  readonly lossSum: number;
  /** How many of these samples were classified correctly. */
  readonly correct: number;
}

/** Before the first step of an epoch. */
export const EPOCH_START: TrainerPlace = { cursor: 0, lossSum: 0, correct: 0 };

export class TrainerMemory {
  /** Address of the Trainer record. */
  readonly address: number;
  readonly #kernels: Kernels;
  readonly #samples: number;

  /** Throws `out-of-memory`. */
  constructor(kernels: Kernels, options: TrainerOptions) {
    const { samples, stepsPerSlice, batchSize, momentum, weightDecay, nesterov, clipNorm, lossLimit } = options;
    const { call } = kernels;
    this.#kernels = kernels;
    this.#samples = samples;
    this.address = kernels.allocate(call.trainerBytes(samples, stepsPerSlice));
    const sizes = [this.address, samples, stepsPerSlice, batchSize] as const;
    call.setUpTrainer(...sizes, momentum, weightDecay, nesterov, clipNorm, lossLimit);
    this.#setUpOptimizer(options);
    const threshold = Math.floor(options.dropout * 2 ** 32);
    call.setUpDropout(this.address, options.seed, threshold, 1 / (1 - options.dropout));
  }

  #setUpOptimizer({ optimizer, step }: TrainerOptions): void {
    if (optimizer.kind === 'sgd') return;
    const { beta1, beta2, epsilon } = optimizer;
    const code = this.#kernels.constant(optimizer.kind === 'adam' ? 'OPTIMIZER_ADAM' : 'OPTIMIZER_ADAMW');
    const powers = [power(beta1, step), power(beta2, step)] as const;
    this.#kernels.call.setUpAdam(this.address, code, beta1, beta2, epsilon, ...powers);
  }

  get place(): TrainerPlace {
    const kernels = this.#kernels;
    return {
      cursor: kernels.field(this.address, 'TRAINER_CURSOR'),
      lossSum: kernels.record(this.address).getFloat64(kernels.constant('TRAINER_LOSS_SUM'), true),
      correct: kernels.field(this.address, 'TRAINER_CORRECT'),
    };
  }

  set place({ cursor, lossSum, correct }: TrainerPlace) {
    const kernels = this.#kernels;
    kernels.setField(this.address, 'TRAINER_CURSOR', cursor);
    kernels.setField(this.address, 'TRAINER_CORRECT', correct);
    kernels.record(this.address).setFloat64(kernels.constant('TRAINER_LOSS_SUM'), lossSum, true);
  }

  /** The order of an epoch's samples depends only on seed and epoch: there is no generator to save. */
  beginEpoch(seed: number, epoch: number, learningRate: number): void {
    const kernels = this.#kernels;
    withResources((hold) => {
      const state = hold(kernels.block(kernels.constant('RANDOM_STATE_BYTES'))).address;
      kernels.call.seedRandom(state, seed, STREAMS.shuffle, epoch);
      kernels.call.shuffle(kernels.field(this.address, 'TRAINER_ORDER'), state, this.#samples);
    });
    kernels.record(this.address).setFloat32(kernels.constant('TRAINER_LEARNING_RATE'), learningRate, true);
    kernels.setField(this.address, 'TRAINER_DROPOUT_EPOCH', epoch);
  }

  /** Measures of the first `steps` steps of the last slice: a copy. */
  stepMeasures(steps: number): StepMeasures {
    const kernels = this.#kernels;
    const [losses, accuracies] = (['TRAINER_STEP_LOSSES', 'TRAINER_STEP_ACCURACIES'] as const).map((name) =>
      kernels.floats(kernels.field(this.address, name), steps).slice(),
    );
    return { loss: losses ?? new Float32Array(), accuracy: accuracies ?? new Float32Array() };
  }

  free(): void {
    this.#kernels.free(this.address);
  }
}
