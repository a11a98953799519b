/** What is known of a sweep. */
import type { Evaluation } from '../../src/core/evaluate.ts';
import type { EpochRecord } from '../../src/core/recorder.ts';
import type { Job } from '../jobs/state.ts';
import { collectMeasures } from '../jobs/transitions.ts';

/** Where one run stands; each state has what belongs to it and nothing else. */
export type RunState =
  | { readonly status: 'waiting' }
  /** The share of it that is done, 0 to 1. */
  | { readonly status: 'running'; readonly share: number }
  | {
      readonly status: 'succeeded';
      readonly epochs: readonly EpochRecord[];
      readonly validation: Omit<Evaluation, 'classes'> | null;
      readonly weightsSha256: string;
    }
  | { readonly status: 'failed'; readonly code: string; readonly reason: string };

export type SweepState =
  | { readonly status: 'running' }
  /** Every run is over, whatever it came to. */
  | { readonly status: 'finished' }
  | { readonly status: 'cancelled' }
  | { readonly status: 'failed'; readonly reason: string };

/** What is kept of a sweep that is over. */
export interface SweepTable {
  readonly state: SweepState;
  readonly runs: readonly RunState[];
}

export function readRunState(job: Job | undefined): RunState {
  if (job === undefined) return { status: 'waiting' };
  const { state, progress } = job;
  switch (state.status) {
    case 'queued':
    case 'running':
      return { status: 'running', share: progress === null ? 0 : computeShare(progress) };
    case 'cancelled':
      return { status: 'failed', code: 'cancelled', reason: 'the job was cancelled' };
    case 'failed':
      return { status: 'failed', code: state.code, reason: state.reason };
    case 'succeeded': {
      const { epochs, validation } = collectMeasures(job);
      const { weightsSha256 } = state.result;
      return { status: 'succeeded', epochs, validation: withoutClasses(validation), weightsSha256 };
    }
  }
}

export function isRunOver({ status }: RunState): boolean {
  return status === 'succeeded' || status === 'failed';
}

function computeShare({ epoch, epochs, samples, samplesPerEpoch }: NonNullable<Job['progress']>): number {
  return (epoch - 1 + samples / samplesPerEpoch) / epochs;
}

/** Figures of each class follow from the confusion matrix. */
function withoutClasses(evaluation: Evaluation | null): Omit<Evaluation, 'classes'> | null {
  if (evaluation === null) return null;
  const { samples, loss, accuracy, confusion } = evaluation;
  return { samples, loss, accuracy, confusion };
}
