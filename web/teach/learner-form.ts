/** Begins a learner: which model it comes from, and the token. */
import type { Learner, Version } from '../../src/client/index.ts';
import { Attempt } from '../attempt.ts';
import { element, made, say } from '../dom.ts';
import { clientUntil, describeTrouble, wantsToken } from '../service.ts';
import { TokenField } from '../token-field.ts';
import { modelWords } from './words.ts';

const BUNDLED = 'mnist';
/** Models that are looked at: each is a request. */
const MOST_MODELS = 50;

export class LearnerForm {
  readonly #models = element('teach-model', HTMLSelectElement);
  readonly #help = element('teach-model-help', HTMLElement);
  readonly #begin = element('teach-begin', HTMLButtonElement);
  readonly #refused = element('teach-refused', HTMLElement);
  readonly #token = new TokenField(element('teach-begin-token', HTMLElement), 'teach-token');
  readonly #attempt = new Attempt();
  readonly #begun: (learner: Learner) => void;
  #versions = new Map<string, Version>();
  #signal: AbortSignal = AbortSignal.abort();

  constructor(begun: (learner: Learner) => void) {
    this.#begun = begun;
    this.#offer([BUNDLED]);
    this.#models.addEventListener('change', () => this.#describe());
    element('teach-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit();
    });
  }

  /** What it asks the service for is let go where `signal` is aborted. */
  open(signal: AbortSignal): void {
    this.#signal = signal;
    say(this.#refused, '');
    void this.#list();
  }

  /** Offers what the registry has. */
  async #list(): Promise<void> {
    const signal = this.#signal;
    const { models } = clientUntil(signal);
    try {
      const names = (await models.names()).slice(0, MOST_MODELS);
      const known = await Promise.all(names.map((name) => models.get(name)));
      const served = known.map(({ name, versions, served }) => {
        return [name, versions.find(({ version }) => version === served)] as const;
      });
      this.#versions = new Map();
      for (const [name, version] of served) {
        if (version !== undefined) this.#versions.set(name, version);
      }
      this.#offer([...new Set([BUNDLED, ...this.#versions.keys()])]);
      this.#describe();
    } catch (error) {
      if (!signal.aborted) this.#help.textContent = `The list of models is not there. ${describeTrouble(error)}`;
    }
  }

  #offer(names: readonly string[]): void {
    const chosen = this.#models.value;
    this.#models.replaceChildren(...names.map((name) => Object.assign(made('option', name), { value: name })));
    if (names.includes(chosen)) this.#models.value = chosen;
  }

  #describe(): void {
    const version = this.#versions.get(this.#models.value);
    this.#help.textContent = version === undefined ? '' : modelWords(version);
  }

  async #submit(): Promise<void> {
    if (this.#begin.disabled) return;
    say(this.#refused, '');
    this.#begin.disabled = true;
    const [signal, options] = [this.#signal, { model: this.#models.value }];
    try {
      const learner = await clientUntil(signal).learners.begin(options, this.#attempt.keyFor(options));
      this.#attempt.answered();
      this.#begun(learner);
    } catch (error) {
      if (signal.aborted) return;
      say(this.#refused, describeTrouble(error));
      if (wantsToken(error)) this.#token.focus();
    } finally {
      this.#begin.disabled = false;
    }
  }
}
