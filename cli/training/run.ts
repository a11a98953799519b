/** Execution of `train`: progress bar, a line for each epoch, checkpoints, Ctrl-C. */
import type { Checkpoint } from '../../src/core/checkpoint.ts';
import { sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { type EarlierRun, type LossPoint, RunRecorder, type TimedEpoch } from '../../src/core/recorder.ts';
import { train } from '../../src/core/train.ts';
import type { SliceProgress } from '../../src/core/train-progress.ts';
import { pickTrainingOptions } from '../../src/core/training-options.ts';
import type { ModelFile } from '../../src/format/model-file.ts';
import { Interrupted, type Interruption } from '../interruption.ts';
import { saveTrainedModel, tryToWrite } from '../model.ts';
import { integer, percent } from '../numbers.ts';
import { type Bar, duration, note, progressBar } from '../terminal.ts';
import { hasLine } from './epoch-lines.ts';
import { describeRun, type Plan } from './plan.ts';
import type { StoredRun } from './resume.ts';
import { type EpochEnd, measureEnd } from './run-spec.ts';

export interface Outcome {
  readonly epochs: readonly TimedEpoch[];
  /** With `measureTraining`: the training set at the end of each epoch; null for epochs that were not measured. */
  readonly ends: readonly (EpochEnd | null)[];
  readonly curve: readonly LossPoint[];
  /** Speed of training in this process, without evaluation. */
  readonly samplesPerSecond: number;
  /** With --patience: the epoch whose weights the network has. */
  readonly bestEpoch?: number | undefined;
}

interface RunPlanOptions {
  /** Path of the checkpoint. */
  readonly path: string;
  /** Save after every epoch, not only on Ctrl-C. */
  readonly everyEpoch: boolean;
  /** Measure the training set after every epoch, for the report. */
  readonly measureTraining: boolean;
  readonly formatResumeCommand: (checkpoint: string) => string;
  readonly interruption: Interruption;
}

/**
 * Trains to the end. A checkpoint of an epoch that cannot be written prints a warning. Throws `Interrupted` after saving
 * a checkpoint, or the errors of `train`.
 */
export async function runPlan(mlp: Mlp, plan: Plan, options: RunPlanOptions): Promise<Outcome> {
  const { path, everyEpoch, measureTraining, formatResumeCommand, interruption } = options;
  const recorder = new RunRecorder(() => performance.now() / 1000, findEarlierRun(plan));
  const display = new RunDisplay(plan, recorder);
  const ends = recorder.epochs.map((_, i) => plan.resume?.ends[i] ?? null);
  let saved = false;
  const describe = (checkpoint: Checkpoint): ModelFile => {
    const run: StoredRun = { options: plan.run, curve: recorder.curve, seconds: recorder.seconds, ends };
    const info = describeRun(mlp.spec, plan, { epochs: recorder.epochs, test: undefined });
    return { info, parameters: checkpoint.parameters, checkpoint, run };
  };
  try {
    const { validation, resume } = plan;
    const run = train(mlp, plan.training, {
      ...pickTrainingOptions(plan.run),
      ...(validation === undefined ? {} : { validation }),
      ...(resume === undefined ? {} : { resume: resume.checkpoint }),
    });
    for (;;) {
      const { value: progress, done } = run.next();
      if (done) {
        const { epochs, curve, samplesPerSecond } = recorder;
        return { epochs, ends, curve, samplesPerSecond, bestEpoch: progress.bestEpoch };
      }
      if (progress.kind === 'slice') display.showSlice(progress, recorder.addSlice(progress));
      else {
        display.showEpoch(recorder.addEpoch(progress.metrics), progress.last);
        ends.push(measureTraining ? measureEnd(mlp, plan.training, plan.run) : null);
      }
      if (progress.kind === 'epoch' && everyEpoch) {
        const trouble = await tryToWrite(path, describe(progress.checkpoint()));
        if (trouble === undefined) saved = true;
        else
          note(
            `warning: ${trouble.message}; training continues${progress.last ? '' : ', and the next epoch tries again'}`,
          );
      }
      const signal = await interruption.poll();
      const isOver = progress.kind === 'epoch' && progress.last;
      if (signal !== undefined && !isOver) {
        display.stop();
        const { path: place, trouble } = await saveTrainedModel(path, describe(progress.checkpoint()));
        const elsewhere = trouble === undefined ? '' : `; ${trouble.message}, so the checkpoint is ${place}`;
        const message = `stopped after ${integer(progress.step)} steps${elsewhere}; to continue, run`;
        throw new Interrupted(`${message}\n${formatResumeCommand(place)}`, signal);
      }
      recorder.startClock();
    }
  } catch (error) {
    if (!(error instanceof EdgeMlpError && error.code === 'diverged')) throw error;
    const hint = saved ? `; the last checkpoint is ${path}` : '';
    throw new EdgeMlpError(error.code, `${error.message}${hint}`, { cause: error });
  } finally {
    display.stop();
  }
}

function findEarlierRun({ resume }: Plan): EarlierRun | undefined {
  if (resume === undefined) return undefined;
  const { history, lossSum, cursor } = resume.checkpoint;
  return { epochs: history, seconds: resume.seconds, curve: resume.curve, lossSum, samples: cursor };
}

/** The progress bar and the table of epochs. */
class RunDisplay {
  readonly #recorder: RunRecorder;
  readonly #samples: number;
  readonly #bar: Bar;
  readonly #columns: readonly EpochColumn[];
  readonly #epochs: number;

  constructor({ run, training, validation }: Plan, recorder: RunRecorder) {
    this.#recorder = recorder;
    this.#samples = run.epochs * sampleCount(training);
    this.#epochs = run.epochs;
    this.#bar = progressBar(
      this.#samples,
      '{bar} {percentage} % · epoch {epoch} · {rate} samples/s · {eta_formatted} left · loss {loss}',
    );
    this.#columns = EPOCH_COLUMNS.filter(({ part, task }) => {
      const wanted = training.targets === undefined ? 'classification' : 'regression';
      return (part === 'training' || validation !== undefined) && (task ?? wanted) === wanted;
    });
    note(this.#columns.map(({ title, width }) => title.padStart(width)).join('  '));
    for (const epoch of recorder.epochs) this.showEpoch(epoch, false);
    recorder.startClock();
  }

  showSlice({ epoch, epochs, loss }: SliceProgress, share: number): void {
    const rate = integer(this.#recorder.samplesPerSecond);
    this.#bar.update(share * this.#samples, { epoch: `${epoch}/${epochs}`, rate, loss: loss.toFixed(4) });
  }

  showEpoch(record: TimedEpoch, last: boolean): void {
    if (!hasLine(record.epoch, this.#epochs) && !last) return;
    note(this.#columns.map(({ width, format }) => format(record).padStart(width)).join('  '));
  }

  stop(): void {
    this.#bar.stop();
  }
}

interface EpochColumn {
  readonly title: string;
  readonly width: number;
  readonly part: 'training' | 'validation';
  /** Absent: both tasks have the measure. */
  readonly task?: 'classification' | 'regression';
  readonly format: (record: TimedEpoch) => string;
}

const EPOCH_COLUMNS: readonly EpochColumn[] = [
  { title: 'epoch', width: 5, part: 'training', format: ({ epoch }) => String(epoch) },
  { title: 'train loss', width: 10, part: 'training', format: ({ trainLoss }) => trainLoss.toFixed(5) },
  {
    title: 'train accuracy',
    width: 14,
    part: 'training',
    task: 'classification',
    format: ({ trainAccuracy }) => percent(trainAccuracy),
  },
  {
    title: 'validation loss',
    width: 15,
    part: 'validation',
    format: ({ validationLoss }) => validationLoss?.toFixed(5) ?? '–',
  },
  {
    title: 'validation accuracy',
    width: 19,
    part: 'validation',
    task: 'classification',
    format: ({ validationAccuracy }) => percent(validationAccuracy),
  },
  {
    title: 'validation R²',
    width: 13,
    part: 'validation',
    task: 'regression',
    format: ({ validationR2 }) => validationR2?.toFixed(4) ?? '–',
  },
  { title: 'seconds', width: 9, part: 'training', format: ({ seconds }) => duration(seconds) },
];
