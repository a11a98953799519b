/** The plane of a network's two inputs: the colour of each point is the answer there. */
import type { Mlp } from '../../src/core/mlp.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { createElement } from '../dom.ts';
import { formatPercent } from '../format.ts';
import {
  AGAINST,
  classColour,
  darkScheme,
  drawColours,
  FOR,
  formatColour,
  mix,
  openContext,
  type Rgb,
  readBackground,
} from './colours.ts';
import {
  findBoundaries,
  GRID,
  gridInputs,
  type Place,
  placeInputs,
  predictGrid,
  type Range,
  type Ranges,
} from './plane-grid.ts';
import './decision-plane.css';

/** Samples in the units of the network, and their classes. */
export interface PlanePoints {
  /** `[samples][2]` */
  readonly inputs: Float32Array;
  /** `[samples]` */
  readonly labels: ArrayLike<number>;
}

/** More points would hide the background. */
const MAX_POINTS = 400;
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
  readonly #repaint = () => this.#paint();
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
    darkScheme.addEventListener('change', this.#repaint);
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
    darkScheme.removeEventListener('change', this.#repaint);
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
      const points = (this.#points?.inputs ?? new Float32Array()).filter((_, i) => i % 2 === axis);
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
    const legend =
      targets === undefined
        ? classes.map((name, label) => createKey(name, classColour(label)))
        : [createKey('low', AGAINST), createKey('high', FOR)];
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
    const { classes, targets } = this.#info;
    const outputs = (targets ?? classes).length;
    const background = readBackground();
    const cells = this.#shown.length / outputs;
    if (cells === 0) return;
    const colour =
      targets === undefined
        ? blendClasses(this.#shown, outputs, background)
        : scaleValues(this.#shown, outputs, background);
    drawColours(
      this.#context,
      GRID,
      Array.from({ length: cells }, (_, cell) => colour(cell)),
      true,
    );
    if (targets === undefined) this.#drawBoundaries(findBoundaries(this.#shown, outputs));
    this.#drawPoints(background);
    this.#drawSample();
  }

  #drawBoundaries(lines: readonly (readonly [Place, Place])[]): void {
    this.#context.beginPath();
    for (const [from, to] of lines) {
      this.#context.moveTo(...toPixels(from));
      this.#context.lineTo(...toPixels(to));
    }
    this.#context.strokeStyle = darkScheme.matches ? '#e4e7ec' : '#1d2229';
    this.#context.lineWidth = 2.5;
    this.#context.stroke();
  }

  #drawPoints(background: Rgb): void {
    const { inputs, labels } = this.#points ?? { inputs: new Float32Array(), labels: [] };
    const samples = inputs.length / 2;
    const step = Math.max(1, Math.ceil(samples / MAX_POINTS));
    for (let n = 0; n < samples; n += step) {
      const place = toPixels(placeInputs(this.#ranges, inputs.subarray(2 * n, 2 * n + 2)));
      this.#drawDot(place, 5, formatColour(classColour(labels[n] ?? 0)), formatColour(background));
    }
  }

  #drawSample(): void {
    if (this.#sample === undefined) return;
    const place = toPixels(placeInputs(this.#ranges, this.#sample));
    this.#drawDot(place, 11, '#fff', '#1d2229');
    this.#drawDot(place, 4, '#1d2229', '#1d2229');
  }

  #drawDot(place: [number, number], radius: number, fill: string, line: string): void {
    this.#context.beginPath();
    this.#context.arc(...place, radius, 0, 2 * Math.PI);
    this.#context.fillStyle = fill;
    this.#context.fill();
    this.#context.lineWidth = radius > 8 ? 3 : 1.5;
    this.#context.strokeStyle = line;
    this.#context.stroke();
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

/** From a place in cells to pixels of the canvas. */
function toPixels({ x, y }: Place): [number, number] {
  return [((x + 0.5) * SIDE) / GRID, ((y + 0.5) * SIDE) / GRID];
}

/** The colours of the classes by their probabilities; equal probabilities give the background. */
function blendClasses(probabilities: Float32Array, classes: number, background: Rgb): (cell: number) => Rgb {
  return (cell) => {
    const sum = [0, 0, 0];
    let most = 0;
    for (let c = 0; c < classes; c++) {
      const p = probabilities[cell * classes + c] ?? 0;
      most = Math.max(most, p);
      classColour(c).forEach((value, i) => {
        sum[i] = (sum[i] ?? 0) + p * value;
      });
    }
    const [red = 0, green = 0, blue = 0] = sum;
    return mix(background, [red, green, blue], 0.65 * Math.max(0, (most - 1 / classes) / (1 - 1 / classes)));
  };
}

/** The first target, from the least to the largest value of the plane. */
function scaleValues(values: Float32Array, targets: number, background: Rgb): (cell: number) => Rgb {
  const first = values.filter((_, i) => i % targets === 0);
  const [least, most] = [Math.min(...first), Math.max(...first)];
  return (cell) => {
    const share = (2 * ((first[cell] ?? 0) - least)) / (most - least || 1) - 1;
    return mix(background, share > 0 ? FOR : AGAINST, 0.8 * Math.abs(share));
  };
}
