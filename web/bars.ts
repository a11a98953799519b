/** A bar for each class, as long as it is likely; of many classes for the most likely ones. */
import type { Prediction } from '../src/core/mlp.ts';
import { made } from './dom.ts';
import { percent } from './words.ts';

const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));
/** Of more classes the likely ones are shown, in their order. */
const MOST_CLASSES = 12;
const RANKED = 10;
/** A change of a bar that is seen. */
const VISIBLE = 0.005;

interface Bar {
  readonly item: HTMLLIElement;
  readonly name: HTMLSpanElement;
  readonly progress: HTMLProgressElement;
  readonly output: HTMLOutputElement;
}

export class Bars {
  readonly #list: HTMLOListElement;
  #classes: readonly string[] = [];
  #bars: readonly Bar[] = [];

  constructor(list: HTMLOListElement) {
    this.#list = list;
    this.name(DIGITS);
  }

  name(classes: readonly string[]): void {
    if (classes.join('\n') === this.#classes.join('\n')) return;
    this.#classes = classes;
    const longest = Math.max(...classes.map(({ length }) => length));
    // In em, as the likeliest name is bold, and a wider one than its digits tell.
    this.#list.style.setProperty('--names', longest > 2 ? `min(45%, ${0.6 * longest + 0.4}em)` : '1.25rem');
    this.#bars = Array.from({ length: this.#ranked ? RANKED : classes.length }, () => {
      const [name, progress, output] = [made('span'), made('progress'), made('output')];
      Object.assign(progress, { max: 1, value: 0 });
      return { item: made('li', name, progress, output), name, progress, output };
    });
    this.#list.replaceChildren(...this.#bars.map(({ item }) => item));
    this.show(undefined);
  }

  /** With a mark where a bar ended `before`, if it ends elsewhere now. */
  show(prediction: Prediction | undefined, before = prediction): void {
    const order = this.#order(prediction);
    this.#bars.forEach(({ item, name, progress, output }, place) => {
      const label = order[place] ?? -1;
      const text = this.#classes[label] ?? '';
      const was = before?.probabilities[label] ?? 0;
      const probability = prediction?.probabilities[label] ?? 0;
      name.textContent = name.title = text;
      // Of the likeliest classes none, as long as nothing is asked.
      item.style.visibility = label < 0 ? 'hidden' : '';
      progress.setAttribute('aria-label', `Probability of ${text}`);
      item.classList.toggle('changed', Math.abs(was - probability) >= VISIBLE);
      item.style.setProperty('--before', String(was));
      progress.value = probability;
      output.textContent = prediction === undefined ? '' : percent(probability);
      item.classList.toggle('best', label >= 0 && label === prediction?.label);
    });
  }

  get #ranked(): boolean {
    return this.#classes.length > MOST_CLASSES;
  }

  #order(prediction: Prediction | undefined): readonly number[] {
    if (!this.#ranked) return this.#classes.map((_, label) => label);
    if (prediction === undefined) return [];
    const { probabilities } = prediction;
    return [...probabilities.keys()].sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0) || a - b);
  }
}
