/** Sweeps: many jobs over a grid of options. */
import type { EpochMetrics, JobOptions } from './jobs.ts';
import { jsonBody, pathOf, type Transport } from './transport.ts';

export interface EpochRecord extends EpochMetrics {
  /** On the training set, with the weights of the epoch's end. */
  trainEndLoss: number;
  trainEndAccuracy: number;
  /** Of training, without evaluation. */
  seconds: number;
}

/** Where one run stands; each state has what belongs to it. */
export type RunState =
  | { status: 'waiting' }
  /** The share of it that is done, 0 to 1. */
  | { status: 'running'; share: number }
  | {
      status: 'succeeded';
      epochs: EpochRecord[];
      /** Of the final weights; the confusion matrix by true and predicted class. */
      validation: { samples: number; loss: number; accuracy: number; confusion: number[][] } | null;
      weightsSha256: string;
    }
  | { status: 'failed'; code: string; reason: string };

export interface SweepTrial {
  options: {
    learningRate: number;
    hidden: number[];
    activation: 'sigmoid' | 'tanh' | 'relu';
    init?: 'glorot' | 'he' | 'normal' | undefined;
    batchSize: number;
    epochs: number;
    momentum: number;
    weightDecay: number;
  };
  /** [inputs, hidden …, classes] */
  layers: number[];
  initialisation: 'glorot' | 'he' | 'normal';
  /** They differ in the seed alone. */
  runs: { seed: number; job: string; state: RunState }[];
}

export interface Sweep {
  id: string;
  state:
    | { status: 'running' }
    | { status: 'finished' }
    | { status: 'cancelled' }
    | { status: 'failed'; reason: string };
  data: string;
  samples: { training: number; validation: number };
  /** Jobs at the same time. */
  concurrency: number;
  trials: SweepTrial[];
  created: string;
}

/** The values that an option shall take; what is not listed has the job's default. */
export type SweepGrid = {
  readonly [Name in keyof SweepTrial['options']]?: readonly NonNullable<JobOptions[Name]>[];
};

export interface SweepOptions {
  readonly data?: string;
  /** Of a table. */
  readonly scaling?: 'standard' | 'none';
  readonly grid?: SweepGrid;
  /** One run of every combination for each; generated data come from the first. */
  readonly seeds?: readonly number[];
  readonly validation?: number;
  readonly concurrency?: number;
}

export interface SweepRecord {
  id: string;
  created: string;
  data: string;
  runs: number;
}

export class Sweeps {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Two calls with one `key` start one sweep. */
  async start(options: SweepOptions, key?: string): Promise<Sweep> {
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    return this.#transport.json('POST', 'sweeps', { body: jsonBody(options), headers });
  }

  /** The latest first. */
  async list(): Promise<SweepRecord[]> {
    return (await this.#transport.json<{ sweeps: SweepRecord[] }>('GET', 'sweeps')).sweeps;
  }

  async get(id: string): Promise<Sweep> {
    return this.#transport.json('GET', pathOf('sweeps', id));
  }

  async cancel(id: string): Promise<Sweep> {
    return this.#transport.json('POST', pathOf('sweeps', id, 'cancel'));
  }
}
