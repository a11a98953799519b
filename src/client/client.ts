import type { PredictResponse, ValuesResponse } from '../api/predict.ts';
import type { Usage } from '../api/usage.ts';
import { Datasets } from './datasets.ts';
import { Jobs } from './jobs.ts';
import { Learners } from './learners.ts';
import { Models } from './models.ts';
import { Sweeps } from './sweeps.ts';
import { type ClientOptions, encodeSamples, type Samples, Transport } from './transport.ts';

/** Model to query. */
export interface ModelOptions {
  /** Name of the model. Default: mnist. */
  readonly model?: string;
  /** Version number or alias. Default: stable. */
  readonly version?: number | string;
}

/**
 * A client of the HTTP service. If the service refuses a request, the method rejects with a `ClientError`; if the
 * service cannot be reached, with the error of the runtime's `fetch`. Requests are repeated while the service asks to wait
 * (429, 503 with Retry-After: 180 s at most) or cannot be reached (10 s at most); `ClientOptions.retry` changes the
 * limits. Requests that change something have an idempotency key, so that a repeated one changes it once.
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
  /** The model registry. */
  readonly models: Models;
  /** Uploaded data sets. */
  readonly datasets: Datasets;
  /** Training jobs. */
  readonly jobs: Jobs;
  /** Sweeps: jobs over a grid of options. */
  readonly sweeps: Sweeps;
  /** Learners: private copies of a model that learn from examples. */
  readonly learners: Learners;
  readonly #transport: Transport;

  /** `url` is the address of the service, with or without a path. */
  constructor(url: string | URL, options: ClientOptions = {}) {
    this.#transport = new Transport(url, options);
    this.models = new Models(this.#transport);
    this.datasets = new Datasets(this.#transport);
    this.jobs = new Jobs(this.#transport);
    this.sweeps = new Sweeps(this.#transport);
    this.learners = new Learners(this.#transport);
  }

  /** Address of the service, with a trailing slash. */
  get url(): URL {
    return this.#transport.url;
  }

  /** Storage that the token uses, and its quota. Throws `ClientError` 401. */
  async usage(): Promise<Usage> {
    return this.#transport.json('GET', 'usage');
  }

  /** Classifies samples. Throws `ClientError` 400, 404, 413, 415 or 429. */
  async predict(samples: Samples, model: ModelOptions = {}): Promise<PredictResponse> {
    return this.#predict(samples, model);
  }

  /** Predicts the values of a regression. Throws `ClientError` 400, 404, 413, 415 or 429. */
  async predictValues(samples: Samples, model: ModelOptions = {}): Promise<ValuesResponse> {
    return this.#predict(samples, model);
  }

  async #predict<Response>(samples: Samples, { model, version }: ModelOptions): Promise<Response> {
    const query = new URLSearchParams();
    if (model !== undefined) query.set('model', model);
    if (version !== undefined) query.set('version', String(version));
    return this.#transport.json('POST', `predict?${query}`, { body: encodeSamples(samples) });
  }
}
