/** The form that creates a learner, in this browser or from a model of the service. */
import type { Version } from '../../src/client/index.ts';
import { announce } from '../announcer.ts';
import { findElement, onSubmit, setOptions, showText } from '../dom.ts';
import { type Place, PlaceChoice } from '../place-choice.ts';
import { createClient, describeError } from '../service.ts';
import { Submission } from '../submission.ts';
import { TokenField } from '../token-field.ts';
import { LocalLearnerForm } from './local-learner-form.ts';
import { describeVersion } from './messages.ts';

const BUNDLED = 'mnist';
/** Each listed model costs one request. */
const MAX_MODELS = 50;

const PLACES: Readonly<Record<Place, string>> = {
  browser: 'Learns at once, without a token. Examples and weights stay in this browser.',
  service: 'The service keeps the learner. Other programs can ask it for predictions.',
};

export class LearnerForm {
  readonly #models = findElement('teach-model', HTMLSelectElement);
  readonly #help = findElement('teach-model-help');
  readonly #error = findElement('teach-refused');
  readonly #tokenHost = findElement('teach-begin-token');
  readonly #local = new LocalLearnerForm(this.#models);
  readonly #place = new PlaceChoice('teach', () => this.#openPlace());
  readonly #submission = new Submission({
    button: findElement('teach-begin', HTMLButtonElement),
    error: this.#error,
    token: new TokenField(this.#tokenHost, 'teach-token'),
  });
  readonly #onCreate: (id: string) => void;
  /** The served version of each model. */
  #versions = new Map<string, Version>();
  #signal: AbortSignal = AbortSignal.abort();

  constructor(onCreate: (id: string) => void) {
    this.#onCreate = onCreate;
    this.#models.addEventListener('change', () => {
      this.#describeModel();
      announce(this.#help.textContent);
    });
    onSubmit(findElement('teach-form'), () => void this.#submit());
  }

  /** Requests are aborted with `signal`. */
  open(signal: AbortSignal): void {
    this.#signal = signal;
    this.#place.restore();
    this.#openPlace();
  }

  #openPlace(): void {
    const { value: place } = this.#place;
    showText(this.#error, '');
    findElement('teach-place-help').textContent = PLACES[place];
    this.#tokenHost.hidden = place === 'browser';
    if (place === 'browser') void this.#local.open();
    else {
      this.#local.close();
      setOptions(this.#models, [BUNDLED]);
      void this.#listModels(this.#signal);
    }
  }

  async #listModels(signal: AbortSignal): Promise<void> {
    const { models } = createClient(signal);
    try {
      const names = (await models.names()).slice(0, MAX_MODELS);
      const list = await Promise.all(names.map((name) => models.get(name)));
      this.#versions = new Map(
        list.flatMap(({ name, versions, served }) => {
          const version = versions.find((each) => each.version === served);
          // This view has no values to teach: learners of regressions are taught by requests.
          return version === undefined || version.targets !== undefined ? [] : [[name, version] as const];
        }),
      );
      if (this.#place.value === 'browser') return;
      setOptions(this.#models, [...new Set([BUNDLED, ...this.#versions.keys()])]);
      this.#describeModel();
    } catch (error) {
      if (!signal.aborted) this.#help.textContent = `Could not load the list of models. ${describeError(error)}`;
    }
  }

  #describeModel(): void {
    if (this.#place.value === 'browser') {
      this.#local.describe();
      return;
    }
    const version = this.#versions.get(this.#models.value);
    this.#help.textContent = version === undefined ? '' : describeVersion(version);
  }

  async #submit(): Promise<void> {
    if (this.#place.value === 'browser') return this.#createLocal();
    const options = { model: this.#models.value };
    const learner = await this.#submission.send(options, this.#signal, ({ learners }, key) => {
      return learners.begin(options, key);
    });
    if (learner !== undefined) this.#onCreate(learner.id);
  }

  async #createLocal(): Promise<void> {
    const id = await this.#submission.run(this.#signal, async () => {
      const learner = await this.#local.create();
      if (learner !== undefined) await (await import('./local-learners.ts')).keepLearner(learner);
      return learner?.id;
    });
    if (id !== undefined) this.#onCreate(id);
  }
}
