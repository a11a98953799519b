/** Training jobs. */
import { joinPath, jsonBody, type Transport } from './transport.ts';

/** What an epoch came to. */
export interface EpochMetrics {
  /** From 1. */
  epoch: number;
  /** Mean over the epoch’s steps, in formatNats. */
  trainLoss: number;
  /** 0 to 1, over the epoch’s steps. */
  trainAccuracy: number;
  /** At the epoch’s end, in formatNats; null without validation samples. */
  validationLoss: number | null;
  /** 0 to 1, at the epoch’s end. */
  validationAccuracy: number | null;
}

/** Where a job stands; each state has what belongs to it. */
export type JobState =
  | { status: 'queued' }
  | { status: 'running' }
  | {
      status: 'succeeded';
      result: {
        weightsSha256: string;
        test: { samples: number; loss: number; accuracy: number } | null;
        published: { model: string; version: number } | null;
      };
    }
  | { status: 'failed'; code: string; reason: string }
  | { status: 'cancelled' };

/**
 * Whether nothing more will come of it, unless it is resumed.
 *
 * @example
 * ```ts
 * import { isOver } from 'edge-mlp/client';
 *
 * console.log(isOver({ status: 'running' }), isOver({ status: 'cancelled' })); // false true
 * ```
 */
export function isOver({ status }: JobState): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled';
}

/** How far a job has come. */
export interface JobProgress {
  /** Steps since the beginning. */
  step: number;
  /** From 1. */
  epoch: number;
  /** In all. */
  epochs: number;
  /** Of this epoch that were seen. */
  samples: number;
  /** Of the training set. */
  samplesPerEpoch: number;
  /** Running mean of the epoch, in formatNats. */
  loss: number | null;
  /** Running mean of the epoch, 0 to 1. */
  accuracy: number | null;
}

/** A training job, as the service answers. */
export interface Job {
  /** Under which it is asked. */
  id: string;
  /** As it was asked, with the defaults. */
  spec: Record<string, unknown>;
  /** `[inputs, hidden …, classes]` */
  layers: number[];
  /** Weights and biases. */
  parameters: number;
  /** What has become of it. */
  state: JobState;
  /** Null before the first slice. */
  progress: JobProgress | null;
  /** The epochs that are done. */
  history: EpochMetrics[];
  /** Pieces of work that it was done in; each was kept when it was done. */
  slices: number;
  /** Computing time of all slices, in milliseconds. */
  computeMs: number;
  /** ISO 8601. */
  created: string;
  /** ISO 8601. */
  updated: string;
}

/** What a job is asked to do: names and defaults are those of `edge-mlp train`. */
export interface JobOptions {
  /** digits, ellipse, or an uploaded set. */
  readonly data?: string;
  /** A model to begin with: `name`, `name@version` or `name@alias`. It has its own hidden, activation, scaling and classes. */
  readonly from?: string;
  /** Of a table. */
  readonly scaling?: 'standard' | 'none';
  /** Units of each hidden layer. Default: [300]. */
  readonly hidden?: readonly number[];
  /** Of the hidden layers. Default: sigmoid. */
  readonly activation?: 'sigmoid' | 'tanh' | 'relu';
  /** How weights are drawn. Default: by the activation. */
  readonly init?: 'glorot' | 'he' | 'normal';
  /** Default: 5. */
  readonly epochs?: number;
  /** Samples of a step. Default: 1. */
  readonly batchSize?: number;
  /** Default: 0.03. */
  readonly learningRate?: number;
  /** 0 to 1. Default: 0. */
  readonly momentum?: number;
  /** Default: 0. */
  readonly weightDecay?: number;
  /** Of weights, order and split. Default: 1. */
  readonly seed?: number;
  /** Of generated data. Default: seed. */
  readonly dataSeed?: number;
  /** Samples to hold out. Default: 5,000 of MNIST’s size, a tenth of less. */
  readonly validation?: number;
  /** Train on all samples, and measure on the test samples. */
  readonly final?: boolean;
  /** Keep the loss of every step, and measure the training set after every epoch. */
  readonly record?: boolean;
  /** Name under which the model goes to the registry. */
  readonly publish?: string;
}

/** What happens to a job; `id` counts its events. */
export type JobEvent =
  | ({ readonly id: number; readonly type: 'progress' } & JobProgress)
  | { readonly id: number; readonly type: 'epoch'; readonly metrics: EpochMetrics }
  | { readonly id: number; readonly type: 'state'; readonly state: JobState };

/**
 * Training in the service: a job goes on through restarts, and ends in the weights of `edge-mlp train`.
 *
 * @example
 * ```ts
 * import { Client, isOver } from 'edge-mlp/client';
 *
 * const client = new Client('http://localhost:8787', { token: 'my-token' });
 * const { id } = await client.jobs.start({ data: 'ellipse', hidden: [3], epochs: 2 });
 * for await (const event of client.jobs.events(id)) if (event.type === 'state' && isOver(event.state)) break;
 * const job = await client.jobs.get(id);
 * console.log(job.layers, job.state.status); // [ 2, 3, 2 ] succeeded
 * ```
 */
export class Jobs {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Two calls with one `key` start one job.
   * Begins to train. Throws `ClientError` 400 for options that do not fit, 404 for a set that is not there, 429.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const job = await client.jobs.start({ data: 'ellipse', hidden: [8, 4], epochs: 1 });
   * console.log(job.layers, job.parameters); // [ 2, 8, 4, 2 ] 70
   * ```
   */
  async start(options: JobOptions, key?: string): Promise<Job> {
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    return this.#transport.json('POST', 'jobs', { body: jsonBody(options), headers });
  }

  /**
   * The latest first.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const { id } = await client.jobs.start({ data: 'ellipse', hidden: [2], epochs: 1 });
   * console.log((await client.jobs.list())[0]?.id === id); // true
   * ```
   */
  async list(): Promise<Job[]> {
    return (await this.#transport.json<{ jobs: Job[] }>('GET', 'jobs')).jobs;
  }

  /**
   * A job, as it stands. Throws `ClientError` 404.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const { id } = await client.jobs.start({ data: 'ellipse', hidden: [3], epochs: 1, seed: 7 });
   * console.log((await client.jobs.get(id)).spec.seed); // 7
   * ```
   */
  async get(id: string): Promise<Job> {
    return this.#transport.json('GET', joinPath('jobs', id));
  }

  /**
   * Stops a job after the slice that it is in; what it has learnt is kept. Throws `ClientError` 404 or 409.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const { id } = await client.jobs.start({ data: 'digits', hidden: [100], epochs: 1000 });
   * console.log((await client.jobs.cancel(id)).state); // { status: 'cancelled' }
   * ```
   */
  async cancel(id: string): Promise<Job> {
    return this.#transport.json('POST', joinPath('jobs', id, 'cancel'));
  }

  /**
   * Goes on with a job that was cancelled or has failed. Throws `ClientError` 404 or 409.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const { id } = await client.jobs.start({ data: 'digits', hidden: [100], epochs: 1000 });
   * await client.jobs.cancel(id);
   * console.log(['queued', 'running'].includes((await client.jobs.resume(id)).state.status)); // true
   * await client.jobs.cancel(id);
   * ```
   */
  async resume(id: string): Promise<Job> {
    return this.#transport.json('POST', joinPath('jobs', id, 'resume'));
  }

  /**
   * All that a job with `record` has recorded, as a run's file.
   * Throws `ClientError` 404 or 409.
   *
   * @example
   * ```ts
   * import { Client, isOver } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const { id } = await client.jobs.start({ data: 'ellipse', hidden: [3], epochs: 2, record: true });
   * for await (const event of client.jobs.events(id)) if (event.type === 'state' && isOver(event.state)) break;
   * console.log((await client.jobs.recording(id)).length > 1000); // true
   * ```
   */
  async recording(id: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#transport.bytes(joinPath('jobs', id, 'run'));
  }

  /**
   * The job's model file, as far as it has come.
   * Safetensors. Throws `ClientError` 404, or 409 before its first slice.
   *
   * @example
   * ```ts
   * import { Client, isOver } from 'edge-mlp/client';
   * import { parseModel } from 'edge-mlp/format';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const { id } = await client.jobs.start({ data: 'ellipse', hidden: [3], epochs: 2 });
   * for await (const event of client.jobs.events(id)) if (event.type === 'state' && isOver(event.state)) break;
   * const { info } = parseModel(await client.jobs.model(id), id);
   * console.log(info.spec.layers, info.classes); // [ 2, 3, 2 ] [ 'outside', 'inside' ]
   * ```
   */
  async model(id: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#transport.bytes(joinPath('jobs', id, 'model'));
  }

  /**
   * A job's events after number `since`, as they come, until it is over. Where the connection is lost it throws; another call
   * with the number of the last event misses nothing.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const { id } = await client.jobs.start({ data: 'ellipse', hidden: [3], epochs: 3 });
   * let epochs = 0;
   * for await (const event of client.jobs.events(id)) if (event.type === 'epoch') epochs = event.metrics.epoch;
   * console.log(epochs); // 3
   * ```
   */
  async *events(id: string, since = 0): AsyncGenerator<JobEvent, void, void> {
    const headers = { 'last-event-id': String(since) };
    const response = await this.#transport.send('GET', joinPath('jobs', id, 'events'), { headers });
    if (response.body === null) return;
    // Read by hand: Safari's streams cannot be iterated.
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    try {
      let text = '';
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        const blocks = (text + value).split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) yield parseEvent(block);
      }
    } finally {
      await reader.cancel();
    }
  }
}

/** One server-sent event (WHATWG HTML, section 9.2), as the service writes them. */
function parseEvent(block: string): JobEvent {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
  return { id: Number(field('id')), type: field('event'), ...JSON.parse(field('data')) } as JobEvent;
}
