/** The output that is explained: the answered class against another one, or a target. */

import type { ModelInfo } from '../../src/format/metadata.ts';
import type { Answer } from '../answers/answer.ts';
import { createElement, setOptions } from '../dom.ts';
import { addArticle } from '../format.ts';

export interface Question {
  /** Factors of the outputs. */
  readonly direction: readonly number[];
  /** The meaning of positive and negative contributions: `7` and `1`, or `higher` and `lower`. */
  readonly positive: string;
  readonly negative: string;
  /** Units of the target in one unit of the output; undefined for classes. */
  readonly scale: { readonly name: string; readonly mean: number; readonly deviation: number } | undefined;
}

/** "Why a 7, and not a [1]?" */
export class QuestionField {
  readonly #text = createElement('span');
  readonly #only = createElement('span');
  readonly #select = createElement('select');
  readonly element = Object.assign(createElement('p', this.#text, this.#only, this.#select, '?'), { className: 'why' });
  /** The class or target that the visitor chose. */
  #chosen = '';

  constructor(onChange: () => void) {
    this.#select.addEventListener('change', () => {
      this.#chosen = this.#select.value;
      onChange();
    });
  }

  /** The default is the second most likely class, or the first target. */
  ask(answer: Answer, { classes, targets }: ModelInfo): Question {
    if (targets !== undefined || !('prediction' in answer)) return this.#askTarget(targets ?? []);
    const { label, probabilities } = answer.prediction;
    const name = (index: number) => classes[index] ?? String(index);
    const order = [...probabilities.keys()].sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
    const others = order.filter((other) => other !== label);
    const rival = others.find((other) => name(other) === this.#chosen) ?? others[0] ?? label;
    this.#show(`Why ${addArticle(name(label))}, and not `, others.map(name).sort(compareNames), name(rival));
    const direction = classes.map((_, k) => Number(k === label) - Number(k === rival));
    return { direction, positive: name(label), negative: name(rival), scale: undefined };
  }

  #askTarget(targets: readonly { name: string; mean: number; standardDeviation: number }[]): Question {
    const target = targets.find(({ name }) => name === this.#chosen) ?? targets[0];
    const { name = '', mean = 0, standardDeviation: deviation = 1 } = target ?? {};
    this.#show(
      'Why this ',
      targets.map((each) => each.name),
      name,
    );
    const direction = targets.map((each) => Number(each === target));
    return { direction, positive: 'higher', negative: 'lower', scale: { name, mean, deviation } };
  }

  #show(text: string, names: readonly string[], selected: string): void {
    setOptions(this.#select, names);
    this.#select.value = selected;
    this.#select.ariaLabel = text.trim();
    this.#text.textContent = text;
    // There is nothing to choose from one name.
    this.#only.textContent = names.length === 1 ? selected : '';
    this.#select.hidden = names.length === 1;
  }
}

function compareNames(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
