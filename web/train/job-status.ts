/** A job's status as text. */

import type { EpochMetrics, Job, JobState } from '../../src/client/index.ts';
import type { Measures } from '../../src/core/measures.ts';
import { formatCount, formatInteger, formatPercent, formatSignificant } from '../format.ts';
import { countEpochs } from './training-curve.ts';

export function formatStatus({ status }: JobState): string {
  return status === 'succeeded' ? 'done' : status;
}

export function describeStatus({ state, progress }: Job, secondsLeft?: number): string {
  const epoch = progress === null ? '' : `epoch ${progress.epoch} of ${progress.epochs}`;
  switch (state.status) {
    case 'queued':
      return epoch === '' ? 'Queued' : `Queued at ${epoch}`;
    case 'running':
      return `Running: ${epoch}${secondsLeft === undefined ? '' : `, ${formatDuration(secondsLeft)} left`}`;
    case 'succeeded':
      return `Done: ${formatCount(progress?.epochs ?? 0, 'epoch')}`;
    case 'failed':
      return epoch === '' ? 'Failed' : `Failed in ${epoch}`;
    case 'cancelled':
      return epoch === '' ? 'Cancelled before the first epoch' : `Cancelled in ${epoch}`;
  }
}

export function canResume({ state }: Job): boolean {
  return state.status === 'cancelled' || (state.status === 'failed' && state.code !== 'diverged');
}

/** Scores, published version and compute time of a succeeded job, the reason of a failed one, otherwise empty. */
export function describeResult({ state, history, computeMs }: Job): string {
  if (state.status === 'failed') return state.reason;
  if (state.status !== 'succeeded') return '';
  const { validation: measures, test, published } = state.result;
  const validation =
    measures === undefined ? describeValidation(history.at(-1)) : `Validation ${describeScore(measures)}`;
  return [
    validation === '' ? '' : `${validation}.`,
    test === null ? '' : `Test ${describeScore(test)} (${formatInteger(test.samples)} samples).`,
    published === null ? '' : `Published as ${published.model} version ${published.version}.`,
    `Compute time ${formatComputeTime(computeMs / 1000)}.`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/**
 * Why the model of a job is useless: the job failed, or its loss is that of guessing or rises. Otherwise empty. Guessing
 * all classes with the same probability has a cross-entropy of ln(classes); predicting the mean has an R² of 0.
 */
export function describeWarning({ state, history, layers }: Job): string {
  if (state.status === 'failed') return state.code === 'diverged' ? 'The training diverged.' : 'The training failed.';
  const [first, last] = [history[0], history.at(-1)];
  if (first === undefined || last === undefined) return '';
  const guessed =
    last.trainAccuracy === null ? (last.validationR2 ?? 1) <= 0 : last.trainLoss >= Math.log(layers.at(-1) ?? 1);
  if (guessed) return 'The model is no better than guessing. Try a smaller learning rate.';
  const rise = `from ${first.trainLoss.toFixed(4)} to ${last.trainLoss.toFixed(4)}`;
  return last.trainLoss > first.trainLoss ? `The training loss rose ${rise}. Try a smaller learning rate.` : '';
}

/** The validation of the latest epoch, or its training loss. */
export function describeEpoch(metrics: EpochMetrics | undefined): string {
  if (metrics === undefined) return 'No epoch has ended yet';
  return describeValidation(metrics) || `Training loss ${metrics.trainLoss.toFixed(4)}`;
}

/** Empty without validation. */
export function describeValidation(metrics: EpochMetrics | undefined): string {
  const { validationAccuracy = null, validationR2 = null } = metrics ?? {};
  if (validationAccuracy !== null) return `Validation accuracy ${formatPercent(validationAccuracy)}`;
  return validationR2 === null ? '' : `Validation R² ${validationR2.toFixed(4)}`;
}

function describeScore(measures: Measures): string {
  if ('accuracy' in measures) return `accuracy ${formatPercent(measures.accuracy)}`;
  const [rmse, mae] = [measures.rmse, measures.mae].map(formatSignificant);
  return `R² ${measures.r2.toFixed(4)}, RMSE ${rmse}, MAE ${mae}`;
}

/** Finished share of the training, 0 to 1. */
export function computeProgress({ state, progress }: Pick<Job, 'state' | 'progress'>): number {
  if (state.status === 'succeeded') return 1;
  return progress === null ? 0 : countEpochs(progress) / progress.epochs;
}

function formatComputeTime(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(2)} s` : formatDuration(seconds);
}

/** `4 s`, `3 min`, `2 h`. */
function formatDuration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
