/** Learners: models of one's own that learn from each example. */

import { encodeBody, type Prediction, type Samples } from './samples.ts';
import { joinPath, jsonBody, type Transport } from './transport.ts';

/** A learner, as the service answers. */
export interface Learner {
  /** Under which it is asked; who knows it may teach it. */
  id: string;
  /** The model that it was forked from, and its version. */
  model: string;
  /** Of that model. */
  version: number;
  /** That it has learnt from, and not undone. */
  examples: number;
  /** Of its steps. */
  learningRate: number;
  /** SGD steps for each example. */
  steps: number;
  /** Of the order in which it sees samples. */
  seed: number;
  /** Samples that it keeps against forgetting. */
  rehearsal: { data: string; samples: number } | null;
  /** `[inputs, hidden …, classes]` */
  layers: number[];
  /** Names of the classes, by label. */
  classes: string[];
  /** Of its weights and biases: equal hashes, equal networks. */
  weightsSha256: string;
  /** ISO 8601. */
  created: string;
  /** ISO 8601. */
  updated: string;
  /** When it is deleted, unless somebody asks or teaches it. */
  expires: string;
}

/** Of what a learner is made. */
export interface LearnerOptions {
  /** Default: mnist. */
  readonly model?: string;
  /** A number or an alias. Default: stable. */
  readonly version?: number | string;
  /** The data set of what it keeps against forgetting; null for none. Default: the one that the model was trained on. */
  readonly rehearsal?: string | null;
  /** Default: 0.2. */
  readonly learningRate?: number;
  /** SGD steps for each example. Default: 30. */
  readonly steps?: number;
  /** Of the order in which it sees samples. Default: 1. */
  readonly seed?: number;
}

/** Numbers, flat or in rows: a picture’s pixels, or the features of a table. */
export type LearnerSample = readonly number[] | readonly (readonly number[])[];

/** One sample, as pixels or as inputs of any kind, and what it is: the index of the class, or its name. */
export type LearnerExample = {
  /** Index of the class, or its name. */
  readonly label: number | string;
} & (
  | {
      /** Numbers from 0 to `scale`. */
      readonly pixels: LearnerSample;
      /** The number that stands for white. Default: 255. */
      readonly scale?: number;
    }
  | {
      /** Numbers as they are; pixels from 0 to 255. */
      readonly inputs: LearnerSample;
    }
);

/** What an example has changed. */
export interface ExampleResponse {
  /** How many it has learnt from now. */
  examples: number;
  /** What it said before. */
  before: Prediction;
  /** What it says now. */
  after: Prediction;
  /** As it is now. */
  learner: Learner;
}

/** A learner’s answer to samples. */
export interface LearnerPredictResponse {
  /** Its id. */
  learner: string;
  /** That it was forked from. */
  model: string;
  /** Of that model. */
  version: number;
  /** That it had learnt from when it answered. */
  examples: number;
  /** In the order of the samples. */
  predictions: Prediction[];
}

/** What a learner was published as. */
export interface PromoteResponse {
  /** Name of the model that it was published as. */
  model: string;
  /** Its number. */
  version: number;
  /** That the version has learnt from. */
  examples: number;
}

/**
 * Models of one’s own: forked from a model, taught by one example after the other.
 *
 * @example
 * ```ts
 * import { Client } from 'edge-mlp/client';
 *
 * const client = new Client('http://localhost:8787', { token: 'my-token' });
 * const learner = await client.learners.begin({ rehearsal: null, seed: 1 });
 * const pixels = new Array(784).fill(0).fill(255, 300, 320);
 * const { after } = await client.learners.teach(learner.id, { pixels, label: 4 });
 * console.log(after.label); // 4
 * ```
 */
export class Learners {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Forks a model. Two calls with one `key` begin one learner.
   * Throws `ClientError` 400, 404 or 429.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const { model, examples, layers } = await client.learners.begin({ model: 'mnist', rehearsal: null });
   * console.log(model, examples, layers); // mnist 0 [ 784, 300, 10 ]
   * ```
   */
  async begin(options: LearnerOptions = {}, key?: string): Promise<Learner> {
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    return this.#transport.json('POST', 'learners', { body: jsonBody(options), headers });
  }

  /**
   * A learner, as it stands. Throws `ClientError` 404.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const learner = await client.learners.begin({ rehearsal: null, seed: 2 });
   * console.log((await client.learners.get(learner.id)).steps); // 30
   * ```
   */
  async get(id: string): Promise<Learner> {
    return this.#transport.json('GET', joinPath('learners', id));
  }

  /**
   * Learns one example at once.
   * Throws `ClientError` 400, 404, or 409 where it has learnt as many as it may.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const learner = await client.learners.begin({ rehearsal: null, seed: 3 });
   * const pixels = new Array(784).fill(0).fill(255, 300, 320);
   * const { before, after } = await client.learners.teach(learner.id, { pixels, label: '9' });
   * console.log(before.label === 9, after.label === 9, after.confidence > 0.9); // false true true
   * ```
   */
  async teach(id: string, example: LearnerExample): Promise<ExampleResponse> {
    return this.#transport.json('POST', joinPath('learners', id, 'examples'), { body: jsonBody(example) });
  }

  /**
   * Classifies samples. Throws `ClientError` 400, 404, 413 or 415.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const learner = await client.learners.begin({ rehearsal: null, seed: 4 });
   * const pixels = new Array(784).fill(0).fill(255, 300, 320);
   * const { examples, predictions } = await client.learners.predict(learner.id, { pixels });
   * console.log(examples, predictions.length); // 0 1
   * ```
   */
  async predict(id: string, samples: Samples): Promise<LearnerPredictResponse> {
    return this.#transport.json('POST', joinPath('learners', id, 'predict'), { body: encodeBody(samples) });
  }

  /**
   * Forgets the last example: the bits are those before it.
   * Throws `ClientError` 404, or 409 where there is nothing to undo.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const learner = await client.learners.begin({ rehearsal: null, seed: 5 });
   * const pixels = new Array(784).fill(0).fill(255, 300, 320);
   * await client.learners.teach(learner.id, { pixels, label: 1 });
   * const undone = await client.learners.undo(learner.id);
   * console.log(undone.weightsSha256 === learner.weightsSha256); // true
   * ```
   */
  async undo(id: string): Promise<Learner> {
    return this.#transport.json('POST', joinPath('learners', id, 'undo'));
  }

  /**
   * Forgets all examples.
   * Throws `ClientError` 404.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const learner = await client.learners.begin({ rehearsal: null, seed: 6 });
   * const pixels = new Array(784).fill(0).fill(255, 300, 320);
   * for (const label of [1, 2, 3]) await client.learners.teach(learner.id, { pixels, label });
   * console.log((await client.learners.reset(learner.id)).examples); // 0
   * ```
   */
  async reset(id: string): Promise<Learner> {
    return this.#transport.json('POST', joinPath('learners', id, 'reset'));
  }

  /**
   * The learner's model file.
   * Safetensors. Throws `ClientError` 404.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   * import { parseModel } from 'edge-mlp/format';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const learner = await client.learners.begin({ rehearsal: null, seed: 7 });
   * const { info } = parseModel(await client.learners.model(learner.id), learner.id);
   * console.log(info.spec.layers); // [ 784, 300, 10 ]
   * ```
   */
  async model(id: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#transport.bytes(joinPath('learners', id, 'model'));
  }

  /**
   * Publishes it as the next version of the model `name`; the same state is published once.
   * Throws `ClientError` 400 where that model has other inputs or classes, 404.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const learner = await client.learners.begin({ rehearsal: null, seed: 8 });
   * const pixels = new Array(784).fill(0).fill(255, 300, 320);
   * await client.learners.teach(learner.id, { pixels, label: 7 });
   * const { model, version } = await client.learners.promote(learner.id, 'my-hand');
   * console.log(model, version); // my-hand 1
   * ```
   */
  async promote(id: string, name: string): Promise<PromoteResponse> {
    return this.#transport.json('POST', joinPath('learners', id, 'promote'), { body: jsonBody({ name }) });
  }

  /**
   * Takes a learner away, with all that it was taught. Throws `ClientError` 404.
   *
   * @example
   * ```ts
   * import { Client } from 'edge-mlp/client';
   *
   * const client = new Client('http://localhost:8787', { token: 'my-token' });
   * const learner = await client.learners.begin({ rehearsal: null, seed: 9 });
   * await client.learners.delete(learner.id);
   * console.log(await client.learners.get(learner.id).catch(({ status }) => status)); // 404
   * ```
   */
  async delete(id: string): Promise<void> {
    await this.#transport.send('DELETE', joinPath('learners', id));
  }
}
