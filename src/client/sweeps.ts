/** Sweeps: many jobs over a grid of options. */
import type { EpochMetrics, JobOptions } from './jobs.ts';
import { joinPath, jsonBody, type Transport } from './transport.ts';

/** What an epoch of a recorded run came to. */
export interface EpochRecord extends EpochMetrics {
  /** On the training set, with the weights of the epoch's end. */
  trainEndLoss: number;
  /** 0 to 1, as `trainEndLoss`. */
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

/** One combination of the grid. */
export interface SweepTrial {
  /** One combination of the grid, with the defaults. */
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
  /** `[inputs, hidden …, classes]` */
  layers: number[];
  /** How weights are drawn. */
  initialisation: 'glorot' | 'he' | 'normal';
  /** They differ in the seed alone. */
  runs: { seed: number; job: string; state: RunState }[];
}

/** A sweep, as the service answers. */
export interface Sweep {
  /** Under which it is asked. */
  id: string;
  /** What has become of it. */
  state:
    | { status: 'running' }
    | { status: 'finished' }
    | { status: 'cancelled' }
    | { status: 'failed'; reason: string };
  /** The data set. */
  data: string;
  /** Of every run. */
  samples: { training: number; validation: number };
  /** Jobs at the same time. */
  concurrency: number;
  /** One for each combination. */
  trials: SweepTrial[];
  /** ISO 8601. */
  created: string;
}

/** The values that an option shall take; what is not listed has the job's default. */
export type SweepGrid = {
  readonly [Name in keyof SweepTrial['options']]?: readonly NonNullable<JobOptions[Name]>[];
};

/** What a sweep tries. */
export interface SweepOptions {
  /** digits, ellipse, or an uploaded set. Default: digits. */
  readonly data?: string;
  /** Of a table. */
  readonly scaling?: 'standard' | 'none';
  /** Values of each option. */
  readonly grid?: SweepGrid;
  /** One run of every combination for each; generated data come from the first. */
  readonly seeds?: readonly number[];
  /** Samples to hold out, of which trials are judged. */
  readonly validation?: number;
  /** Jobs at the same time. */
  readonly concurrency?: number;
}

/** A sweep in the list. */
export interface SweepRecord {
  /** Under which it is asked. */
  id: string;
  /** ISO 8601. */
  created: string;
  /** The data set. */
  data: string;
  /** Jobs in all. */
  runs: number;
}

/**
 * Grids of training jobs, side by side.
 *
 * @example
 * ```ts
 * import { Client } from 'edge-mlp/client';
 *
 * const client = new Client('http://localhost:8787', { token: 'my-token' });
 * const sweep = await client.sweeps.start({ data: 'ellipse', grid: { hidden: [[2]], learningRate: [0.03, 0.1], epochs: [2] } });
 * console.log(sweep.trials.map(({ options }) => options.learningRate)); // [ 0.03, 0.1 ]
 * ```
 */
export class Sweeps {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Two calls with one `key` start one sweep.
   * Throws `ClientError` 400, 404 or 429.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const sweep = await client.sweeps.start({ data: 'ellipse', grid: { epochs: [1], hidden: [[2]] }, seeds: [1, 2] });
   * console.log(sweep.trials[0]?.runs.map(({ seed }) => seed)); // [ 1, 2 ]
   * ```
   */
  async start(options: SweepOptions, key?: string): Promise<Sweep> {
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    return this.#transport.json('POST', 'sweeps', { body: jsonBody(options), headers });
  }

  /**
   * The latest first.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const sweep = await client.sweeps.start({ data: 'ellipse', grid: { hidden: [[2]], learningRate: [0.03, 0.1], epochs: [2] } });
   * console.log((await client.sweeps.list())[0]?.id === sweep.id); // true
   * ```
   */
  async list(): Promise<SweepRecord[]> {
    return (await this.#transport.json<{ sweeps: SweepRecord[] }>('GET', 'sweeps')).sweeps;
  }

  /**
   * A sweep, as it stands. Throws `ClientError` 404.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const sweep = await client.sweeps.start({ data: 'ellipse', grid: { hidden: [[2]], learningRate: [0.03, 0.1], epochs: [2] } });
   * const { data, trials } = await client.sweeps.get(sweep.id);
   * console.log(data, trials.length); // ellipse 2
   * ```
   */
  async get(id: string): Promise<Sweep> {
    return this.#transport.json('GET', joinPath('sweeps', id));
  }

  /**
   * Cancels its jobs, too. Throws `ClientError` 404 or 409.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const { id } = await client.sweeps.start({ data: 'digits', grid: { epochs: [40], hidden: [[50]] } });
   * console.log((await client.sweeps.cancel(id)).state.status); // cancelled
   * ```
   */
  async cancel(id: string): Promise<Sweep> {
    return this.#transport.json('POST', joinPath('sweeps', id, 'cancel'));
  }
}
