/** The hidden units: all activations as dots, and the units that contributed most with their weights as pictures. */
import { openContext } from '../canvas.ts';
import { createElement } from '../dom.ts';
import { formatCount } from '../format.ts';
import { drawColours, formatColour, mix, readPalette, signedColour } from './colours.ts';
import type { Contributions } from './contributions.ts';
import { formatSigned } from './regions.ts';

/** Units with a card. */
const MAX_UNITS = 6;
/** More dots of a layer would be too small to see. */
const MAX_DOTS = 1200;
/** Pixels of the canvas from one dot to the next, and its radius. */
const STEP = 32;
const RADIUS = 12;
/** Largest distance of dots on the screen, as a share of STEP. */
const SCALE = 0.6;

interface UnitCard {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly text: HTMLElement;
}

/** Dots of one layer. Outlines mark the units that have cards. */
export class ActivationDots {
  readonly #caption = createElement('figcaption');
  readonly #canvas = Object.assign(createElement('canvas'), { role: 'img', className: 'dots' });
  readonly element = createElement('figure', this.#canvas, this.#caption);
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  show(activations: Float32Array, contributions: Float64Array, marked: readonly number[]): void {
    const count = Math.min(MAX_DOTS, activations.length);
    const columns = Math.min(count, Math.ceil(Math.sqrt(2.5 * count)));
    const size = { width: columns * STEP, height: Math.ceil(count / columns) * STEP };
    // Setting the size clears the canvas.
    Object.assign(this.#canvas, size);
    this.#canvas.style.width = `${SCALE * size.width}px`;
    const context = openContext(this.#canvas);
    const palette = readPalette();
    const { background, ink } = palette;
    const shown = activations.subarray(0, count);
    const largest = shown.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    for (const [unit, value] of shown.entries()) {
      const centre = [((unit % columns) + 0.5) * STEP, (Math.floor(unit / columns) + 0.5) * STEP] as const;
      context.beginPath();
      context.arc(...centre, RADIUS, 0, 2 * Math.PI);
      const share = value / largest;
      context.fillStyle = formatColour(
        share < 0 ? signedColour(share, palette, background) : mix(background, ink, share),
      );
      context.fill();
      context.lineWidth = marked.includes(unit) ? 7 : 2;
      const line = (contributions[unit] ?? 0) > 0 ? palette.positive : palette.negative;
      context.strokeStyle = marked.includes(unit) ? formatColour(line) : formatColour(ink, 0.25);
      context.stroke();
    }
    const active = activations.reduce((sum, value) => sum + Number(Math.abs(value) > largest / 2), 0);
    const text = `${this.#name}: ${formatCount(activations.length, 'unit')}, ${active} above half of the largest activation`;
    this.#canvas.ariaLabel = text;
    this.#caption.textContent = `${text}.`;
  }
}

export class UnitCards {
  readonly #list = Object.assign(createElement('ol'), { className: 'units' });
  readonly element = this.#list;
  #cards: readonly UnitCard[] = [];

  /** `shape` are rows and columns of the input picture. Returns the units with a card. */
  show([rows, columns]: readonly [number, number], { units, activations, weights }: Contributions): number[] {
    const [contributions = new Float64Array()] = units;
    const order = [...contributions.keys()].sort(
      (a, b) => Math.abs(contributions[b] ?? 0) - Math.abs(contributions[a] ?? 0),
    );
    const strongest = order.slice(0, MAX_UNITS);
    if (this.#cards.length !== strongest.length) this.#build(strongest.length);
    const [weight = new Float32Array()] = weights;
    const palette = readPalette();
    strongest.forEach((unit, place) => {
      const card = this.#cards[place];
      if (card === undefined) return;
      Object.assign(card.canvas, { width: columns, height: rows });
      const row = weight.subarray(unit * rows * columns, (unit + 1) * rows * columns);
      const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
      drawColours(
        openContext(card.canvas),
        columns,
        Array.from(row, (value) => signedColour(value / largest, palette, palette.background)),
        false,
      );
      const contribution = contributions[unit] ?? 0;
      card.canvas.ariaLabel = `Weights of hidden unit ${unit + 1}`;
      card.element.className = contribution > 0 ? 'for' : 'against';
      const activation = (activations[0]?.[unit] ?? 0).toFixed(2);
      card.text.replaceChildren(createElement('b', formatSigned(contribution)), `unit ${unit + 1}: ${activation}`);
    });
    return strongest;
  }

  #build(count: number): void {
    this.#cards = Array.from({ length: count }, () => {
      const canvas = Object.assign(createElement('canvas'), { role: 'img' });
      const text = createElement('span');
      return { element: createElement('li', canvas, text), canvas, text };
    });
    this.#list.replaceChildren(...this.#cards.map(({ element }) => element));
  }
}
