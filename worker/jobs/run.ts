/** The training run of a job in memory, between two slices. */
import kernelsModule from '../../build/kernels.wasm';
import packageJson from '../../package.json' with { type: 'json' };
import type { JobProgress, JobSpec } from '../../src/api/jobs.ts';
import { type Evaluation, evaluateInSlices } from '../../src/core/evaluate.ts';
import { Kernels } from '../../src/core/kernels.ts';
import type { EpochMetrics } from '../../src/core/metrics.ts';
import { Mlp } from '../../src/core/mlp.ts';
import type { Parameters } from '../../src/core/parameters.ts';
import { CHUNK_SAMPLES } from '../../src/core/predictor.ts';
import { multiplyAdds } from '../../src/core/spec.ts';
import type { StepMeasures } from '../../src/core/step-series.ts';
import { train } from '../../src/core/train.ts';
import type { TrainProgress } from '../../src/core/train-progress.ts';
import { checkTrainingOptions, pickTrainingOptions } from '../../src/core/training-options.ts';
import { buildModelInfo } from '../../src/format/metadata.ts';
import { formatModel, parseModel } from '../../src/format/model-file.ts';
import type { JobData } from './data.ts';
import { Pace } from './pace.ts';
import type { DataShape } from './shape.ts';
import { chooseInitialisation, networkSpec } from './spec.ts';

/** Multiply-adds between two checks of a slice's progress: a few milliseconds. */
const STRIDE_WORK = 5e7;
/** Most steps of a stride: their measures take 2 MB. */
const STRIDE_STEPS = 2 ** 18;
/** Steps of an evaluation, some hundred samples each, between two pauses for other requests. */
const EVALUATION_STRETCH = 8;

/** The training since the last slice. */
export interface SliceOutcome {
  /** Computing time. */
  readonly milliseconds: number;
  readonly progress: JobProgress;
  /** Epochs that ended. */
  readonly ended: readonly EpochMetrics[];
  readonly history: readonly EpochMetrics[];
  readonly checkpoint: Uint8Array<ArrayBuffer>;
  /** Record of the steps in parts; empty unless the job records. */
  readonly steps: readonly StepMeasures[];
}

export interface JobInputs {
  readonly shape: DataShape;
  readonly data: JobData;
  /** Start weights and their hash, with `from`. */
  readonly start: { readonly parameters: Parameters; readonly sha256: string } | undefined;
  readonly checkpoint: Uint8Array<ArrayBuffer> | undefined;
}

export class JobRun {
  readonly #spec: JobSpec;
  readonly #from: string | undefined;
  readonly #data: JobData;
  readonly #mlp: Mlp;
  readonly #generator: ReturnType<typeof train>;
  readonly #sampleWork: number;
  readonly #pace = new Pace();
  #measuring: ReturnType<typeof evaluateInSlices> | undefined;
  /** The progress that no slice has, with its epochs and steps. */
  #last: TrainProgress | undefined;
  #ended: EpochMetrics[] = [];
  #steps: StepMeasures[] = [];
  /** Steps since the start, as of the last slice. */
  step: number;

  /** Starts at the beginning or at a checkpoint. Throws the library's errors. */
  constructor(spec: JobSpec, { shape, data, start, checkpoint }: JobInputs) {
    this.#spec = spec;
    this.#data = data;
    this.#from = start?.sha256;
    const { training, validation } = this.#data;
    const kernels = new Kernels(kernelsModule);
    const network = networkSpec(spec, shape);
    const stored = checkpoint === undefined ? undefined : parseModel(checkpoint, 'the checkpoint').checkpoint;
    const parameters = stored?.parameters ?? start?.parameters;
    this.#mlp =
      parameters === undefined
        ? Mlp.create(kernels, { ...network, initialisation: chooseInitialisation(spec), seed: spec.seed })
        : Mlp.fromParameters(kernels, { ...network, ...parameters });
    this.#sampleWork = multiplyAdds(network.layers);
    this.#generator = train(this.#mlp, training, {
      ...pickTrainingOptions(spec),
      stepsPerSlice: Math.min(STRIDE_STEPS, Math.max(1, Math.floor(STRIDE_WORK / this.#stepWork))),
      ...(validation === undefined ? {} : { validation }),
      ...(stored === undefined ? {} : { resume: stored }),
    });
    this.step = stored?.step ?? 0;
  }

  /** Trains for some milliseconds or until `stopped`, with pauses. Ends with the run and, with `record`, each epoch. */
  advance(milliseconds: number, stopped: () => boolean): Promise<void> {
    return this.#pace.run(milliseconds, (work) => this.#train(work), stopped);
  }

  /** The training since the last call, between two stretches of `advance`; undefined if there was none. */
  takeSlice(): SliceOutcome | undefined {
    if (this.#last === undefined) return undefined;
    const outcome = {
      milliseconds: this.#pace.takeTime(),
      ended: this.#ended,
      steps: this.#steps,
      ...this.#outcome(this.#last),
    };
    [this.#last, this.#ended, this.#steps] = [undefined, [], []];
    return outcome;
  }

  /** Evaluates the current weights on the training set, as `advance`; undefined if the time was not enough. */
  async measure(
    milliseconds: number,
    stopped: () => boolean,
  ): Promise<{ evaluation: Evaluation | undefined; milliseconds: number }> {
    let evaluation: Evaluation | undefined;
    const measure = (work: number) => {
      evaluation = this.#measure(work);
      const over = evaluation !== undefined;
      return { work: over ? 0 : work, over };
    };
    await this.#pace.run(milliseconds, measure, stopped);
    return { evaluation, milliseconds: this.#pace.takeTime() };
  }

  /** Evaluates the current weights on a part of the data; null if the part is empty. */
  async evaluate(part: 'validation' | 'test'): Promise<Evaluation | null> {
    const dataset = this.#data[part];
    if (dataset === undefined) return null;
    const evaluation = evaluateInSlices(this.#mlp, dataset);
    for (let step = 1; ; step++) {
      const { value, done } = evaluation.next();
      if (done) return value;
      // An isolate has one thread: let other requests run.
      if (step % EVALUATION_STRETCH === 0) await scheduler.wait(1);
    }
  }

  /** The model file (safetensors). */
  model(history: readonly EpochMetrics[], test: Evaluation | null): Uint8Array<ArrayBuffer> {
    return formatModel({ info: this.#info(history, test), parameters: this.parameters });
  }

  get parameters(): Parameters {
    return this.#mlp.parameters();
  }

  /** Trains until `work` multiply-adds are done or the slice is over. */
  #train(work: number): { work: number; over: boolean } {
    const begun = this.#last?.step ?? this.step;
    for (;;) {
      const { value, done } = this.#generator.next();
      if (done) throw new Error('the run has ended');
      this.#last = value;
      if (value.kind === 'epoch') this.#ended.push(value.metrics);
      else if (this.#spec.record) this.#steps.push(value.stepMeasures);
      const over = value.kind === 'epoch' && (this.#spec.record || value.epoch === value.epochs);
      const did = (value.step - begun) * this.#stepWork;
      if (over || did >= work) return { work: did, over };
    }
  }

  /** Undefined if `work` multiply-adds were not enough. */
  #measure(work: number): Evaluation | undefined {
    this.#measuring ??= evaluateInSlices(this.#mlp, this.#data.training);
    const chunks = Math.ceil(work / (CHUNK_SAMPLES * this.#sampleWork));
    for (let chunk = 0; chunk < chunks; chunk++) {
      const { value, done } = this.#measuring.next();
      if (!done) continue;
      this.#measuring = undefined;
      return value;
    }
    return undefined;
  }

  get #stepWork(): number {
    return this.#spec.batchSize * 3 * this.#sampleWork;
  }

  #outcome(last: TrainProgress): Pick<SliceOutcome, 'progress' | 'history' | 'checkpoint'> {
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
      history: checkpoint.history,
      checkpoint: formatModel({ info, parameters: checkpoint.parameters, checkpoint }),
    };
  }

  #info(epochs: readonly EpochMetrics[], test: Evaluation | null) {
    const { version } = packageJson;
    const { training: dataset } = this.#data;
    const initialisation = chooseInitialisation(this.#spec);
    return buildModelInfo({
      version,
      spec: this.#mlp.spec,
      initialisation,
      from: this.#from,
      training: checkTrainingOptions(this.#spec),
      dataset,
      epochs,
      test,
    });
  }
}
