/** The form that creates a learner from a model. */
import type { Learner, Version } from '../../src/client/index.ts';
import { announce } from '../announcer.ts';
import { findElement, onSubmit, setOptions, showText } from '../dom.ts';
import { createClient, describeError } from '../service.ts';
import { Submission } from '../submission.ts';
import { TokenField } from '../token-field.ts';
import { describeVersion } from './messages.ts';

const BUNDLED = 'mnist';
/** Each listed model costs one request. */
const MAX_MODELS = 50;

export class LearnerForm {
  readonly #models = findElement('teach-model', HTMLSelectElement);
  readonly #help = findElement('teach-model-help');
  readonly #submission = new Submission({
    button: findElement('teach-begin', HTMLButtonElement),
    error: findElement('teach-refused'),
    token: new TokenField(findElement('teach-begin-token'), 'teach-token'),
  });
  readonly #onCreate: (learner: Learner) => void;
  /** The served version of each model. */
  #versions = new Map<string, Version>();
  #signal: AbortSignal = AbortSignal.abort();

  constructor(onCreate: (learner: Learner) => void) {
    this.#onCreate = onCreate;
    setOptions(this.#models, [BUNDLED]);
    this.#models.addEventListener('change', () => {
      this.#describeModel();
      announce(this.#help.textContent);
    });
    onSubmit(findElement('teach-form'), () => void this.#submit());
  }

  /** Requests are aborted with `signal`. */
  open(signal: AbortSignal): void {
    this.#signal = signal;
    showText(findElement('teach-refused'), '');
    void this.#listModels(signal);
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
      setOptions(this.#models, [...new Set([BUNDLED, ...this.#versions.keys()])]);
      this.#describeModel();
    } catch (error) {
      if (!signal.aborted) this.#help.textContent = `Could not load the list of models. ${describeError(error)}`;
    }
  }

  #describeModel(): void {
    const version = this.#versions.get(this.#models.value);
    this.#help.textContent = version === undefined ? '' : describeVersion(version);
  }

  async #submit(): Promise<void> {
    const options = { model: this.#models.value };
    const learner = await this.#submission.send(options, this.#signal, ({ learners }, key) => {
      return learners.begin(options, key);
    });
    if (learner !== undefined) this.#onCreate(learner);
  }
}
