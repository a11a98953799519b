/** What is known of a job. */
import type { Evaluation } from '../../src/core/evaluate.ts';
import type { EpochMetrics } from '../../src/core/metrics.ts';
import type { EpochRecord } from '../../src/core/recorder.ts';
import type { DataShape } from './shape.ts';
import type { JobSpec } from './spec.ts';

/** Where a job stands; each state has what belongs to it and nothing else. */
export type JobState =
  | { readonly status: 'queued' }
  | { readonly status: 'running' }
  | { readonly status: 'succeeded'; readonly result: JobResult }
  | { readonly status: 'failed'; readonly code: string; readonly reason: string }
  | { readonly status: 'cancelled' };

export interface JobResult {
  readonly weightsSha256: string;
  readonly test: { readonly samples: number; readonly loss: number; readonly accuracy: number } | null;
  /** In the registry, where that was asked for. */
  readonly published: { readonly model: string; readonly version: number } | null;
}

export interface JobProgress {
  /** Steps since the beginning. */
  readonly step: number;
  /** Running, or the last one; from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly samples: number;
  readonly samplesPerEpoch: number;
  /** Running means of the epoch; null before the first step. */
  readonly loss: number | null;
  readonly accuracy: number | null;
}

/** What a job records of an epoch beside its metrics. */
export type EpochExtras = Omit<EpochRecord, keyof EpochMetrics>;

/** Whose run a job is. */
export interface SweepPlace {
  readonly sweep: string;
  /** From 0. */
  readonly run: number;
}

/** The event by which a job tells its sweep that it is over. */
export function endOfRun(run: number): string {
  return `run-${run}`;
}

export interface Job {
  readonly id: string;
  readonly spec: JobSpec;
  readonly shape: DataShape;
  readonly state: JobState;
  readonly progress: JobProgress | null;
  readonly history: readonly EpochMetrics[];
  /** Of the epochs that have been measured, where the job records them. */
  readonly extras: readonly EpochExtras[];
  /** On the validation samples with the final weights, where the job records that. */
  readonly validation: Evaluation | null;
  /** Slices that were committed, and the computing time in them, in milliseconds. */
  readonly slices: number;
  readonly computeMs: number;
  /** Of the running epoch, in milliseconds, without measuring. */
  readonly epochMs: number;
  /** How often the slice under way has been begun, and how often it has failed; or, of a job that is over, telling its sweep. */
  readonly attempts: number;
  readonly failures: number;
  /** Multiply-adds of the next slice. */
  readonly sliceWork: number;
  /** Version under which the model is being published: decided once, so that no retry publishes it twice. */
  readonly publishVersion: number | null;
  readonly place: SweepPlace | null;
  /** The sweep has been told that its run is over, or there is none. */
  readonly told: boolean;
  /** ISO 8601. */
  readonly created: string;
  readonly updated: string;
}

export function isOver({ status }: JobState): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled';
}

/** What a watcher is told. */
export type JobEvent =
  | ({ readonly type: 'progress' } & JobProgress)
  | { readonly type: 'epoch'; readonly metrics: EpochMetrics }
  | { readonly type: 'state'; readonly state: JobState };
