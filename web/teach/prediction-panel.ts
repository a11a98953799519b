/** The learner's prediction, the buttons that confirm or correct it, and what the last correction changed. */
import type { Prediction } from '../../src/core/mlp.ts';
import { announce } from '../announcer.ts';
import { Bars } from '../bars.ts';
import { createElement, findElement } from '../dom.ts';
import { describePrediction } from '../format.ts';
import type { Sample } from '../inputs/sample.ts';

/** With more classes the correct label is chosen from a list. */
const MAX_BUTTONS = 40;

export interface PredictionEvents {
  readonly onConfirm: () => void;
  readonly onCorrect: (label: number) => void;
}

export interface Reading {
  readonly sample: Sample;
  readonly prediction: Prediction;
}

export class PredictionPanel {
  readonly #result = findElement('teach-result');
  readonly #confirm = findElement('teach-right', HTMLButtonElement);
  readonly #choices = findElement('teach-choices');
  readonly #change = findElement('teach-change');
  readonly #marks = findElement('teach-marks');
  readonly #bars = new Bars(findElement('teach-bars', HTMLOListElement));
  readonly #events: PredictionEvents;
  #classes: readonly string[] = [];
  #labelControls: readonly (HTMLButtonElement | HTMLSelectElement)[] = [];

  constructor(events: PredictionEvents) {
    this.#events = events;
    this.#confirm.addEventListener('click', ({ detail }) => detail < 2 && events.onConfirm());
  }

  setClasses(classes: readonly string[]): void {
    if (classes.join('\n') === this.#classes.join('\n')) return;
    this.#classes = classes;
    this.#bars.setClasses(classes);
    this.#choices.classList.toggle('words', !classes.every(({ length }) => length <= 2));
    this.#labelControls =
      classes.length > MAX_BUTTONS
        ? this.#createList()
        : classes.map((name, label) => this.#createButton(name, `Label as ${name}`, () => label));
    this.#choices.replaceChildren(...this.#labelControls);
  }

  #createButton(text: string, description: string, readLabel: () => number): HTMLButtonElement {
    const button = Object.assign(createElement('button', text), { type: 'button', ariaLabel: description });
    // The second click of a double click must not teach a second example.
    button.addEventListener('click', ({ detail }) => detail < 2 && this.#events.onCorrect(readLabel()));
    return button;
  }

  #createList(): [HTMLSelectElement, HTMLButtonElement] {
    const options = this.#classes.map((name, label) => {
      return Object.assign(createElement('option', name), { value: String(label) });
    });
    const select = Object.assign(createElement('select', ...options), { ariaLabel: 'Correct label' });
    return [select, this.#createButton('Teach', 'Teach this label', () => Number(select.value))];
  }

  /** Shows `hint` if there is no reading. Marks the probabilities of the prediction `before` on the bars. */
  show(reading: Reading | undefined, hint: string, busy: boolean, before?: Prediction): void {
    this.#result.textContent = reading === undefined ? hint : describePrediction(reading.prediction, this.#classes);
    this.#bars.show(reading?.prediction, before);
    this.#marks.hidden = before === undefined;
    for (const control of [this.#confirm, ...this.#labelControls]) control.disabled = busy || reading === undefined;
  }

  announceResult(): void {
    announce(this.#result.textContent);
  }

  showChange(summary: string, details = ''): void {
    this.#change.replaceChildren(
      createElement('strong', summary),
      details === '' ? '' : createElement('span', details),
    );
    this.#change.hidden = summary === '';
    if (summary !== '') announce(`${summary} ${details}`.trim());
  }
}
