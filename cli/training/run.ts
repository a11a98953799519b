/** A training run while people watch: bar, a line for each epoch, checkpoints, Ctrl-C. */
import type { Checkpoint } from '../../src/core/checkpoint.ts';
import { sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { type EpochMetrics, type SliceProgress, train } from '../../src/core/train.ts';
import { pickTrainingOptions } from '../../src/core/training-options.ts';
import { Interrupted, type Interruption } from '../interruption.ts';
import { writeModel } from '../model.ts';
import { integer, percent } from '../report/numbers.ts';
import { type Bar, duration, note, progressBar } from '../terminal.ts';
import type { LossPoint, Plan, StoredRun } from './plan.ts';
import { planInfo } from './record.ts';

export interface TimedEpoch extends EpochMetrics {
  /** Of training, without evaluation. */
  readonly seconds: number;
}

export interface Outcome {
  readonly epochs: readonly TimedEpoch[];
  readonly curve: readonly LossPoint[];
  /** Of training, without evaluation; in this process, where the run was resumed. */
  readonly samplesPerSecond: number;
  /** Whose weights the network has, where the run had patience. */
  readonly bestEpoch?: number | undefined;
}

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
  const watch = new Watch(plan);
  let saved = false;
  const save = (checkpoint: Checkpoint) => {
    const run: StoredRun = {
      options: plan.run,
      curve: watch.curve,
      seconds: watch.secondsByEpoch,
    };
    const info = planInfo(mlp.spec, plan, watch.epochs, undefined);
    return writeModel(checkpoints.path, { info, parameters: checkpoint.parameters, checkpoint, run });
  };
  try {
    const run = generator(mlp, plan);
    for (;;) {
      const { value: progress, done } = run.next();
      if (done) {
        const { epochs, curve, samplesPerSecond } = watch;
        return { epochs, curve, samplesPerSecond, bestEpoch: progress.bestEpoch };
      }
      if (progress.kind === 'slice') watch.slice(progress);
      else watch.epoch(progress.metrics);
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
      watch.start();
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

/** The clock, the bar and the table. Only time between two slices counts as training; evaluation does not. */
class Watch {
  readonly epochs: TimedEpoch[];
  readonly curve: LossPoint[];
  readonly #samplesPerEpoch: number;
  readonly #measured: boolean;
  readonly #bar: Bar;
  #epochSeconds: number;
  /** Sum of losses, and samples, of the running epoch. */
  #lossSum: number;
  #samples: number;
  #trainedSamples = 0;
  #trainedSeconds = 0;
  #since = performance.now();

  constructor({ run, training, validation, resume }: Plan) {
    const { checkpoint, seconds = [], curve = [] } = resume ?? {};
    this.#samplesPerEpoch = sampleCount(training);
    this.#measured = validation !== undefined;
    this.epochs = (checkpoint?.history ?? []).map((metrics, i) => ({ ...metrics, seconds: seconds[i] ?? 0 }));
    this.curve = [...curve];
    this.#epochSeconds = seconds[this.epochs.length] ?? 0;
    this.#lossSum = checkpoint?.lossSum ?? 0;
    this.#samples = checkpoint?.cursor ?? 0;
    this.#bar = progressBar(
      run.epochs * this.#samplesPerEpoch,
      '{bar} {percentage} % · epoch {epoch} · {rate} samples/s · {eta_formatted} left · loss {loss}',
    );
    note(epochHeader(this.#measured));
    for (const epoch of this.epochs) note(epochRow(epoch));
    this.start();
  }

  get secondsByEpoch(): number[] {
    return [...this.epochs.map(({ seconds }) => seconds), this.#epochSeconds];
  }

  get samplesPerSecond(): number {
    return this.#trainedSeconds === 0 ? 0 : this.#trainedSamples / this.#trainedSeconds;
  }

  start(): void {
    this.#since = performance.now();
  }

  slice({ epoch, epochs, samples, loss }: SliceProgress): void {
    const seconds = (performance.now() - this.#since) / 1000;
    const taken = samples - this.#samples;
    const lossSum = loss * samples;
    const done = (epoch - 1) * this.#samplesPerEpoch + samples;
    this.#epochSeconds += seconds;
    this.#trainedSeconds += seconds;
    this.#trainedSamples += taken;
    if (taken > 0) this.curve.push({ samples: done, loss: (lossSum - this.#lossSum) / taken });
    [this.#lossSum, this.#samples] = [lossSum, samples];
    this.#bar.update(done, {
      epoch: `${epoch}/${epochs}`,
      rate: integer(this.samplesPerSecond),
      loss: loss.toFixed(4),
    });
  }

  epoch(metrics: EpochMetrics): void {
    const timed = { ...metrics, seconds: this.#epochSeconds };
    this.epochs.push(timed);
    this.#bar.printAbove(epochRow(timed));
    [this.#lossSum, this.#samples, this.#epochSeconds] = [0, 0, 0];
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

function epochRow({
  epoch,
  trainLoss,
  trainAccuracy,
  validationLoss,
  validationAccuracy,
  seconds,
}: TimedEpoch): string {
  const measured = validationLoss !== null && validationAccuracy !== null;
  const validation = measured ? [validationLoss.toFixed(5), percent(validationAccuracy)] : [];
  return row([String(epoch), trainLoss.toFixed(5), percent(trainAccuracy), ...validation, duration(seconds)], measured);
}

function row(cells: readonly string[], measured: boolean): string {
  const widths = measured ? WIDTHS : WIDTHS.toSpliced(3, 2);
  return cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ');
}
