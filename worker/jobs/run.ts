/** A job's training run in memory, between two slices. */
import kernelsModule from '../../build/kernels.wasm';
import packageJson from '../../package.json' with { type: 'json' };
import { identityOf } from '../../src/core/checkpoint.ts';
import { type Evaluation, evaluate } from '../../src/core/evaluate.ts';
import { Kernels } from '../../src/core/kernels.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { multiplyAdds } from '../../src/core/spec.ts';
import { type EpochMetrics, type TrainProgress, train } from '../../src/core/train.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { formatModel, parseModel } from '../../src/format/model-file.ts';
import { type DataShape, initialisationOf, type JobData, type JobSpec, networkSpec } from './spec.ts';
import type { JobProgress } from './state.ts';

/** Multiply-adds between two looks at how much a slice has done: a few milliseconds. */
const STRIDE_WORK = 5e7;

export interface SliceOutcome {
  readonly progress: JobProgress;
  /** Epochs that have ended in this slice. */
  readonly ended: readonly EpochMetrics[];
  readonly history: readonly EpochMetrics[];
  readonly checkpoint: Uint8Array<ArrayBuffer>;
  readonly over: boolean;
}

export class JobRun {
  readonly #spec: JobSpec;
  readonly #data: JobData;
  readonly #mlp: Mlp;
  readonly #generator: ReturnType<typeof train>;
  readonly #stepWork: number;
  /** Steps since the beginning, as the last committed slice left them. */
  step: number;

  /** From the beginning, or from a checkpoint. Throws what the library throws. */
  constructor(spec: JobSpec, shape: DataShape, data: JobData, checkpoint: Uint8Array<ArrayBuffer> | undefined) {
    this.#spec = spec;
    this.#data = data;
    const { training, validation } = this.#data;
    const kernels = new Kernels(kernelsModule);
    const network = networkSpec(spec, shape);
    const { epochs, learningRate, batchSize, momentum, weightDecay, seed } = spec;
    const stored = checkpoint === undefined ? undefined : parseModel(checkpoint, 'the checkpoint').checkpoint;
    this.#mlp =
      stored === undefined
        ? Mlp.create(kernels, { ...network, initialisation: initialisationOf(spec), seed })
        : Mlp.fromParameters(kernels, { ...network, ...stored.parameters });
    this.#stepWork = batchSize * 3 * multiplyAdds(network.layers);
    this.#generator = train(this.#mlp, training, {
      ...{ epochs, learningRate, batchSize, momentum, weightDecay, seed },
      stepsPerSlice: Math.max(1, Math.floor(STRIDE_WORK / this.#stepWork)),
      ...(validation === undefined ? {} : { validation }),
      ...(stored === undefined ? {} : { resume: stored }),
    });
    this.step = stored?.step ?? 0;
  }

  /** Trains until `work` multiply-adds are done, or the run is. Never by the clock: deployed, it stands still meanwhile. */
  advance(work: number): SliceOutcome {
    const ended: EpochMetrics[] = [];
    const begun = this.step;
    let last: TrainProgress | undefined;
    for (;;) {
      const { value, done } = this.#generator.next();
      if (done) throw new Error('the run is over already');
      last = value;
      if (value.kind === 'epoch') ended.push(value.metrics);
      const over = value.kind === 'epoch' && value.epoch === value.epochs;
      if (over || (value.step - begun) * this.#stepWork >= work) return this.#outcome(last, ended, over);
    }
  }

  test(): Evaluation | null {
    return this.#data.test === undefined ? null : evaluate(this.#mlp, this.#data.test);
  }

  /** The trained model as a file. */
  model(history: readonly EpochMetrics[], test: Evaluation | null): Uint8Array<ArrayBuffer> {
    return formatModel({ info: this.#info(history, test), parameters: this.#mlp.parameters() });
  }

  get parameters() {
    return this.#mlp.parameters();
  }

  #outcome(last: TrainProgress, ended: EpochMetrics[], over: boolean): SliceOutcome {
    const checkpoint = last.checkpoint();
    this.step = last.step;
    const { epoch, epochs, samples, samplesPerEpoch, step } = last;
    const measured =
      last.kind === 'slice'
        ? { loss: last.loss, accuracy: last.accuracy }
        : { loss: last.metrics.trainLoss, accuracy: last.metrics.trainAccuracy };
    const info = this.#info(checkpoint.history, null);
    return {
      progress: { step, epoch, epochs, samples, samplesPerEpoch, ...measured },
      ended,
      history: checkpoint.history,
      checkpoint: formatModel({ info, parameters: checkpoint.parameters, checkpoint }),
      over,
    };
  }

  #info(epochs: readonly EpochMetrics[], test: Evaluation | null): ModelInfo {
    const { training } = this.#data;
    const { learningRate, batchSize, momentum, weightDecay, seed } = this.#spec;
    const { classes, scaling, imageShape, features, labelName } = training;
    return {
      spec: this.#mlp.spec,
      classes,
      scaling,
      ...(imageShape === undefined ? {} : { imageShape }),
      ...(features === undefined ? {} : { features }),
      ...(labelName === undefined ? {} : { labelName }),
      provenance: {
        version: packageJson.version,
        initialisation: initialisationOf(this.#spec),
        training: { epochs: this.#spec.epochs, learningRate, batchSize, momentum, weightDecay, seed },
        dataset: identityOf(training),
        epochs,
        test: test === null ? null : { samples: test.samples, loss: test.loss, accuracy: test.accuracy },
      },
    };
  }
}
