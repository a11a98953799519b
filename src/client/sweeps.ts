import type { Sweep, SweepRecord, SweepRequest } from '../api/sweeps.ts';
import { encodeJson, joinPath, type Transport } from './transport.ts';

/**
 * Sweeps: training jobs over a grid of options.
 *
 * @example
 * ```ts
 * import { Client } from 'edge-mlp/client';
 *
 * const client = new Client('http://localhost:8787', { token: 'my-token' });
 * const sweep = await client.sweeps.start({ data: 'ellipse', grid: { hidden: [[2]], learningRate: [0.03, 0.1], epochs:
 * [2] } }); console.log(sweep.trials.map(({ options }) => options.learningRate)); // [ 0.03, 0.1 ]
 * ```
 */
export class Sweeps {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Starts a sweep. A second call with the same idempotency key returns the first call's sweep.
   * Throws `ClientError` 400, 404, 409, 413 or 429.
   */
  async start(request: SweepRequest, key?: string): Promise<Sweep> {
    return this.#transport.json('POST', 'sweeps', { body: encodeJson(request), key });
  }

  /** All sweeps, newest first. */
  async list(): Promise<SweepRecord[]> {
    return this.#transport.list('sweeps', 'sweeps');
  }

  /** A sweep. Throws `ClientError` 404. */
  async get(id: string): Promise<Sweep> {
    return this.#transport.json('GET', joinPath('sweeps', id));
  }

  /** Stops a sweep and its jobs; finished runs are kept. Throws `ClientError` 404 or 409. */
  async cancel(id: string, key?: string): Promise<Sweep> {
    return this.#transport.json('POST', joinPath('sweeps', id, 'cancel'), { key });
  }

  /** Deletes a sweep that is over, and its table. Throws `ClientError` 404, or 409 while it runs. */
  async delete(id: string): Promise<void> {
    await this.#transport.delete(joinPath('sweeps', id));
  }
}
