import type {
  ExampleRequest,
  ExampleResponse,
  Learner,
  LearnerPredictResponse,
  LearnerRequest,
  PromoteResponse,
} from '../api/learners.ts';
import { encodeJson, encodeSamples, joinPath, keyHeaders, type Samples, type Transport } from './transport.ts';

/**
 * Learners: private copies of a model that learn from one example at a time. Everyone who knows the id can use a
 * learner.
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
    return this.#transport.json('POST', 'learners', { body: encodeJson(request), headers: keyHeaders(key) });
  }

  /** A learner. Throws `ClientError` 404. */
  async get(id: string): Promise<Learner> {
    return this.#transport.json('GET', joinPath('learners', id));
  }

  /** Learns one example at once. Throws `ClientError` 400, 404, or 409 if the learner has the maximum of examples. */
  async teach(id: string, example: ExampleRequest): Promise<ExampleResponse> {
    return this.#transport.json('POST', joinPath('learners', id, 'examples'), { body: encodeJson(example) });
  }

  /** Classifies samples. Throws `ClientError` 400, 404, 413 or 415. */
  async predict(id: string, samples: Samples): Promise<LearnerPredictResponse> {
    return this.#transport.json('POST', joinPath('learners', id, 'predict'), { body: encodeSamples(samples) });
  }

  /** Undoes the last example; the weights are bit-identical to those before it. Throws `ClientError` 404 or 409. */
  async undo(id: string): Promise<Learner> {
    return this.#transport.json('POST', joinPath('learners', id, 'undo'));
  }

  /** Undoes all examples. Throws `ClientError` 404. */
  async reset(id: string): Promise<Learner> {
    return this.#transport.json('POST', joinPath('learners', id, 'reset'));
  }

  /** The learner as a model file (safetensors). Throws `ClientError` 404. */
  async model(id: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#transport.bytes(joinPath('learners', id, 'model'));
  }

  /**
   * Publishes the learner as the next version of the model `name`. Repeating the call publishes an unchanged learner
   * once. Throws `ClientError` 400 if that model has other inputs or classes, or 404.
   */
  async promote(id: string, name: string): Promise<PromoteResponse> {
    return this.#transport.json('POST', joinPath('learners', id, 'promote'), { body: encodeJson({ name }) });
  }

  /** Deletes a learner and its examples. Throws `ClientError` 404. */
  async delete(id: string): Promise<void> {
    await this.#transport.send('DELETE', joinPath('learners', id));
  }
}
