/** A training run while people watch: bar, a line for each epoch, checkpoints, Ctrl-C. */
import type { Checkpoint } from '../../src/core/checkpoint.ts';
import { sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { type EarlierRun, RunRecorder, type TimedEpoch } from '../../src/core/recorder.ts';
import { train } from '../../src/core/train.ts';
import type { SliceProgress } from '../../src/core/train-progress.ts';
import { pickTrainingOptions } from '../../src/core/training-options.ts';
import { Interrupted, type Interruption } from '../interruption.ts';
import { writeModel } from '../model.ts';
import { integer, percent } from '../report/numbers.ts';
import { type Bar, duration, note, progressBar } from '../terminal.ts';
import type { Plan, StoredRun } from './plan.ts';
import { type Outcome, planInfo } from './record.ts';

export interface CheckpointOptions {
  /** Where the state goes. */
  readonly path: string;
  /** After every epoch, not only on Ctrl-C. */
  readonly everyEpoch: boolean;
  /** What to type to go on from it. */
  readonly resumeCommand: string;
}

/** Trains to the end. Throws `Interrupted` once a checkpoint is written, or the library's errors. */
export async function runPlan(
  mlp: Mlp,
  plan: Plan,
  { checkpoints, interruption }: { readonly checkpoints: CheckpointOptions; readonly interruption: Interruption },
): Promise<Outcome> {
  const recorder = new RunRecorder(() => performance.now() / 1000, earlierRun(plan));
  const watch = new Watch(plan, recorder);
  let saved = false;
  const save = (checkpoint: Checkpoint) => {
    const run: StoredRun = {
      options: plan.run,
      curve: recorder.curve,
      seconds: recorder.seconds,
    };
    const info = planInfo(mlp.spec, plan, recorder.epochs, undefined);
    return writeModel(checkpoints.path, { info, parameters: checkpoint.parameters, checkpoint, run });
  };
  try {
    const run = generator(mlp, plan);
    for (;;) {
      const { value: progress, done } = run.next();
      if (done) {
        const { epochs, curve, samplesPerSecond } = recorder;
        return { epochs, curve, samplesPerSecond, bestEpoch: progress.bestEpoch };
      }
      if (progress.kind === 'slice') watch.slice(progress, recorder.addSlice(progress));
      else watch.epoch(recorder.addEpoch(progress.metrics));
      if (progress.kind === 'epoch' && checkpoints.everyEpoch) {
        await save(progress.checkpoint());
        saved = true;
      }
      const signal = await interruption.heard();
      const over = progress.kind === 'epoch' && progress.last;
      if (signal !== undefined && !over) {
        watch.stop();
        await save(progress.checkpoint());
        const message = `stopped after ${integer(progress.step)} steps; go on with\n  ${checkpoints.resumeCommand}`;
        throw new Interrupted(message, signal);
      }
      recorder.startClock();
    }
  } catch (error) {
    if (!(error instanceof EdgeMlpError && error.code === 'diverged')) throw error;
    const kept = saved ? `; the last good checkpoint is ${checkpoints.path}` : '';
    throw new EdgeMlpError(error.code, `${error.message}${kept}`, { cause: error });
  } finally {
    watch.stop();
  }
}

function generator(mlp: Mlp, { run, training, validation, resume }: Plan): ReturnType<typeof train> {
  return train(mlp, training, {
    ...pickTrainingOptions(run),
    ...(validation === undefined ? {} : { validation }),
    ...(resume === undefined ? {} : { resume: resume.checkpoint }),
  });
}

function earlierRun({ resume }: Plan): EarlierRun | undefined {
  if (resume === undefined) return undefined;
  const { history, lossSum, cursor } = resume.checkpoint;
  return { epochs: history, seconds: resume.seconds, curve: resume.curve, lossSum, samples: cursor };
}

/** The progress bar, and a row for each epoch. */
class Watch {
  readonly #recorder: RunRecorder;
  readonly #samples: number;
  readonly #bar: Bar;

  constructor({ run, training, validation }: Plan, recorder: RunRecorder) {
    this.#recorder = recorder;
    this.#samples = run.epochs * sampleCount(training);
    this.#bar = progressBar(
      this.#samples,
      '{bar} {percentage} % · epoch {epoch} · {rate} samples/s · {eta_formatted} left · loss {loss}',
    );
    note(epochHeader(validation !== undefined));
    for (const epoch of recorder.epochs) note(epochRow(epoch));
    recorder.startClock();
  }

  slice({ epoch, epochs, loss }: SliceProgress, share: number): void {
    const rate = integer(this.#recorder.samplesPerSecond);
    this.#bar.update(share * this.#samples, { epoch: `${epoch}/${epochs}`, rate, loss: loss.toFixed(4) });
  }

  epoch(record: TimedEpoch): void {
    this.#bar.printAbove(epochRow(record));
  }

  stop(): void {
    this.#bar.stop();
  }
}

const WIDTHS = [5, 10, 14, 15, 19, 9];

function epochHeader(measured: boolean): string {
  const titles = ['epoch', 'train loss', 'train accuracy', 'validation loss', 'validation accuracy', 'seconds'];
  return row(measured ? titles : titles.filter((title) => !title.startsWith('validation')), measured);
}

function epochRow(record: TimedEpoch): string {
  const { epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy, seconds } = record;
  const measured = validationLoss !== null && validationAccuracy !== null;
  const validation = measured ? [validationLoss.toFixed(5), percent(validationAccuracy)] : [];
  return row([String(epoch), trainLoss.toFixed(5), percent(trainAccuracy), ...validation, duration(seconds)], measured);
}

function row(cells: readonly string[], measured: boolean): string {
  const widths = measured ? WIDTHS : WIDTHS.toSpliced(3, 2);
  return cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ');
}
