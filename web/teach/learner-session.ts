/**
 * A learner in the browser: its record, its network, and the examples taught since the page was opened. The network is
 * downloaded after each change, so that predictions are immediate while the user draws.
 */
import type { Client, Learner, PromoteResponse } from '../../src/client/index.ts';
import { createKey } from '../../src/client/retry.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import type { Prediction } from '../../src/core/mlp.ts';
import { shortenId } from '../format.ts';
import type { Sample } from '../inputs/sample.ts';
import { type BrowserNetwork, parseNetwork } from '../network.ts';
import { createClient } from '../service.ts';

const STORAGE_KEY = 'edge-mlp learner';

/** The id of the learner used last on this device. */
export const storedLearner = {
  get: (): string | undefined => localStorage.getItem(STORAGE_KEY) ?? undefined,
  set: (id: string): void => localStorage.setItem(STORAGE_KEY, id),
  remove: (id: string): void => {
    if (localStorage.getItem(STORAGE_KEY) === id) localStorage.removeItem(STORAGE_KEY);
  },
};

export interface TaughtExample {
  /** The learner's number of examples including this one. */
  readonly number: number;
  readonly sample: Sample;
  readonly label: number;
  /** The prediction before the example was taught. */
  readonly before: Prediction;
}

export class LearnerSession {
  readonly id: string;
  readonly #closed = new AbortController();
  #learner: Learner | undefined;
  #network: BrowserNetwork | undefined;
  /** SHA-256 of the network's weights. */
  #weights = '';
  #baseNetwork: BrowserNetwork | undefined;
  #examples: readonly TaughtExample[] = [];
  /** The last request without a response. The service may have applied it: its repetition has the same key. */
  #unconfirmed: { readonly request: string; readonly key: string } | undefined;

  constructor(id: string) {
    this.id = id;
  }

  get learner(): Learner | undefined {
    return this.#learner;
  }

  get network(): BrowserNetwork | undefined {
    return this.#network;
  }

  /** The network without any examples, if the service still has it. */
  get baseNetwork(): BrowserNetwork | undefined {
    return this.#baseNetwork;
  }

  /** Oldest first, without the examples that were undone. */
  get examples(): readonly TaughtExample[] {
    return this.#examples.filter(({ number }) => number <= this.#exampleCount);
  }

  /** Loads the learner's current state. Throws ClientError, or EdgeMlpError `bad-model`. */
  async load(): Promise<void> {
    await this.#update(await this.#client.learners.get(this.id));
  }

  /** Frees the networks, whose memory is not garbage-collected. */
  dispose(): void {
    this.#closed.abort();
    for (const network of new Set([this.#network, this.#baseNetwork])) network?.mlp.dispose();
    this.#network = this.#baseNetwork = undefined;
  }

  /** Throws ClientError. Repeating the call after an error does not teach the example twice. */
  async teach(sample: Sample, label: number): Promise<void> {
    const { raw, inputs } = sample;
    const request = `${label} ${raw.join()}`;
    await this.#refresh(request);
    if (this.#network === undefined) return;
    const example = { number: this.#exampleCount + 1, sample, label, before: this.#network.mlp.predict(inputs) };
    this.#examples = [...this.examples, example];
    const baseNetwork = this.#loadBaseNetwork();
    await this.#change(request, async ({ learners }, key) => {
      return (await learners.teach(this.id, { inputs: [...raw], label }, key)).learner;
    });
    await baseNetwork;
  }

  async undo(): Promise<void> {
    await this.#refresh('undo');
    await this.#change('undo', ({ learners }, key) => learners.undo(this.id, key));
  }

  async reset(): Promise<void> {
    await this.#change('reset', ({ learners }, key) => learners.reset(this.id, key));
  }

  async promote(name: string): Promise<PromoteResponse> {
    return this.#client.learners.promote(this.id, name);
  }

  async delete(): Promise<void> {
    await this.#client.learners.delete(this.id);
  }

  get #exampleCount(): number {
    return this.#learner?.examples ?? 0;
  }

  /** Loads the learner if another request has no response, because the service may have applied it. */
  async #refresh(request: string): Promise<void> {
    if (this.#unconfirmed === undefined || this.#unconfirmed.request === request) return;
    await this.load();
    this.#unconfirmed = undefined;
  }

  async #change(request: string, send: (client: Client, key: string) => Promise<Learner>): Promise<void> {
    const { key } = this.#unconfirmed?.request === request ? this.#unconfirmed : { key: createKey() };
    this.#unconfirmed = { request, key };
    const learner = await send(this.#client, key);
    this.#unconfirmed = undefined;
    await this.#update(learner);
  }

  async #update(learner: Learner): Promise<void> {
    if (learner.targets !== undefined) {
      const message = `learner ${shortenId(this.id)}: expected classes, got a regression: teach it with requests`;
      throw new EdgeMlpError('unsupported', message);
    }
    this.#learner = learner;
    if (learner.weightsSha256 === this.#weights) return;
    const network = (learner.examples === 0 && this.#baseNetwork) || (await this.#download());
    this.#closed.signal.throwIfAborted();
    if (this.#network !== this.#baseNetwork) this.#network?.mlp.dispose();
    if (learner.examples === 0) this.#baseNetwork = network;
    this.#network = network;
    this.#weights = learner.weightsSha256;
  }

  async #download(): Promise<BrowserNetwork> {
    return parseNetwork(await this.#client.learners.model(this.id), `the model of learner ${shortenId(this.id)}`);
  }

  /** The base model may have been deleted; then there is no comparison with it. */
  async #loadBaseNetwork(): Promise<void> {
    const learner = this.#learner;
    if (this.#baseNetwork !== undefined || learner === undefined) return;
    const { model, version } = learner;
    const network = await this.#client.models
      .download(model, version)
      .then((bytes) => parseNetwork(bytes, `${model} version ${version}`))
      .catch(() => undefined);
    if (this.#baseNetwork === undefined && !this.#closed.signal.aborted) this.#baseNetwork = network;
    else network?.mlp.dispose();
  }

  get #client(): Client {
    return createClient(this.#closed.signal);
  }
}
