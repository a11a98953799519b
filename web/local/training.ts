/** Trains a run in a worker: in slices, with reports to the page and checkpoints in the browser's storage. */
import type { EpochMetrics } from '../../src/client/index.ts';
import type { Checkpoint } from '../../src/core/checkpoint.ts';
import { sampleCount, slice } from '../../src/core/dataset.ts';
import { type AnyEvaluation, measureInSlices, summarizeMeasures } from '../../src/core/measures.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { parameterBytes } from '../../src/core/parameters.ts';
import { defaultInitialisation } from '../../src/core/spec.ts';
import { train } from '../../src/core/train.ts';
import type { TrainProgress } from '../../src/core/train-progress.ts';
import { checkTrainingOptions, pickTrainingOptions } from '../../src/core/training-options.ts';
import { buildModelInfo } from '../../src/format/metadata.ts';
import { formatModel, parseModel } from '../../src/format/model-file.ts';
import { loadKernels } from '../network.ts';
import { sha256 } from './hash.ts';
import type { LocalRun } from './local-run.ts';
import { getValue, putValue } from './storage.ts';
import type { StoredTable } from './table-choice.ts';
import { loadTrainingData, type TrainingData } from './training-data.ts';
import type { TrainingReport } from './worker-messages.ts';

/** Interval of reports: enough for a smooth progress bar. */
const REPORT_MS = 50;
/** Closing the page loses at most this much training. */
const CHECKPOINT_MS = 1000;
/** Networks up to this size are reported with their weights. */
const MAX_REPORTED = 20_000;
/** Samples on the decision plane. */
const MAX_POINTS = 400;

export class Training {
  readonly #run: LocalRun;
  readonly #report: (report: TrainingReport) => void;
  readonly #pause: () => Promise<void>;
  readonly #data: TrainingData;
  readonly #mlp: Mlp;
  readonly #resumed: Checkpoint | undefined;
  #ended: EpochMetrics[] = [];
  #reportedAt = performance.now();
  #keptAt = performance.now();
  #stopped = false;

  private constructor(
    run: LocalRun,
    events: { report: (report: TrainingReport) => void; pause: () => Promise<void> },
    parts: { data: TrainingData; mlp: Mlp; resumed: Checkpoint | undefined },
  ) {
    this.#run = run;
    this.#report = events.report;
    this.#pause = events.pause;
    this.#data = parts.data;
    this.#mlp = parts.mlp;
    this.#resumed = parts.resumed;
  }

  /** Reads the data and the checkpoint, if one is kept. Throws EdgeMlpError. */
  static async open(
    run: LocalRun,
    table: StoredTable | undefined,
    events: { report: (report: TrainingReport) => void; pause: () => Promise<void> },
  ): Promise<Training> {
    const { id, spec, layers } = run.job;
    const { activation: hiddenActivation, seed } = spec;
    const [kernels, data, bytes] = await Promise.all([
      loadKernels(),
      loadTrainingData(run, table, events.pause),
      getValue<Uint8Array>('checkpoint', id),
    ]);
    const { targets } = data.training;
    const network = { layers, hiddenActivation, ...(targets === undefined ? {} : { task: 'regression' as const }) };
    const resumed = bytes && parseModel(bytes, 'the checkpoint').checkpoint;
    const initialisation = defaultInitialisation(hiddenActivation);
    return new Training(run, events, { data, mlp: Mlp.create(kernels, { ...network, initialisation, seed }), resumed });
  }

  /** Ends the training after the current slice. */
  stop(): void {
    this.#stopped = true;
  }

  /** Trains to the end, or until `stop`. Throws EdgeMlpError "diverged" or "checkpoint-mismatch". */
  async train(): Promise<void> {
    const { training, validation } = this.#data;
    this.#reportPlane();
    const run = train(this.#mlp, training, {
      ...pickTrainingOptions(this.#run.job.spec),
      validation,
      ...(this.#resumed === undefined ? {} : { resume: this.#resumed }),
    });
    for (;;) {
      const { value, done } = run.next();
      if (done) return this.#finish(value.epochs);
      if (value.kind === 'epoch') this.#ended.push(value.metrics);
      const due = performance.now() - this.#keptAt >= CHECKPOINT_MS;
      this.#reportProgress(value, due || this.#stopped);
      if (due || this.#stopped) await this.#keep(value);
      if (this.#stopped) {
        this.#report({ type: 'stopped' });
        return;
      }
      await this.#pause();
    }
  }

  #reportPlane(): void {
    const { training } = this.#data;
    if (training.columns !== 2) return;
    const { inputs, labels, targets } = slice(training, 0, Math.min(MAX_POINTS, sampleCount(training)));
    const points = targets === undefined ? { inputs: Float32Array.from(inputs), labels: labels.slice() } : undefined;
    this.#report({ type: 'opened', plane: { info: this.#describe([]), points } });
  }

  #reportProgress(progress: TrainProgress, now: boolean): void {
    const computeMs = performance.now() - this.#reportedAt;
    const isLast = progress.kind === 'epoch' && progress.last;
    if (computeMs < REPORT_MS && !isLast && !now) return;
    const { epoch, epochs, samples, samplesPerEpoch, step } = progress;
    const { loss, accuracy } =
      progress.kind === 'slice'
        ? progress
        : { loss: progress.metrics.trainLoss, accuracy: progress.metrics.trainAccuracy };
    const parameters = this.#run.job.parameters <= MAX_REPORTED ? { parameters: this.#mlp.parameters() } : {};
    this.#report({
      type: 'progress',
      progress: { step, epoch, epochs, samples, samplesPerEpoch, loss, accuracy },
      ended: this.#ended,
      computeMs,
      ...parameters,
    });
    this.#ended = [];
    this.#reportedAt = performance.now();
  }

  async #keep(progress: TrainProgress): Promise<void> {
    const checkpoint = progress.checkpoint();
    const { parameters, history } = checkpoint;
    const bytes = formatModel({ info: this.#describe(history), parameters, checkpoint });
    await putValue('checkpoint', this.#run.job.id, bytes);
    this.#keptAt = performance.now();
    this.#report({ type: 'kept' });
  }

  async #finish(history: readonly EpochMetrics[]): Promise<void> {
    const evaluation = await this.#evaluate();
    const parameters = this.#mlp.parameters();
    await putValue('checkpoint', this.#run.job.id, formatModel({ info: this.#describe(history), parameters }));
    this.#report({
      type: 'finished',
      weightsSha256: await sha256(parameterBytes(parameters)),
      validation: evaluation && summarizeMeasures(evaluation),
      evaluation,
      classes: this.#data.training.classes,
    });
  }

  async #evaluate(): Promise<AnyEvaluation | undefined> {
    const { validation } = this.#data;
    if (validation === undefined) return undefined;
    const { loss } = this.#run.job.spec;
    const evaluation = measureInSlices(this.#mlp, validation, { loss });
    for (;;) {
      const { value, done } = evaluation.next();
      if (done) return value;
      await this.#pause();
    }
  }

  #describe(epochs: readonly EpochMetrics[]) {
    const { spec } = this.#run.job;
    return buildModelInfo({
      version: VERSION,
      spec: this.#mlp.spec,
      initialisation: defaultInitialisation(spec.activation),
      training: checkTrainingOptions(pickTrainingOptions(spec)),
      dataset: this.#data.training,
      epochs,
      test: null,
    });
  }
}
