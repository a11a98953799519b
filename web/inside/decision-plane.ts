/** The plane of a network's two inputs: the colour of each point is the answer there. */
import type { Mlp } from '../../src/core/mlp.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { onSchemeChange, openContext } from '../canvas.ts';
import { createElement } from '../dom.ts';
import { formatPercent } from '../format.ts';
import { classColour, drawColours, type Rgb, readPalette } from './colours.ts';
import { GRID, gridInputs, predictGrid, type Range, type Ranges } from './plane-grid.ts';
import { drawPlane, type PlanePoints } from './plane-picture.ts';
import './decision-plane.css';

/** Width and height in pixels. */
const SIDE = 512;
const FADE_MS = 240;
/** Milliseconds between two pictures for visitors who prefer reduced motion. */
const CALM_MS = 1000;

const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

export class DecisionPlane {
  readonly element = Object.assign(createElement('figure'), { className: 'plane' });
  readonly #info: ModelInfo;
  readonly #canvas = Object.assign(createElement('canvas'), { width: SIDE, height: SIDE, role: 'img' });
  readonly #context = openContext(this.#canvas);
  readonly #disposal = new AbortController();
  #points: PlanePoints | undefined;
  #sample: Float32Array | undefined;
  #ranges: Ranges;
  #inputs: Float32Array;
  /** Predictions on the grid: of the last picture, of the next one, and those on the screen. */
  #from: Float32Array = new Float32Array();
  #to: Float32Array = new Float32Array();
  #shown: Float32Array = new Float32Array();
  #fadeStart = 0;
  #lastShow = 0;
  #pending: Mlp | undefined;
  #frame = 0;
  #timer = 0;

  /** Throws if the network has not exactly two inputs. */
  constructor(info: ModelInfo) {
    if (info.spec.layers[0] !== 2) throw new Error(`expected a network of two inputs, got ${info.spec.layers[0]}`);
    this.#info = info;
    this.#ranges = this.#findRanges();
    this.#inputs = gridInputs(this.#ranges);
    this.#build();
    onSchemeChange(() => this.#paint(), this.#disposal.signal);
  }

  /** Training samples to draw over the plane; their extent becomes that of the plane. */
  set points(points: PlanePoints | undefined) {
    this.#points = points;
    this.#updateRanges();
  }

  /** The sample that is marked. The plane grows if the sample lies outside. */
  set sample(sample: Float32Array | undefined) {
    this.#sample = sample;
    this.#updateRanges();
  }

  /** Shows what the network answers now. Calls faster than the screen are dropped, so call it after every step. */
  show(mlp: Mlp): void {
    this.#pending = mlp;
    const wait = reducedMotion.matches ? this.#lastShow + CALM_MS - performance.now() : 0;
    clearTimeout(this.#timer);
    if (wait > 0) this.#timer = window.setTimeout(() => this.#schedule(), wait);
    else this.#schedule();
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#disposal.abort();
    this.element.remove();
  }

  #schedule(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame((time) => this.#advance(time));
  }

  #advance(time: number): void {
    const mlp = this.#pending;
    this.#pending = undefined;
    if (mlp !== undefined && !mlp.disposed) {
      this.#from = this.#shown;
      this.#to = predictGrid(mlp, this.#inputs);
      this.#fadeStart = time;
      this.#lastShow = performance.now();
      this.#describe();
    }
    const fades = this.#from.length === this.#to.length && !reducedMotion.matches;
    const share = fades ? Math.min(1, (time - this.#fadeStart) / FADE_MS) : 1;
    this.#shown =
      share === 1 ? this.#to : this.#to.map((value, i) => (1 - share) * (this.#from[i] ?? 0) + share * value);
    this.#paint();
    if (share < 1) this.#schedule();
  }

  #updateRanges(): void {
    const ranges = this.#findRanges();
    if (JSON.stringify(ranges) !== JSON.stringify(this.#ranges)) {
      this.#ranges = ranges;
      this.#inputs = gridInputs(ranges);
      this.#shown = new Float32Array();
      this.#build();
    }
    this.#paint();
  }

  #findRanges(): Ranges {
    const find = (axis: number): Range => {
      const points = Array.from(this.#points?.inputs ?? []).filter((_, i) => i % 2 === axis);
      // Standardised inputs are mostly within 2.5 standard deviations, unscaled ones of generated sets within 1.
      const half = this.#info.scaling.kind === 'standard' ? 2.5 : 1;
      const known = points.length === 0 ? [-half, half] : [...points];
      const [least, most] = [Math.min(...known), Math.max(...known)];
      const sample = this.#sample?.[axis] ?? least;
      const margin = 0.04 * (most - least || 1);
      return { from: Math.min(least, sample) - margin, to: Math.max(most, sample) + margin };
    };
    return [find(0), find(1)];
  }

  /** The figure: picture, axes and legend. */
  #build(): void {
    const [x, y] = this.#ranges;
    const ends = (axis: number, { from, to }: Range) => [from, to].map((value) => this.#formatInput(axis, value));
    const [left = '', right = ''] = ends(0, x);
    const [bottom = '', top = ''] = ends(1, y);
    const axisX = createElement(
      'div',
      createElement('span', left),
      createElement('b', this.#nameInput(0)),
      createElement('span', right),
    );
    const axisY = createElement(
      'div',
      createElement('span', top),
      createElement('b', this.#nameInput(1)),
      createElement('span', bottom),
    );
    axisX.className = 'axis-x';
    axisY.className = 'axis-y';
    for (const axis of [axisX, axisY]) axis.ariaHidden = 'true';
    const { classes, targets } = this.#info;
    const palette = readPalette();
    const legend =
      targets === undefined
        ? classes.map((name, label) => createKey(name, classColour(label)))
        : [createKey('low', palette.negative), createKey('high', palette.positive)];
    this.element.replaceChildren(
      axisY,
      this.#canvas,
      axisX,
      Object.assign(createElement('ul', ...legend), { className: 'legend' }),
    );
  }

  #describe(): void {
    const { classes, targets } = this.#info;
    const axes = `${this.#nameInput(0)} across, ${this.#nameInput(1)} up`;
    if (targets !== undefined) {
      this.#canvas.ariaLabel = `${targets[0]?.name} for each point of the plane: ${axes}.`;
      return;
    }
    const counts = classes.map(() => 0);
    for (let cell = 0; cell < GRID * GRID; cell++) {
      const row = this.#to.subarray(cell * classes.length, (cell + 1) * classes.length);
      const winner = row.indexOf(Math.max(...row));
      counts[winner] = (counts[winner] ?? 0) + 1;
    }
    const shares = classes.map((name, label) => `${name} ${formatPercent((counts[label] ?? 0) / GRID ** 2)}`);
    this.#canvas.ariaLabel = `Decision plane, ${axes}. Share of each class: ${shares.slice(0, 8).join(', ')}.`;
  }

  #paint(): void {
    const [info, ranges, predictions] = [this.#info, this.#ranges, this.#shown];
    drawPlane(this.#context, { info, ranges, predictions, points: this.#points, sample: this.#sample });
  }

  #nameInput(axis: number): string {
    return this.#info.features?.[axis] ?? ['x', 'y'][axis] ?? '';
  }

  /** A value of an input in the units of the training data. */
  #formatInput(axis: number, value: number): string {
    const { scaling } = this.#info;
    const [mean = 0, deviation = 1] =
      scaling.kind === 'standard' ? [scaling.mean[axis], scaling.standardDeviation[axis]] : [0, 1];
    return String(Number((mean + deviation * value).toPrecision(3)));
  }
}

function createKey(name: string, colour: Rgb): HTMLElement {
  const swatch = Object.assign(createElement('canvas'), { width: 1, height: 1, ariaHidden: 'true' });
  drawColours(openContext(swatch), 1, [colour], false);
  return createElement('li', swatch, name);
}
