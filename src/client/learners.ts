import type {
  ExampleRequest,
  ExampleResponse,
  Learner,
  LearnerPredictResponse,
  LearnerRecord,
  LearnerRequest,
  LearnerValuesResponse,
  PromoteResponse,
  ValuesExampleRequest,
  ValuesExampleResponse,
} from '../api/learners.ts';
import { encodeJson, encodeSamples, joinPath, type Samples, type Transport } from './transport.ts';

/**
 * Learners: private copies of a model that learn from one example at a time. In an open service, everyone who has
 * the id can predict with a learner; only its token can teach it.
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
   * Forks a model. A second call with the same idempotency key returns the first call's learner.
   * Throws `ClientError` 400, 404, 409 or 429.
   */
  async begin(request: LearnerRequest = {}, key?: string): Promise<Learner> {
    return this.#transport.json('POST', 'learners', { body: encodeJson(request), key });
  }

  /** The learners of the token, newest first. */
  async list(): Promise<LearnerRecord[]> {
    return this.#transport.list('learners', 'learners');
  }

  /** A learner. Throws `ClientError` 404. */
  async get(id: string): Promise<Learner> {
    return this.#transport.json('GET', joinPath('learners', id));
  }

  /**
   * Learns one example at once; with a repeated key, only once. Throws `ClientError` 400, 404, or 409 if the learner has
   * the maximum of examples.
   */
  async teach(id: string, example: ExampleRequest, key?: string): Promise<ExampleResponse> {
    return this.#teach(id, example, key);
  }

  /** As `teach`, for a learner of a regression: `{ inputs, values: { price: 250 } }`. */
  async teachValues(id: string, example: ValuesExampleRequest, key?: string): Promise<ValuesExampleResponse> {
    return this.#teach(id, example, key);
  }

  async #teach<Response>(id: string, example: ExampleRequest | ValuesExampleRequest, key?: string): Promise<Response> {
    return this.#transport.json('POST', joinPath('learners', id, 'examples'), { body: encodeJson(example), key });
  }

  /** Classifies samples. Throws `ClientError` 400, 404, 413 or 415. */
  async predict(id: string, samples: Samples): Promise<LearnerPredictResponse> {
    return this.#predict(id, samples);
  }

  /** Predicts the values of a regression. Throws `ClientError` 400, 404, 413 or 415. */
  async predictValues(id: string, samples: Samples): Promise<LearnerValuesResponse> {
    return this.#predict(id, samples);
  }

  async #predict<Response>(id: string, samples: Samples): Promise<Response> {
    return this.#transport.json('POST', joinPath('learners', id, 'predict'), { body: encodeSamples(samples) });
  }

  /** Undoes the last example; the weights are bit-identical to those before it. Throws `ClientError` 404 or 409. */
  async undo(id: string, key?: string): Promise<Learner> {
    return this.#transport.json('POST', joinPath('learners', id, 'undo'), { key });
  }

  /** Undoes all examples. Throws `ClientError` 404. */
  async reset(id: string, key?: string): Promise<Learner> {
    return this.#transport.json('POST', joinPath('learners', id, 'reset'), { key });
  }

  /** The learner as a model file (safetensors). Throws `ClientError` 404. */
  async model(id: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#transport.bytes(joinPath('learners', id, 'model'));
  }

  /**
   * Publishes the learner as the next version of the model `name`. Repeating the call publishes an unchanged learner
   * once. Throws `ClientError` 400 if that model has other inputs or classes, or 404.
   */
  async promote(id: string, name: string, key?: string): Promise<PromoteResponse> {
    return this.#transport.json('POST', joinPath('learners', id, 'promote'), { body: encodeJson({ name }), key });
  }

  /** Deletes a learner and its examples. Throws `ClientError` 404. */
  async delete(id: string): Promise<void> {
    await this.#transport.delete(joinPath('learners', id));
  }
}
