/** The state of a run of a sweep, read from its job. */
import type { RunState } from '../../src/api/sweeps.ts';
import { collectMeasures, type StoredJob } from './state.ts';

export function readRunState(job: StoredJob | undefined): RunState {
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
      return {
        status: 'succeeded',
        epochs: [...epochs],
        validation: validation && summarizeEvaluation(validation),
        weightsSha256: state.result.weightsSha256,
      };
    }
  }
}

function computeShare({ epoch, epochs, samples, samplesPerEpoch }: NonNullable<StoredJob['progress']>): number {
  return (epoch - 1 + samples / samplesPerEpoch) / epochs;
}

/** Without the metrics of each class, which follow from the confusion matrix. */
function summarizeEvaluation(evaluation: NonNullable<StoredJob['validation']>) {
  if (!('confusion' in evaluation)) {
    const { targets, baseline, ...measures } = evaluation;
    return { ...measures, targets: [...targets], baseline: { ...baseline } };
  }
  const { samples, loss, accuracy, confusion } = evaluation;
  return { samples, loss, accuracy, confusion: confusion.map((row) => [...row]) };
}
