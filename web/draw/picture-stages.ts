/** The images on the way from a picture to the inputs of the network, in a disclosure. */
import type { PictureStage } from '../../src/data/picture/index.ts';
import { drawGrey } from '../canvas.ts';
import { createElement, findElement } from '../dom.ts';

export class PictureStages {
  readonly #details = findElement('reading', HTMLDetailsElement);
  readonly #list = findElement('stages');
  readonly #help = findElement('stages-help');
  #stages: readonly PictureStage[] = [];

  constructor() {
    this.#details.addEventListener('toggle', () => this.#draw());
  }

  /** Hides the disclosure if there are no stages. Draws them only while it is open. */
  show(stages: readonly PictureStage[]): void {
    this.#stages = stages;
    this.#details.hidden = stages.length === 0;
    this.#draw();
  }

  #draw(): void {
    if (!this.#details.open) return;
    this.#list.replaceChildren(...this.#stages.map(createFigure));
    // Strokes have one stage: they become the inputs without an image.
    this.#help.hidden = this.#stages.length > 1;
  }
}

function createFigure({ name, image }: PictureStage): HTMLLIElement {
  const canvas = createElement('canvas');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `${name}, ${image.width} × ${image.height} pixels`);
  drawGrey(canvas, image);
  const caption = createElement('figcaption', name);
  return createElement('li', createElement('figure', canvas, caption));
}
