/** The learner's prediction, the buttons that confirm or correct it, and what the last correction changed. */
import type { Prediction } from '../../src/core/mlp.ts';
import { announce } from '../announcer.ts';
import { Bars } from '../bars.ts';
import { createButton, createElement, createSelect, findElement } from '../dom.ts';
import { describePrediction } from '../format.ts';
import type { Sample } from '../inputs/sample.ts';

/** With more classes the correct label is chosen from a list. */
const MAX_BUTTONS = 40;

interface PredictionEvents {
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
        : classes.map((name, label) => createButton(name, () => this.#events.onCorrect(label), `Label as ${name}`));
    this.#choices.replaceChildren(...this.#labelControls);
  }

  #createList(): [HTMLSelectElement, HTMLButtonElement] {
    const select = createSelect(this.#classes.map((name, label) => [String(label), name]));
    select.ariaLabel = 'Correct label';
    return [select, createButton('Teach', () => this.#events.onCorrect(Number(select.value)), 'Teach this label')];
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
