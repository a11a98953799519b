/** A job from one commit to the next, without storage or clock of its own. */
import type { Evaluation } from '../../src/core/evaluate.ts';
import type { EpochRecord } from '../../src/core/recorder.ts';
import type { MeasuredRun } from '../../src/format/run-file.ts';
import { LIMITS } from '../limits.ts';
import type { SliceOutcome } from './run.ts';
import type { DataShape } from './shape.ts';
import type { JobSpec } from './spec.ts';
import type { Job, SweepPlace } from './state.ts';

/** Multiply-adds of the first slice, before anything is known of the machine: some milliseconds. */
const FIRST_SLICE_WORK = 1e8;
/** How far one slice's measure moves the next one's size. */
const SMOOTHING = 0.5;

export function newJob(id: string, spec: JobSpec, shape: DataShape, place: SweepPlace | null): Job {
  const now = new Date().toISOString();
  return {
    ...{ id, spec, shape, state: { status: 'queued' }, progress: null, history: [], extras: [], validation: null },
    ...{
      slices: 0,
      computeMs: 0,
      epochMs: 0,
      attempts: 0,
      failures: 0,
      sliceWork: FIRST_SLICE_WORK,
      publishVersion: null,
    },
    ...{ place, told: place === null, created: now, updated: now },
  };
}

/** The job after a slice, and the size of the next one: so much work as took the aimed time, by what this one took. */
export function trained(job: Job, { work, progress, history }: SliceOutcome, milliseconds: number): Job {
  const aimed = (work * LIMITS.sliceMs) / milliseconds;
  // One that its epoch has cut short is too short to tell.
  const change = work < job.sliceWork ? 0 : SMOOTHING * (aimed - job.sliceWork);
  const sliceWork = Math.round(Math.min(1e10, Math.max(1e7, job.sliceWork + change)));
  return { ...formatCount(job, milliseconds), progress, history, epochMs: job.epochMs + milliseconds, sliceWork };
}

/** The job after a slice of measuring: the epoch's figures, or none yet. */
export function measured(job: Job, evaluation: Evaluation | undefined, milliseconds: number): Job {
  const next = formatCount(job, milliseconds);
  if (evaluation === undefined) return next;
  const { loss, accuracy } = evaluation;
  const extras = { trainEndLoss: loss, trainEndAccuracy: accuracy, seconds: job.epochMs / 1000 };
  return { ...next, extras: [...job.extras, extras], epochMs: 0 };
}

function formatCount(job: Job, milliseconds: number): Job {
  return {
    ...job,
    state: { status: 'running' },
    slices: job.slices + 1,
    computeMs: job.computeMs + milliseconds,
    attempts: 0,
    failures: 0,
    updated: new Date().toISOString(),
  };
}

/** Epochs that were not recorded have no such figures. */
export function collectMeasures({ history, extras, validation }: Job): MeasuredRun {
  const epochs = extras.map((extra, i) => ({ ...history[i], ...extra }) as EpochRecord);
  return { status: 'succeeded', epochs, validation, test: null };
}
