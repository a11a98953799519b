/** What the learner takes the drawing for, what it is, and what that has changed. */
import type { Prediction } from '../../src/core/mlp.ts';
import { Bars } from '../bars.ts';
import { element, made } from '../dom.ts';
import { answerWords } from '../words.ts';

const DIGITS = 10;

export interface GuessEvents {
  readonly right: () => void;
  readonly label: (label: number) => void;
}

/** What is on the pad, as the network sees and reads it. */
export interface Reading {
  readonly pixels: Uint8Array;
  readonly prediction: Prediction;
}

export class Guess {
  readonly #result = element('teach-result', HTMLElement);
  readonly #right = element('teach-right', HTMLButtonElement);
  readonly #labels: readonly HTMLButtonElement[];
  readonly #change = element('teach-change', HTMLElement);
  /** What a screen reader says: at the end of a stroke, and after a change. */
  readonly #spoken = element('teach-spoken', HTMLElement);
  readonly #marks = element('teach-marks', HTMLElement);
  readonly #bars = new Bars(element('teach-bars', HTMLOListElement));

  constructor(events: GuessEvents) {
    this.#labels = Array.from({ length: DIGITS }, (_, label) => {
      const button = Object.assign(made('button', String(label)), { type: 'button' });
      button.setAttribute('aria-label', `It is a ${label}`);
      // The second click of a double click is no second example, however fast the service was.
      button.addEventListener('click', ({ detail }) => detail < 2 && events.label(label));
      return button;
    });
    element('teach-labels', HTMLElement).append(...this.#labels);
    this.#right.addEventListener('click', ({ detail }) => detail < 2 && events.right());
  }

  /** What can be said of the drawing may be said while nothing else is under way. */
  show(
    reading: Reading | undefined,
    otherwise: string,
    options: { busy: boolean; before?: Prediction | undefined },
  ): void {
    const { busy, before } = options;
    this.#result.textContent = reading === undefined ? otherwise : answerWords(reading.prediction, []);
    this.#bars.show(reading?.prediction, before);
    this.#marks.hidden = before === undefined;
    for (const button of [this.#right, ...this.#labels]) button.disabled = busy || reading === undefined;
  }

  /** To listeners alone: what is seen says it already. */
  speak(): void {
    this.#spoken.textContent = this.#result.textContent;
  }

  /** What has happened, and more about it. */
  tell(happened: string, more = ''): void {
    this.#change.replaceChildren(made('strong', happened), more === '' ? '' : made('span', more));
    this.#change.hidden = happened === '';
    this.#spoken.textContent = `${happened} ${more}`.trim();
  }
}
