/** Execution of a training run: progress bar, a line for each epoch, checkpoints, Ctrl-C. */
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
import { describeRun, type LossPoint, type Plan } from './plan.ts';
import type { StoredRun } from './resume.ts';

export interface TimedEpoch extends EpochMetrics {
  /** Duration of training, without evaluation. */
  readonly seconds: number;
}

export interface Outcome {
  readonly epochs: readonly TimedEpoch[];
  readonly curve: readonly LossPoint[];
  /** Speed of training in this process, without evaluation. */
  readonly samplesPerSecond: number;
  /** With --patience: the epoch whose weights the network has. */
  readonly bestEpoch?: number | undefined;
}

export interface CheckpointOptions {
  readonly path: string;
  /** Save after every epoch, not only on Ctrl-C. */
  readonly everyEpoch: boolean;
  /** The command line that continues the run. */
  readonly resumeCommand: string;
}

/** Trains to the end. Throws `Interrupted` after saving a checkpoint, or the errors of `train`. */
export async function runPlan(
  mlp: Mlp,
  plan: Plan,
  { checkpoints, interruption }: { readonly checkpoints: CheckpointOptions; readonly interruption: Interruption },
): Promise<Outcome> {
  const display = new RunDisplay(plan);
  let saved = false;
  const save = (checkpoint: Checkpoint) => {
    const run: StoredRun = { options: plan.run, curve: display.curve, seconds: display.secondsByEpoch };
    const info = describeRun(mlp.spec, plan, display.epochs, undefined);
    return writeModel(checkpoints.path, { info, parameters: checkpoint.parameters, checkpoint, run });
  };
  try {
    const run = startTraining(mlp, plan);
    for (;;) {
      const { value: progress, done } = run.next();
      if (done) {
        const { epochs, curve, samplesPerSecond } = display;
        return { epochs, curve, samplesPerSecond, bestEpoch: progress.bestEpoch };
      }
      if (progress.kind === 'slice') display.slice(progress);
      else display.epoch(progress.metrics);
      if (progress.kind === 'epoch' && checkpoints.everyEpoch) {
        await save(progress.checkpoint());
        saved = true;
      }
      const signal = await interruption.poll();
      const isOver = progress.kind === 'epoch' && progress.last;
      if (signal !== undefined && !isOver) {
        display.stop();
        await save(progress.checkpoint());
        const message = `stopped after ${integer(progress.step)} steps; to continue, run\n  ${checkpoints.resumeCommand}`;
        throw new Interrupted(message, signal);
      }
      display.start();
    }
  } catch (error) {
    if (!(error instanceof EdgeMlpError && error.code === 'diverged')) throw error;
    const hint = saved ? `; the last checkpoint is ${checkpoints.path}` : '';
    throw new EdgeMlpError(error.code, `${error.message}${hint}`, { cause: error });
  } finally {
    display.stop();
  }
}

function startTraining(mlp: Mlp, { run, training, validation, resume }: Plan): ReturnType<typeof train> {
  return train(mlp, training, {
    ...pickTrainingOptions(run),
    ...(validation === undefined ? {} : { validation }),
    ...(resume === undefined ? {} : { resume: resume.checkpoint }),
  });
}

/** Clock, progress bar and table. Time outside of slices, such as evaluation, does not count as training. */
class RunDisplay {
  readonly epochs: TimedEpoch[];
  readonly curve: LossPoint[];
  readonly #samplesPerEpoch: number;
  readonly #validated: boolean;
  readonly #bar: Bar;
  #epochSeconds: number;
  /** Sum of losses and number of samples of the running epoch. */
  #lossSum: number;
  #samples: number;
  #trainedSamples = 0;
  #trainedSeconds = 0;
  #since = performance.now();

  constructor({ run, training, validation, resume }: Plan) {
    const { checkpoint, seconds = [], curve = [] } = resume ?? {};
    this.#samplesPerEpoch = sampleCount(training);
    this.#validated = validation !== undefined;
    this.epochs = (checkpoint?.history ?? []).map((metrics, i) => ({ ...metrics, seconds: seconds[i] ?? 0 }));
    this.curve = [...curve];
    this.#epochSeconds = seconds[this.epochs.length] ?? 0;
    this.#lossSum = checkpoint?.lossSum ?? 0;
    this.#samples = checkpoint?.cursor ?? 0;
    this.#bar = progressBar(
      run.epochs * this.#samplesPerEpoch,
      '{bar} {percentage} % · epoch {epoch} · {rate} samples/s · {eta_formatted} left · loss {loss}',
    );
    note(epochHeader(this.#validated));
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

function epochHeader(validated: boolean): string {
  const titles = ['epoch', 'train loss', 'train accuracy', 'validation loss', 'validation accuracy', 'seconds'];
  return row(validated ? titles : titles.filter((title) => !title.startsWith('validation')), validated);
}

function epochRow({
  epoch,
  trainLoss,
  trainAccuracy,
  validationLoss,
  validationAccuracy,
  seconds,
}: TimedEpoch): string {
  const validated = validationLoss !== null && validationAccuracy !== null;
  const validation = validated ? [validationLoss.toFixed(5), percent(validationAccuracy)] : [];
  return row(
    [String(epoch), trainLoss.toFixed(5), percent(trainAccuracy), ...validation, duration(seconds)],
    validated,
  );
}

function row(cells: readonly string[], validated: boolean): string {
  const widths = validated ? WIDTHS : WIDTHS.toSpliced(3, 2);
  return cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ');
}
