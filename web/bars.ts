/** A bar for each class, as long as it is likely. */
import type { Prediction } from '../src/core/mlp.ts';
import { made } from './dom.ts';
import { percent } from './words.ts';

const DIGITS = 10;

export class Bars {
  readonly #bars: { item: HTMLLIElement; progress: HTMLProgressElement; output: HTMLOutputElement }[];

  constructor(list: HTMLOListElement) {
    this.#bars = Array.from({ length: DIGITS }, (_, digit) => {
      const progress = made('progress');
      const output = made('output');
      progress.setAttribute('aria-label', `Probability of ${digit}`);
      progress.max = 1;
      progress.value = 0;
      const item = made('li', made('span', String(digit)), progress, output);
      list.append(item);
      return { item, progress, output };
    });
  }

  /** With a mark where each bar ended `before`. */
  show(prediction: Prediction | undefined, before?: Prediction): void {
    this.#bars.forEach(({ item, progress, output }, digit) => {
      item.classList.toggle('changed', before !== undefined);
      item.style.setProperty('--before', String(before?.probabilities[digit] ?? 0));
      const probability = prediction?.probabilities[digit] ?? 0;
      progress.value = probability;
      output.textContent = prediction === undefined ? '' : percent(probability);
      item.classList.toggle('best', digit === prediction?.label);
    });
  }
}
