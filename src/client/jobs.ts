/** Training jobs. */
import { jsonBody, pathOf, type Transport } from './transport.ts';

export interface EpochMetrics {
  epoch: number;
  trainLoss: number;
  trainAccuracy: number;
  validationLoss: number | null;
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

/** Whether nothing more will come of it, unless it is resumed. */
export function isOver({ status }: JobState): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled';
}

export interface JobProgress {
  /** Steps since the beginning. */
  step: number;
  /** From 1. */
  epoch: number;
  epochs: number;
  samples: number;
  samplesPerEpoch: number;
  /** Running means of the epoch. */
  loss: number | null;
  accuracy: number | null;
}

export interface Job {
  id: string;
  /** As it was asked, with the defaults. */
  spec: Record<string, unknown>;
  layers: number[];
  parameters: number;
  state: JobState;
  progress: JobProgress | null;
  history: EpochMetrics[];
  slices: number;
  /** Computing time of all slices, in milliseconds. */
  computeMs: number;
  created: string;
  updated: string;
}

/** What a job is asked to do: names and defaults are those of `edge-mlp train`. */
export interface JobOptions {
  /** digits, ellipse, or an uploaded set. */
  readonly data?: string;
  /** Of a table. */
  readonly scaling?: 'standard' | 'none';
  readonly hidden?: readonly number[];
  readonly activation?: 'sigmoid' | 'tanh' | 'relu';
  readonly init?: 'glorot' | 'he' | 'normal';
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly seed?: number;
  /** Of generated data. Default: seed. */
  readonly dataSeed?: number;
  readonly validation?: number;
  readonly final?: boolean;
  /** Keep the loss of every step, and measure the training set after every epoch. */
  readonly record?: boolean;
  /** Name under which the model goes to the registry. */
  readonly publish?: string;
}

export type JobEvent =
  | ({ readonly id: number; readonly type: 'progress' } & JobProgress)
  | { readonly id: number; readonly type: 'epoch'; readonly metrics: EpochMetrics }
  | { readonly id: number; readonly type: 'state'; readonly state: JobState };

export class Jobs {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Two calls with one `key` start one job. */
  async start(options: JobOptions, key?: string): Promise<Job> {
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    return this.#transport.json('POST', 'jobs', { body: jsonBody(options), headers });
  }

  /** The latest first. */
  async list(): Promise<Job[]> {
    return (await this.#transport.json<{ jobs: Job[] }>('GET', 'jobs')).jobs;
  }

  async get(id: string): Promise<Job> {
    return this.#transport.json('GET', pathOf('jobs', id));
  }

  async cancel(id: string): Promise<Job> {
    return this.#transport.json('POST', pathOf('jobs', id, 'cancel'));
  }

  async resume(id: string): Promise<Job> {
    return this.#transport.json('POST', pathOf('jobs', id, 'resume'));
  }

  /** All that a job with `record` has recorded, as a run's file. */
  async recording(id: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#transport.bytes(pathOf('jobs', id, 'run'));
  }

  /** The job's model file, as far as it has come. */
  async model(id: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#transport.bytes(pathOf('jobs', id, 'model'));
  }

  /**
   * A job's events after number `since`, as they come, until it is over. Where the connection is lost it throws; another call
   * with the number of the last event misses nothing.
   */
  async *events(id: string, since = 0): AsyncGenerator<JobEvent, void, void> {
    const headers = { 'last-event-id': String(since) };
    const response = await this.#transport.send('GET', pathOf('jobs', id, 'events'), { headers });
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
        for (const block of blocks) yield eventOf(block);
      }
    } finally {
      await reader.cancel();
    }
  }
}

/** One server-sent event (WHATWG HTML, section 9.2), as the service writes them. */
function eventOf(block: string): JobEvent {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
  return { id: Number(field('id')), type: field('event'), ...JSON.parse(field('data')) } as JobEvent;
}
