/** Shows an answer: a sentence, the probabilities or values, and the 28×28 pixels that the network has read. */
import type { ModelInfo } from '../../src/format/metadata.ts';
import type { Answer } from '../answers/answer.ts';
import { listTargets } from '../answers/target-values.ts';
import { Bars } from '../bars.ts';
import { findElement } from '../dom.ts';
import { drawPixels } from '../inputs/sample.ts';
import { PictureStages } from './picture-stages.ts';

/** Longer names of classes do not fit next to the sentence. */
const MAX_GLYPH_LENGTH = 2;

export class AnswerDisplay {
  readonly #answer = findElement('answer');
  readonly #result = findElement('result');
  readonly #glyph = findElement('glyph');
  readonly #bars = new Bars(findElement('bars', HTMLOListElement));
  readonly #values = findElement('values');
  readonly #modelInput = findElement('seen', HTMLCanvasElement);
  readonly #stages = new PictureStages();
  #classes: readonly string[] = [];

  adapt({ classes, targets }: ModelInfo): void {
    this.#classes = classes;
    this.#bars.setClasses(classes);
    findElement('bars').hidden = targets !== undefined;
    this.#glyph.hidden = !classes.every(({ length }) => length <= MAX_GLYPH_LENGTH) || classes.length === 0;
  }

  /** The sentence of the latest answer, or the reason for a missing answer. */
  get text(): string {
    return this.#result.textContent;
  }

  show(text: string, answer: Answer | undefined): void {
    this.#result.textContent = text;
    const shown = { prediction: undefined, values: {}, recognized: true, ...answer };
    this.#answer.classList.toggle('rejected', !shown.recognized);
    this.#glyph.textContent = shown.recognized ? (this.#classes[shown.prediction?.label ?? -1] ?? '') : '?';
    this.#bars.show(shown.prediction);
    listTargets(this.#values, shown.values);
    const raw = answer?.sample.raw;
    drawPixels(this.#modelInput, raw instanceof Uint8Array ? raw : undefined);
    this.#stages.show(answer?.sample.stages ?? []);
  }
}
