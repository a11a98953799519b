/** What the learner takes a sample for, what it is, and what that has changed. */
import type { Prediction } from '../../src/core/mlp.ts';
import { Bars } from '../bars.ts';
import { element, made } from '../dom.ts';
import type { Sample } from '../inputs/sample.ts';
import { areDigits, describePrediction, nameClass } from '../words.ts';

/** More classes are chosen from a list. */
const MOST_BUTTONS = 40;

export interface GuessEvents {
  readonly right: () => void;
  readonly label: (label: number) => void;
}

/** What is given, and how the network reads it. */
export interface Reading {
  readonly sample: Sample;
  readonly prediction: Prediction;
}

export class Guess {
  readonly #result = element('teach-result', HTMLElement);
  readonly #right = element('teach-right', HTMLButtonElement);
  readonly #legend = element('teach-legend', HTMLElement);
  readonly #choices = element('teach-choices', HTMLElement);
  readonly #events: GuessEvents;
  #classes: readonly string[] = [];
  #labels: readonly (HTMLButtonElement | HTMLSelectElement)[] = [];
  readonly #change = element('teach-change', HTMLElement);
  /** What a screen reader says: at the end of a stroke, and after a change. */
  readonly #spoken = element('teach-spoken', HTMLElement);
  readonly #marks = element('teach-marks', HTMLElement);
  readonly #bars = new Bars(element('teach-bars', HTMLOListElement));

  constructor(events: GuessEvents) {
    this.#events = events;
    this.#right.addEventListener('click', ({ detail }) => detail < 2 && events.right());
  }

  /** The classes that something may be. */
  name(classes: readonly string[]): void {
    if (classes.join('\n') === this.#classes.join('\n')) return;
    this.#classes = classes;
    this.#bars.name(classes);
    this.#legend.textContent = areDigits(classes) ? 'No, it is a' : 'No, it is';
    const short = classes.every(({ length }) => length <= 2);
    this.#choices.classList.toggle('words', !short);
    this.#labels = classes.length > MOST_BUTTONS ? this.#list(classes) : classes.map((_, label) => this.#button(label));
    this.#choices.replaceChildren(...this.#labels);
  }

  #button(label: number): HTMLButtonElement {
    const button = Object.assign(made('button', this.#classes[label] ?? ''), { type: 'button' });
    button.setAttribute('aria-label', `It is ${nameClass(this.#classes, label)}`);
    // The second click of a double click is no second example, however fast the service was.
    button.addEventListener('click', ({ detail }) => detail < 2 && this.#events.label(label));
    return button;
  }

  #list(classes: readonly string[]): [HTMLSelectElement, HTMLButtonElement] {
    const options = classes.map((name, label) => Object.assign(made('option', name), { value: String(label) }));
    const select = made('select', ...options);
    select.setAttribute('aria-label', 'What it is');
    const button = Object.assign(made('button', 'Teach it'), { type: 'button' });
    button.addEventListener('click', ({ detail }) => detail < 2 && this.#events.label(Number(select.value)));
    return [select, button];
  }

  /** What can be said of the sample may be said while nothing else is under way. */
  show(
    reading: Reading | undefined,
    otherwise: string,
    options: { busy: boolean; before?: Prediction | undefined },
  ): void {
    const { busy, before } = options;
    this.#result.textContent =
      reading === undefined ? otherwise : describePrediction(reading.prediction, this.#classes);
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
