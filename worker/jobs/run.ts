/** The training run of a job in memory, between two slices. */
import kernelsModule from '../../build/kernels.wasm';
import packageJson from '../../package.json' with { type: 'json' };
import type { JobProgress, JobSpec } from '../../src/api/jobs.ts';
import { sampleCount } from '../../src/core/dataset.ts';
import { Kernels } from '../../src/core/kernels.ts';
import { type AnyEvaluation, measureInSlices } from '../../src/core/measures.ts';
import type { EpochMetrics } from '../../src/core/metrics.ts';
import { Mlp } from '../../src/core/mlp.ts';
import type { Parameters } from '../../src/core/parameters.ts';
import { CHUNK_SAMPLES } from '../../src/core/predictor.ts';
import { multiplyAdds, WORK_PER_SAMPLE } from '../../src/core/spec.ts';
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
/** An epoch of one sample takes as long as this many multiply-adds: 40 µs. */
const EPOCH_WORK = 1e6;

/** The training since the last slice. */
export interface SliceOutcome {
  /** Computing time. */
  readonly milliseconds: number;
  readonly progress: JobProgress;
  /** Epochs that ended. */
  readonly ended: readonly EpochMetrics[];
  /** Record of the steps in parts; empty unless the job records. */
  readonly steps: readonly StepMeasures[];
  /** Missing if the run has diverged since. */
  readonly checkpoint?: Uint8Array<ArrayBuffer>;
}

interface JobInputs {
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
  /** Work of the forward pass of a sample, in multiply-adds. */
  readonly #sampleWork: number;
  readonly #stepWork: number;
  readonly #pace = new Pace();
  #measuring: ReturnType<typeof measureInSlices> | undefined;
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
    const products = multiplyAdds(network.layers);
    this.#sampleWork = WORK_PER_SAMPLE + products;
    this.#stepWork = spec.batchSize * (WORK_PER_SAMPLE + 3 * products);
    this.#generator = train(this.#mlp, training, {
      ...pickTrainingOptions(spec),
      stepsPerSlice: Math.max(1, Math.floor(STRIDE_WORK / this.#stepWork)),
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
    const stored = this.#last?.checkpoint();
    const measures = this.takeMeasures();
    if (stored === undefined || measures === undefined) return undefined;
    const info = this.#info(stored.history, null);
    return { ...measures, checkpoint: formatModel({ info, parameters: stored.parameters, checkpoint: stored }) };
  }

  /** As `takeSlice`, without the checkpoint, which a run that has diverged does not have. */
  takeMeasures(): SliceOutcome | undefined {
    if (this.#last === undefined) return undefined;
    const { epoch, epochs, samples, samplesPerEpoch, step, ...last } = this.#last;
    const { loss, accuracy } =
      last.kind === 'slice' ? last : { loss: last.metrics.trainLoss, accuracy: last.metrics.trainAccuracy };
    const measures = {
      milliseconds: this.#pace.takeTime(),
      progress: { step, epoch, epochs, samples, samplesPerEpoch, loss, accuracy },
      ended: this.#ended,
      steps: this.#steps,
    };
    this.step = step;
    [this.#last, this.#ended, this.#steps] = [undefined, [], []];
    return measures;
  }

  /** Evaluates the current weights on the training set, as `advance`; undefined if the time was not enough. */
  async measure(
    milliseconds: number,
    stopped: () => boolean,
  ): Promise<{ evaluation: AnyEvaluation | undefined; milliseconds: number }> {
    this.#measuring ??= measureInSlices(this.#mlp, this.#data.training, { loss: this.#spec.loss });
    const evaluation = await this.#measure(this.#measuring, milliseconds, stopped);
    if (evaluation !== undefined) this.#measuring = undefined;
    return { evaluation, milliseconds: this.#pace.takeTime() };
  }

  /** Evaluates the current weights on a part of the data, until `stopped`; null if the part is empty or not evaluated. */
  async evaluate(part: 'validation' | 'test', stopped: () => boolean): Promise<AnyEvaluation | null> {
    const dataset = this.#data[part];
    if (dataset === undefined) return null;
    const evaluation = measureInSlices(this.#mlp, dataset, { loss: this.#spec.loss });
    return (await this.#measure(evaluation, Number.POSITIVE_INFINITY, stopped)) ?? null;
  }

  /** The model file (safetensors). */
  model(history: readonly EpochMetrics[], test: AnyEvaluation | null): Uint8Array<ArrayBuffer> {
    return formatModel({ info: this.#info(history, test), parameters: this.parameters });
  }

  get parameters(): Parameters {
    return this.#mlp.parameters();
  }

  /** Trains until `work` multiply-adds are done or the slice is over. */
  #train(work: number): { work: number; over: boolean } {
    let { step } = this.#last ?? this;
    let did = 0;
    for (;;) {
      const { value, done } = this.#generator.next();
      if (done) throw new Error('the run has ended');
      this.#last = value;
      if (value.kind === 'epoch') this.#ended.push(value.metrics);
      else if (this.#spec.record) this.#steps.push(value.stepMeasures);
      const over = value.kind === 'epoch' && (this.#spec.record || value.epoch === value.epochs);
      did += (value.step - step) * this.#stepWork + (value.kind === 'epoch' ? this.#epochWork : 0);
      step = value.step;
      if (over || did >= work) return { work: did, over };
    }
  }

  /** Undefined if the time was not enough. */
  async #measure(
    evaluation: ReturnType<typeof measureInSlices>,
    milliseconds: number,
    stopped: () => boolean,
  ): Promise<AnyEvaluation | undefined> {
    let measured: AnyEvaluation | undefined;
    const measure = (work: number) => {
      const chunks = Math.ceil(work / (CHUNK_SAMPLES * this.#sampleWork));
      for (let chunk = 0; chunk < chunks; chunk++) {
        const { value, done } = evaluation.next();
        if (done) measured = value;
        if (done) return { work: 0, over: true };
      }
      return { work, over: false };
    };
    await this.#pace.run(milliseconds, measure, stopped);
    return measured;
  }

  /** Work at the end of an epoch, with the evaluation on the validation samples, in multiply-adds. */
  get #epochWork(): number {
    const { validation } = this.#data;
    return EPOCH_WORK + (validation === undefined ? 0 : sampleCount(validation) * this.#sampleWork);
  }

  #info(epochs: readonly EpochMetrics[], test: AnyEvaluation | null) {
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
