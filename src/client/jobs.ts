import type { Job, JobEvent, JobRequest, JobSummary } from '../api/jobs.ts';
import { encodeJson, joinPath, type Transport } from './transport.ts';

/**
 * Training jobs. A job survives restarts of the service, and its weights are those of `edge-mlp train` with the same
 * options.
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
   * Starts a job. A second call with the same idempotency key returns the first call's job.
   * Throws `ClientError` 400 for options that do not fit, 404 for an unknown data set, 409, 413 or 429.
   */
  async start(request: JobRequest, key?: string): Promise<Job> {
    return this.#transport.json('POST', 'jobs', { body: encodeJson(request), key });
  }

  /** The latest 100 jobs, newest first. */
  async list(): Promise<JobSummary[]> {
    return (await this.#transport.json<{ jobs: JobSummary[] }>('GET', 'jobs')).jobs;
  }

  /** A job. Throws `ClientError` 404. */
  async get(id: string): Promise<Job> {
    return this.#transport.json('GET', joinPath('jobs', id));
  }

  /**
   * Stops a job at its next pause and commits what is trained. `resume` continues it. Throws `ClientError` 404 or 409.
   */
  async cancel(id: string, key?: string): Promise<Job> {
    return this.#transport.json('POST', joinPath('jobs', id, 'cancel'), { key });
  }

  /** Continues a cancelled or failed job from its last commit. Throws `ClientError` 404 or 409. */
  async resume(id: string, key?: string): Promise<Job> {
    return this.#transport.json('POST', joinPath('jobs', id, 'resume'), { key });
  }

  /** Deletes a job that is over, and its weights. Throws `ClientError` 404, or 409 while it runs. */
  async delete(id: string): Promise<void> {
    await this.#transport.delete(joinPath('jobs', id));
  }

  /** Run file (safetensors) of a job with `record`, once it has succeeded. Throws `ClientError` 404 or 409. */
  async recording(id: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#transport.bytes(joinPath('jobs', id, 'run'));
  }

  /**
   * Model file (safetensors) with the weights of the last commit. Throws `ClientError` 404, or 409 before the first.
   */
  async model(id: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#transport.bytes(joinPath('jobs', id, 'model'));
  }

  /**
   * The events of a job after number `since`, as they happen, until the job is over. If the connection is lost, the
   * iteration throws; continue with another call and the number of the last event.
   */
  async *events(id: string, since = 0): AsyncGenerator<JobEvent, void, void> {
    const headers = { 'last-event-id': String(since) };
    const response = await this.#transport.send('GET', joinPath('jobs', id, 'events'), { headers });
    if (response.body === null) return;
    // With a reader: streams are not iterable in Safari.
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

/** One server-sent event (WHATWG HTML, section 9.2), in the form that the service writes. */
function parseEvent(block: string): JobEvent {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
  return { id: Number(field('id')), type: field('event'), ...JSON.parse(field('data')) } as JobEvent;
}
