/** Where a job stands, in words. */
import type { Job, JobState } from '../../src/client/index.ts';
import { formatCount, integer, percent } from '../words.ts';
import { pickPlace } from './curve.ts';

const STATES: Readonly<Record<JobState['status'], string>> = {
  queued: 'waiting',
  running: 'running',
  succeeded: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** One word, for the list. */
export function stateWord({ status }: JobState): string {
  return STATES[status];
}

/** A sentence, for the job itself. */
export function stateWords({ state, progress, computeMs }: Job, secondsLeft?: number): string {
  const epoch = progress === null ? '' : `epoch ${progress.epoch} of ${progress.epochs}`;
  switch (state.status) {
    case 'queued':
      return epoch === '' ? 'Waiting for its turn' : `Waiting for its turn, at ${epoch}`;
    case 'running':
      return `Running: ${epoch}${secondsLeft === undefined ? '' : `, ${duration(secondsLeft)} left`}`;
    case 'succeeded':
      return `Done: ${formatCount(progress?.epochs ?? 0, 'epoch')} in ${measured(computeMs / 1000)} of computing`;
    case 'failed':
      return epoch === '' ? 'Failed' : `Failed in ${epoch}`;
    case 'cancelled':
      return epoch === '' ? 'Cancelled before it began' : `Cancelled in ${epoch}`;
  }
}

/** What came of it: the measure, and where the model is. */
export function resultWords({ state, history }: Job): string {
  if (state.status === 'failed') return state.reason;
  if (state.status !== 'succeeded') return '';
  const { test, published } = state.result;
  const validation = history.at(-1)?.validationAccuracy ?? null;
  return [
    validation === null ? '' : `${percent(validation)} of the validation samples are right.`,
    test === null ? '' : `${percent(test.accuracy)} of ${integer(test.samples)} test samples are right.`,
    published === null ? '' : `Published as ${published.model}, version ${published.version}.`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/** Share of a job's samples that are done. */
export function shareDone({ state, progress }: Pick<Job, 'state' | 'progress'>): number {
  if (state.status === 'succeeded') return 1;
  return progress === null ? 0 : pickPlace(progress) / progress.epochs;
}

/** Seconds that were taken, as the command writes them. */
function measured(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(2)} s` : duration(seconds);
}

/** `4 s`, `3 min`, `2 h`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
