/** Buttons that put an example on the pad. */
import { onSchemeChange } from '../canvas.ts';
import { createElement, findElement } from '../dom.ts';
import type { DrawingPad } from '../inputs/drawing-pad.ts';
import { drawExample, EXAMPLES, type Example } from './examples.ts';

/** Width and height in pixels of the buttons' pictures, and of the pictures on the pad. */
const BUTTON_SIDE = 96;
const PICTURE_SIDE = 320;

export class ExampleButtons {
  readonly #pad: DrawingPad;
  readonly #host = findElement('examples');
  readonly #images = new Map<Example, HTMLImageElement>();

  constructor(pad: DrawingPad) {
    this.#pad = pad;
    this.#host.append(...EXAMPLES.map((example) => this.#createButton(example)));
    onSchemeChange(() => this.#draw());
    this.#draw();
  }

  #createButton(example: Example): HTMLButtonElement {
    const image = Object.assign(createElement('img'), { alt: '', width: BUTTON_SIDE, height: BUTTON_SIDE });
    this.#images.set(example, image);
    const button = createElement('button', image);
    Object.assign(button, {
      type: 'button',
      title: example.name,
      ariaLabel: example.name,
      className: example.scene ?? '',
    });
    button.addEventListener('click', () => void this.#choose(example));
    return button;
  }

  async #choose(example: Example): Promise<void> {
    if (example.scene === undefined) this.#pad.showStrokes(example.strokes);
    else this.#pad.showImage(await createImageBitmap(drawExample(example, PICTURE_SIDE, '#000')));
  }

  /** In the current colours. */
  #draw(): void {
    const { color } = getComputedStyle(this.#host);
    for (const [example, image] of this.#images) image.src = drawExample(example, BUTTON_SIDE, color).toDataURL();
  }
}
