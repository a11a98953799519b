/**
 * A learner as the page knows it: its record, its network, and what was taught here. The network is downloaded after each
 * change, so that it reads while one draws, and that whatever was taught before can be read again with it.
 */
import type { Client, Learner, PromoteResponse } from '../../src/client/index.ts';
import type { Prediction } from '../../src/core/mlp.ts';
import type { Sample } from '../inputs/sample.ts';
import { type BrowserNetwork, loadBrowserNetwork } from '../network.ts';
import { clientUntil } from '../service.ts';
import { shortId } from '../words.ts';

/** A sample, what it is, and what it was taken for. */
export interface Lesson {
  /** Examples that the learner had with it. */
  readonly number: number;
  readonly sample: Sample;
  readonly label: number;
  readonly before: Prediction;
}

export class Pupil {
  readonly id: string;
  readonly #gone = new AbortController();
  #learner: Learner | undefined;
  #network: BrowserNetwork | undefined;
  /** SHA-256 of the weights that the network has. */
  #weights = '';
  /** The network without examples. */
  #origin: BrowserNetwork | undefined;
  #lessons: readonly Lesson[] = [];
  /** A change whose answer did not come: it may have been made. */
  #unanswered = '';

  constructor(id: string) {
    this.id = id;
  }

  get learner(): Learner | undefined {
    return this.#learner;
  }

  get network(): BrowserNetwork | undefined {
    return this.#network;
  }

  get origin(): BrowserNetwork | undefined {
    return this.#origin;
  }

  /** Of this visit, the first one first; without those that were undone. */
  get lessons(): readonly Lesson[] {
    const examples = this.#learner?.examples ?? 0;
    return this.#lessons.filter(({ number }) => number <= examples);
  }

  /** Asks the service what the learner is by now. Throws what it says, `bad-model`. */
  async load(): Promise<void> {
    await this.#adopt(await this.#client.learners.get(this.id));
  }

  /** Lets go of the networks: their memory is not garbage-collected. */
  dispose(): void {
    this.#gone.abort();
    for (const network of new Set([this.#network, this.#origin])) network?.mlp.dispose();
    this.#network = this.#origin = undefined;
  }

  /** Throws what the service says. After an error the same call does not teach twice. */
  async teach(sample: Sample, label: number): Promise<void> {
    const { given, inputs } = sample;
    const what = `${label} ${given.join()}`;
    if (await this.#arrived(what)) return;
    if (this.#network === undefined) return;
    const lesson = { number: this.#examples + 1, sample, label, before: this.#network.predict(inputs) };
    this.#lessons = [...this.lessons, lesson];
    const origin = this.#loadOrigin();
    await this.#change(what, async ({ learners }) => {
      return (await learners.teach(this.id, { inputs: [...given], label })).learner;
    });
    await origin;
  }

  async undo(): Promise<void> {
    if (await this.#arrived('undo')) return;
    await this.#change('undo', ({ learners }) => learners.undo(this.id));
  }

  async reset(): Promise<void> {
    await this.#change('reset', ({ learners }) => learners.reset(this.id));
  }

  async promote(name: string): Promise<PromoteResponse> {
    return this.#client.learners.promote(this.id, name);
  }

  async delete(): Promise<void> {
    await this.#client.learners.delete(this.id);
  }

  get #examples(): number {
    return this.#learner?.examples ?? 0;
  }

  /** Whether this very change was made already, though its answer was lost. */
  async #arrived(what: string): Promise<boolean> {
    if (this.#unanswered === '') return false;
    const known = this.#learner?.weightsSha256;
    await this.load();
    const same = this.#unanswered === what;
    this.#unanswered = '';
    return same && this.#learner?.weightsSha256 !== known;
  }

  async #change(what: string, work: (client: Client) => Promise<Learner>): Promise<void> {
    this.#unanswered = what;
    const learner = await work(this.#client);
    this.#unanswered = '';
    await this.#adopt(learner);
  }

  /** Takes over a record, and the network that belongs to it. */
  async #adopt(learner: Learner): Promise<void> {
    this.#learner = learner;
    if (learner.weightsSha256 === this.#weights) return;
    const network = (learner.examples === 0 && this.#origin) || (await this.#download());
    this.#gone.signal.throwIfAborted();
    if (this.#network !== this.#origin) this.#network?.mlp.dispose();
    if (learner.examples === 0) this.#origin = network;
    this.#network = network;
    this.#weights = learner.weightsSha256;
  }

  async #download(): Promise<BrowserNetwork> {
    return loadBrowserNetwork(await this.#client.learners.model(this.id), `the model of learner ${shortId(this.id)}`);
  }

  /** What there is to compare with. Its model may be gone: the learner does without, and so does the page. */
  async #loadOrigin(): Promise<void> {
    const learner = this.#learner;
    if (this.#origin !== undefined || learner === undefined) return;
    const { model, version } = learner;
    const network = await this.#client.models
      .download(model, version)
      .then((bytes) => loadBrowserNetwork(bytes, `${model} version ${version}`))
      .catch(() => undefined);
    if (this.#origin === undefined && !this.#gone.signal.aborted) this.#origin = network;
    else network?.mlp.dispose();
  }

  get #client(): Client {
    return clientUntil(this.#gone.signal);
  }
}
