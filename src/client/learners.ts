/** Learners: models of one's own that learn from each example. */

import { bodyOf, type Prediction, type Samples } from './samples.ts';
import { jsonBody, pathOf, type Transport } from './transport.ts';

export interface Learner {
  id: string;
  /** The model that it was forked from, and its version. */
  model: string;
  version: number;
  /** That it has learnt from, and not undone. */
  examples: number;
  learningRate: number;
  /** SGD steps for each example. */
  steps: number;
  seed: number;
  /** Samples that it keeps against forgetting. */
  rehearsal: { data: string; samples: number } | null;
  /** [inputs, hidden …, classes] */
  layers: number[];
  classes: string[];
  weightsSha256: string;
  created: string;
  updated: string;
  /** When it is deleted, unless somebody asks or teaches it. */
  expires: string;
}

export interface LearnerOptions {
  /** Default: mnist. */
  readonly model?: string;
  /** A number or an alias. Default: stable. */
  readonly version?: number | string;
  /** The data set of what it keeps against forgetting; null for none. Default: the one that the model was trained on. */
  readonly rehearsal?: string | null;
  readonly learningRate?: number;
  readonly steps?: number;
  readonly seed?: number;
}

type Sample = readonly number[] | readonly (readonly number[])[];

/** One sample, and what it is: the index of the class, or its name. `scale` is the number that stands for white, 255 by default. */
export type LearnerExample = { readonly label: number | string } & (
  | { readonly pixels: Sample; readonly scale?: number }
  | { readonly inputs: Sample }
);

export interface ExampleResponse {
  examples: number;
  /** What it said, and what it says now. */
  before: Prediction;
  after: Prediction;
  learner: Learner;
}

export interface LearnerPredictResponse {
  learner: string;
  model: string;
  version: number;
  examples: number;
  predictions: Prediction[];
}

export interface PromoteResponse {
  model: string;
  version: number;
  examples: number;
}

export class Learners {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Forks a model. Two calls with one `key` begin one learner. */
  async begin(options: LearnerOptions = {}, key?: string): Promise<Learner> {
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    return this.#transport.json('POST', 'learners', { body: jsonBody(options), headers });
  }

  async get(id: string): Promise<Learner> {
    return this.#transport.json('GET', pathOf('learners', id));
  }

  /** Learns one example at once. */
  async teach(id: string, example: LearnerExample): Promise<ExampleResponse> {
    return this.#transport.json('POST', pathOf('learners', id, 'examples'), { body: jsonBody(example) });
  }

  async predict(id: string, samples: Samples): Promise<LearnerPredictResponse> {
    return this.#transport.json('POST', pathOf('learners', id, 'predict'), { body: bodyOf(samples) });
  }

  /** Forgets the last example: the bits are those before it. */
  async undo(id: string): Promise<Learner> {
    return this.#transport.json('POST', pathOf('learners', id, 'undo'));
  }

  /** Forgets all examples. */
  async reset(id: string): Promise<Learner> {
    return this.#transport.json('POST', pathOf('learners', id, 'reset'));
  }

  /** The learner's model file. */
  async model(id: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#transport.bytes(pathOf('learners', id, 'model'));
  }

  /** Publishes it as the next version of the model `name`; the same state is published once. */
  async promote(id: string, name: string): Promise<PromoteResponse> {
    return this.#transport.json('POST', pathOf('learners', id, 'promote'), { body: jsonBody({ name }) });
  }

  async delete(id: string): Promise<void> {
    await this.#transport.send('DELETE', pathOf('learners', id));
  }
}
