/** A bar for each class, as long as it is likely. */
import type { Prediction } from '../src/core/mlp.ts';
import { made } from './dom.ts';
import { percent } from './words.ts';

const DIGITS = 10;
/** A change of a bar that is seen. */
const VISIBLE = 0.005;

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

  /** With a mark where a bar ended `before`, if it ends elsewhere now. */
  show(prediction: Prediction | undefined, before = prediction): void {
    this.#bars.forEach(({ item, progress, output }, digit) => {
      const was = before?.probabilities[digit] ?? 0;
      item.classList.toggle('changed', Math.abs(was - (prediction?.probabilities[digit] ?? 0)) >= VISIBLE);
      item.style.setProperty('--before', String(was));
      const probability = prediction?.probabilities[digit] ?? 0;
      progress.value = probability;
      output.textContent = prediction === undefined ? '' : percent(probability);
      item.classList.toggle('best', digit === prediction?.label);
    });
  }
}
