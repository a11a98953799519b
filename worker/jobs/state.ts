/** The record of a job, and its changes from one commit to the next, without storage. */
import type {
  EpochMetrics,
  JobEvent,
  JobProgress,
  JobSpec,
  JobState,
  JobSummary,
  RequestedJob,
} from '../../src/api/jobs.ts';
import { type AnyEvaluation, pickTrainEnd } from '../../src/core/measures.ts';
import type { EpochRecord } from '../../src/core/recorder.ts';
import type { MeasuredRun } from '../../src/format/run-file.ts';
import { LIMITS } from '../limits.ts';
import type { Identity } from '../owners.ts';
import type { SliceOutcome } from './run.ts';
import type { DataShape } from './shape.ts';
import { networkSpec } from './spec.ts';

/** Metrics of an epoch that only a recorded job has. */
type EpochExtras = Omit<EpochRecord, keyof EpochMetrics>;

/** The sweep that a job belongs to. */
export interface SweepPlace {
  readonly sweep: string;
  /** Index of the run, from 0. */
  readonly run: number;
}

export interface StoredJob {
  readonly id: string;
  /** The token that started or resumed it. */
  readonly owner: Identity;
  /** The options of the request: those of `spec` may come from the start model. */
  readonly requested: RequestedJob;
  readonly spec: JobSpec;
  readonly shape: DataShape;
  readonly state: JobState;
  readonly progress: JobProgress | null;
  readonly history: readonly EpochMetrics[];
  /** With `record`, of the epochs that are evaluated. */
  readonly extras: readonly EpochExtras[];
  /** Result of the final weights on the validation samples, with `record`. */
  readonly validation: AnyEvaluation | null;
  /** Committed slices. */
  readonly slices: number;
  /** Computing time of all slices, in milliseconds. */
  readonly computeMs: number;
  /** Training time of the current epoch, in milliseconds. */
  readonly epochMs: number;
  /** Starts of the current slice; for a job that is over, attempts to notify of its end. */
  readonly attempts: number;
  /** Failures of the current slice. */
  readonly failures: number;
  /** Whether its model is being published, or may have been. */
  readonly publishing: boolean;
  readonly place: SweepPlace | null;
  /** Whether its sweep, or the directory, has been notified of the end. */
  readonly notified: boolean;
  /** ISO 8601. */
  readonly created: string;
  readonly updated: string;
}

type WithoutId<Event> = Event extends JobEvent ? Omit<Event, 'id'> : never;

/** An event before it is stored, which gives it its number. */
export type JobEventBody = WithoutId<JobEvent>;

/** Type of the event that notifies a sweep of the end of a run. */
export function runEndEvent(run: number): string {
  return `run-${run}`;
}

/** How a job starts, in addition to its options. */
export interface JobStart {
  readonly owner: Identity;
  readonly requested: RequestedJob;
  readonly shape: DataShape;
  readonly place: SweepPlace | null;
}

export function createJob(id: string, spec: JobSpec, { owner, requested, shape, place }: JobStart): StoredJob {
  const now = new Date().toISOString();
  return {
    id,
    owner,
    requested,
    spec,
    shape,
    state: { status: 'queued' },
    progress: null,
    history: [],
    extras: [],
    validation: null,
    slices: 0,
    computeMs: 0,
    epochMs: 0,
    attempts: 0,
    failures: 0,
    publishing: false,
    place,
    notified: false,
    created: now,
    updated: now,
  };
}

/**
 * Computing time of the slice that was started, in milliseconds. The first slices are shorter, so that a job soon has
 * progress and a model. Each repetition is half as long, because the platform may kill a longer one again.
 */
export function sliceTime({ slices, attempts }: StoredJob): number {
  const first = Math.min(LIMITS.sliceMs, LIMITS.stretchMs * 2 ** slices);
  return Math.max(LIMITS.stretchMs, first / 2 ** (attempts - 1));
}

/** The job after a slice of training. */
export function addTraining(job: StoredJob, { milliseconds, progress, ended }: SliceOutcome): StoredJob {
  const history = [...job.history, ...ended];
  return { ...addSlice(job, milliseconds), progress, history, epochMs: job.epochMs + milliseconds };
}

/** The job after a slice of evaluation, which may have no result yet. */
export function addEvaluation(job: StoredJob, evaluation: AnyEvaluation | undefined, milliseconds: number): StoredJob {
  const next = addSlice(job, milliseconds);
  if (evaluation === undefined) return next;
  const extras = { ...pickTrainEnd(evaluation), seconds: job.epochMs / 1000 };
  return { ...next, extras: [...job.extras, extras], epochMs: 0 };
}

function addSlice(job: StoredJob, milliseconds: number): StoredJob {
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

export function collectMeasures({ history, extras, validation }: StoredJob): MeasuredRun {
  const epochs = history.flatMap((metrics, i): EpochRecord[] => {
    const extra = extras[i];
    return extra === undefined ? [] : [{ ...metrics, ...extra }];
  });
  return { status: 'succeeded', epochs, validation, test: null };
}

/** A job in a list. */
export function summarizeJob({ id, spec, shape, state, created, updated }: StoredJob): JobSummary {
  const { data, epochs, publish } = spec;
  const { layers } = networkSpec(spec, shape);
  return { id, data, epochs, publish: publish ?? null, layers: [...layers], state, created, updated };
}
