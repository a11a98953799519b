/** A typed client of the service, for every runtime that has fetch. */
import { Datasets } from './datasets.ts';
import { Jobs } from './jobs.ts';
import { Models } from './models.ts';
import { Sweeps } from './sweeps.ts';
import { binaryBody, type ClientOptions, jsonBody, type RequestBody, Transport } from './transport.ts';

export interface ModelOptions {
  /** Default: mnist. */
  readonly model?: string;
  /** A number or an alias. Default: stable. */
  readonly version?: number | string;
}

export interface Prediction {
  /** Index of the most likely class, and its name. */
  label: number;
  class: string;
  /** The class as a number, where the classes are digits. */
  digit?: number | undefined;
  /** Probability of the class. */
  confidence: number;
  /** One for each class; they add up to 1. */
  probabilities: number[];
}

export interface PredictResponse {
  model: string;
  version: number;
  predictions: Prediction[];
}

/** What `predict` takes: raw bytes, n samples one after the other; a PNG; or numbers, flat, in rows, or a list of either. */
export type Samples =
  | Uint8Array<ArrayBuffer>
  | { readonly png: Uint8Array<ArrayBuffer> }
  | { readonly pixels: readonly unknown[]; readonly scale?: number }
  | readonly unknown[];

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
  readonly #transport: Transport;

  constructor(url: string | URL, options: ClientOptions = {}) {
    this.#transport = new Transport(url, options);
    this.models = new Models(this.#transport);
    this.datasets = new Datasets(this.#transport);
    this.jobs = new Jobs(this.#transport);
    this.sweeps = new Sweeps(this.#transport);
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

function bodyOf(samples: Samples): RequestBody {
  if (samples instanceof Uint8Array) return binaryBody(samples);
  if ('png' in samples) return { type: 'image/png', bytes: samples.png };
  return jsonBody(samples);
}
