/**
 * A learner in the browser: its record, its network, and the examples taught since the page was opened. The network is
 * downloaded after each change, so that predictions are immediate while the user draws.
 */
import type { Learner, PromoteResponse } from '../../src/client/index.ts';
import { createKey } from '../../src/client/retry.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { shortenId } from '../format.ts';
import type { Sample } from '../inputs/sample.ts';
import { isLocal } from '../local/local-run.ts';
import { type BrowserNetwork, parseNetwork } from '../network.ts';
import type { LearnerStore } from './learner-store.ts';
import { openRemoteLearners } from './remote-learners.ts';
import type { TaughtExample } from './taught-example.ts';

const STORAGE_KEY = 'edge-mlp learner';

/** The id of the learner used last on this device. */
export const storedLearner = {
  get: (): string | undefined => localStorage.getItem(STORAGE_KEY) ?? undefined,
  set: (id: string): void => localStorage.setItem(STORAGE_KEY, id),
  remove: (id: string): void => {
    if (localStorage.getItem(STORAGE_KEY) === id) localStorage.removeItem(STORAGE_KEY);
  },
};

export class LearnerSession {
  readonly id: string;
  readonly #closed = new AbortController();
  readonly #learners: Promise<LearnerStore>;
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
    this.#learners = openLearners(id, this.#closed.signal);
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
    const learners = await this.#learners;
    const isFirst = this.#learner === undefined;
    await this.#update(await learners.get(this.id));
    if (!isFirst) return;
    this.#examples = await learners.examples(this.id);
    if (this.#examples.length > 0) await this.#loadBaseNetwork();
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
    await this.#change(request, (learners, key) => learners.teach(this.id, example, key));
    await baseNetwork;
  }

  async undo(): Promise<void> {
    await this.#refresh('undo');
    await this.#change('undo', (learners, key) => learners.undo(this.id, key));
  }

  async reset(): Promise<void> {
    await this.#change('reset', (learners, key) => learners.reset(this.id, key));
  }

  /** The model file (safetensors). */
  async model(): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.#learners).model(this.id);
  }

  async promote(name: string): Promise<PromoteResponse> {
    return (await this.#learners).promote(this.id, name);
  }

  async delete(): Promise<void> {
    await (await this.#learners).delete(this.id);
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

  async #change(request: string, send: (learners: LearnerStore, key: string) => Promise<Learner>): Promise<void> {
    const { key } = this.#unconfirmed?.request === request ? this.#unconfirmed : { key: createKey() };
    this.#unconfirmed = { request, key };
    const learner = await send(await this.#learners, key);
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
    return parseNetwork(await this.model(), `the model of learner ${shortenId(this.id)}`);
  }

  /** The base model may have been deleted; then there is no comparison with it. */
  async #loadBaseNetwork(): Promise<void> {
    const learner = this.#learner;
    if (this.#baseNetwork !== undefined || learner === undefined) return;
    const { model, version } = learner;
    const network = await (await this.#learners)
      .baseModel(learner)
      .then((bytes) => parseNetwork(bytes, `${model} version ${version}`))
      .catch(() => undefined);
    if (this.#baseNetwork === undefined && !this.#closed.signal.aborted) this.#baseNetwork = network;
    else network?.mlp.dispose();
  }
}

async function openLearners(id: string, signal: AbortSignal): Promise<LearnerStore> {
  if (!isLocal(id)) return openRemoteLearners(signal);
  return (await import('./local-learners.ts')).openLocalLearners(signal);
}
