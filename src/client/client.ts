/** A typed client of the service, for every runtime that has fetch. */
import { Datasets } from './datasets.ts';
import { Jobs } from './jobs.ts';
import { Learners } from './learners.ts';
import { Models } from './models.ts';
import { bodyOf, type Prediction, type Samples } from './samples.ts';
import { Sweeps } from './sweeps.ts';
import { type ClientOptions, Transport } from './transport.ts';

export interface ModelOptions {
  /** Default: mnist. */
  readonly model?: string;
  /** A number or an alias. Default: stable. */
  readonly version?: number | string;
}

export interface PredictResponse {
  model: string;
  version: number;
  predictions: Prediction[];
}

/**
 * Methods throw `ClientError` for what the service refuses, and the runtime's own error where it cannot be reached.
 *
 * @example
 * const client = new Client('https://edge-mlp.example.workers.dev');
 * const { predictions } = await client.predict(pixels); // Uint8Array of 784 bytes
 */
export class Client {
  readonly models: Models;
  readonly datasets: Datasets;
  readonly jobs: Jobs;
  readonly sweeps: Sweeps;
  readonly learners: Learners;
  readonly #transport: Transport;

  constructor(url: string | URL, options: ClientOptions = {}) {
    this.#transport = new Transport(url, options);
    this.models = new Models(this.#transport);
    this.datasets = new Datasets(this.#transport);
    this.jobs = new Jobs(this.#transport);
    this.sweeps = new Sweeps(this.#transport);
    this.learners = new Learners(this.#transport);
  }

  get url(): URL {
    return this.#transport.url;
  }

  async predict(samples: Samples, { model, version }: ModelOptions = {}): Promise<PredictResponse> {
    const query = new URLSearchParams();
    if (model !== undefined) query.set('model', model);
    if (version !== undefined) query.set('version', String(version));
    return this.#transport.json('POST', `predict?${query}`, { body: bodyOf(samples) });
  }
}
