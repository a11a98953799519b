/** A list with one probability bar per class, or with the most likely classes if there are many. */
import type { Prediction } from '../src/core/mlp.ts';
import { createElement } from './dom.ts';
import { formatConfidence } from './format.ts';

const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));
/** With more classes only the most likely ones are shown, in descending order. */
const MAX_CLASSES = 12;
const RANKED_CLASSES = 10;
/** Longer names are above their bars. */
const MAX_INLINE_NAME = 14;
/** Smaller changes of probability get no mark. */
const MIN_CHANGE = 0.005;

interface Bar {
  readonly item: HTMLLIElement;
  readonly name: HTMLSpanElement;
  readonly progress: HTMLProgressElement;
  /** Not an output element: screen readers would announce each change. */
  readonly share: HTMLDataElement;
}

export class Bars {
  readonly #list: HTMLOListElement;
  #classes: readonly string[] = [];
  #bars: readonly Bar[] = [];

  constructor(list: HTMLOListElement) {
    this.#list = list;
    this.setClasses(DIGITS);
  }

  setClasses(classes: readonly string[]): void {
    if (classes.join('\n') === this.#classes.join('\n')) return;
    this.#classes = classes;
    const longest = Math.max(...classes.map(({ length }) => length));
    // The unit is em because the most likely class is bold, and letters can be wider than digits.
    this.#list.style.setProperty('--names', longest > 2 ? `${0.6 * longest + 0.4}em` : '1.25rem');
    this.#list.style.setProperty('--count', String(classes.length));
    this.#list.classList.toggle('short', longest <= 2 && !this.#ranked);
    this.#list.classList.toggle('long', longest > MAX_INLINE_NAME);
    this.#bars = Array.from({ length: this.#ranked ? RANKED_CLASSES : classes.length }, () => {
      const [name, progress, share] = [createElement('span'), createElement('progress'), createElement('data')];
      Object.assign(progress, { max: 1, value: 0 });
      return { item: createElement('li', name, progress, share), name, progress, share };
    });
    this.#list.replaceChildren(...this.#bars.map(({ item }) => item));
    this.show(undefined);
  }

  /** Marks where each bar ended in the prediction `before`. */
  show(prediction: Prediction | undefined, before = prediction): void {
    const order = this.#sortClasses(prediction);
    this.#bars.forEach(({ item, name, progress, share }, place) => {
      const label = order[place] ?? -1;
      const text = this.#classes[label] ?? '';
      const previous = before?.probabilities[label] ?? 0;
      const probability = prediction?.probabilities[label] ?? 0;
      name.textContent = name.title = text;
      item.style.visibility = label < 0 ? 'hidden' : '';
      progress.setAttribute('aria-label', `Probability of ${text}`);
      item.classList.toggle('changed', Math.abs(previous - probability) >= MIN_CHANGE);
      item.style.setProperty('--before', String(previous));
      progress.value = probability;
      share.textContent = prediction === undefined ? '' : formatConfidence(probability);
      item.classList.toggle('best', label >= 0 && label === prediction?.label);
    });
  }

  get #ranked(): boolean {
    return this.#classes.length > MAX_CLASSES;
  }

  #sortClasses(prediction: Prediction | undefined): readonly number[] {
    if (!this.#ranked) return [...this.#classes.keys()];
    const { probabilities } = prediction ?? { probabilities: [] };
    return [...probabilities.keys()].sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0) || a - b);
  }
}
