/** A typed client of the service, for every runtime that has fetch. */
import { Datasets } from './datasets.ts';
import { Jobs } from './jobs.ts';
import { Learners } from './learners.ts';
import { Models } from './models.ts';
import { encodeBody, type Prediction, type Samples } from './samples.ts';
import { Sweeps } from './sweeps.ts';
import { type ClientOptions, Transport } from './transport.ts';

/** Which model is asked. */
export interface ModelOptions {
  /** Default: mnist. */
  readonly model?: string;
  /** A number or an alias. Default: stable. */
  readonly version?: number | string;
}

/** Answer to samples. */
export interface PredictResponse {
  /** Name of the model that answered. */
  model: string;
  /** Its version: what an alias stood for. */
  version: number;
  /** In the order of the samples. */
  predictions: Prediction[];
}

/**
 * Methods throw `ClientError` for what the service refuses, and the runtime's own error where it cannot be reached.
 *
 * @example
 * ```ts
 * import { Client } from 'edge-mlp/client';
 * import { digitsDataset } from 'edge-mlp/data';
 *
 * const client = new Client('http://localhost:8787');
 * const { inputs, labels } = digitsDataset({ samples: 20, seed: 1 });
 * const { predictions } = await client.predict(Uint8Array.from(inputs));
 * const right = predictions.filter(({ label }, sample) => label === labels[sample]);
 * console.log(right.length >= 18); // true
 * ```
 */
export class Client {
  /** The registry of models. */
  readonly models: Models;
  /** Uploaded data sets. */
  readonly datasets: Datasets;
  /** Training jobs. */
  readonly jobs: Jobs;
  /** Grids of jobs. */
  readonly sweeps: Sweeps;
  /** Models of one’s own that learn from each example. */
  readonly learners: Learners;
  readonly #transport: Transport;

  /** `url` is the address of the service; it may live below a path. */
  constructor(url: string | URL, options: ClientOptions = {}) {
    this.#transport = new Transport(url, options);
    this.models = new Models(this.#transport);
    this.datasets = new Datasets(this.#transport);
    this.jobs = new Jobs(this.#transport);
    this.sweeps = new Sweeps(this.#transport);
    this.learners = new Learners(this.#transport);
  }

  /** Address of the service, with a slash at the end. */
  get url(): URL {
    return this.#transport.url;
  }

  /**
   * Classifies samples. Throws `ClientError` 400, 404, 413, 415 or 429.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const { model, predictions } = await client.predict(new Uint8Array(784).fill(0, 0, 392).fill(255, 400, 420));
   * console.log(model, predictions.length); // mnist 1
   * ```
   */
  async predict(samples: Samples, { model, version }: ModelOptions = {}): Promise<PredictResponse> {
    const query = new URLSearchParams();
    if (model !== undefined) query.set('model', model);
    if (version !== undefined) query.set('version', String(version));
    return this.#transport.json('POST', `predict?${query}`, { body: encodeBody(samples) });
  }
}
