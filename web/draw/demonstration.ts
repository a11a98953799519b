/** Digits that draw themselves on the pad until the visitor draws. */
import { slantStrokes } from '../../models/strokes.ts';
import type { Point, Stroke } from '../../src/data/strokes.ts';
import { findElement } from '../dom.ts';
import type { DrawingPad } from '../inputs/drawing-pad.ts';

const DIGITS = [7, 2, 5, 8, 3];
const SLANT = 0.12;
/** Sides of the pad per second. */
const SPEED = 0.8;
/** A finished digit stays this long. */
const HOLD_SECONDS = 1.6;

export class Demonstration {
  readonly #pad: DrawingPad;
  readonly #onStep: (strokes: readonly Stroke[]) => void;
  readonly #hint = findElement('demo');
  readonly #pause = findElement('demo-pause', HTMLButtonElement);
  /** Position in `DIGITS`. */
  #digit = 0;
  #strokes: readonly Stroke[] = prepareStrokes(0);
  #seconds = 0;
  #lastFrame: number | undefined;
  #frame = 0;

  /** Starts drawing. `onStep` gets the strokes as they grow. */
  constructor(pad: DrawingPad, onStep: (strokes: readonly Stroke[]) => void) {
    this.#pad = pad;
    this.#onStep = onStep;
    this.#hint.hidden = false;
    this.#pause.addEventListener('click', () => this.#togglePause());
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#pause.hidden = still;
    if (still) this.#show(this.#strokes);
    else this.#resume();
  }

  /** Removes the digit. The demonstration does not start again. */
  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#hint.hidden = true;
    this.#pad.showExample([]);
  }

  #togglePause(): void {
    const running = this.#lastFrame !== undefined;
    this.#pause.textContent = running ? 'Play' : 'Pause';
    cancelAnimationFrame(this.#frame);
    this.#lastFrame = undefined;
    if (!running) this.#resume();
  }

  #resume(): void {
    this.#lastFrame = performance.now();
    this.#frame = requestAnimationFrame((now) => this.#step(now));
  }

  #step(now: number): void {
    this.#seconds += Math.max(0, now - (this.#lastFrame ?? now)) / 1000;
    const length = this.#strokes.reduce((sum, stroke) => sum + measureStroke(stroke), 0);
    if (this.#seconds > length / SPEED + HOLD_SECONDS) {
      this.#digit = (this.#digit + 1) % DIGITS.length;
      this.#strokes = prepareStrokes(this.#digit);
      this.#seconds = 0;
    }
    if (this.#seconds < length / SPEED + 0.1) this.#show(revealStrokes(this.#strokes, this.#seconds * SPEED));
    this.#lastFrame = now;
    this.#frame = requestAnimationFrame((next) => this.#step(next));
  }

  #show(strokes: readonly Stroke[]): void {
    this.#pad.showExample(strokes);
    if (strokes.length > 0) this.#onStep(strokes);
  }
}

/** The strokes of a position in `DIGITS`. */
function prepareStrokes(digit: number): readonly Stroke[] {
  return slantStrokes(DIGITS[digit] ?? 0, SLANT).map(smoothStroke);
}

function measureStroke(stroke: Stroke): number {
  return stroke.reduce((sum, [x, y], i) => {
    const [fromX, fromY] = stroke[i - 1] ?? [x, y];
    return sum + Math.hypot(x - fromX, y - fromY);
  }, 0);
}

/** Rounds corners: each point is averaged with its two neighbours, twice. The ends stay. */
function smoothStroke(stroke: Stroke): Stroke {
  const mean = (points: Stroke) =>
    points.map(([x, y], i): Point => {
      const [before, after] = [points[i - 1], points[i + 1]];
      if (before === undefined || after === undefined) return [x, y];
      return [(before[0] + x + after[0]) / 3, (before[1] + y + after[1]) / 3];
    });
  return mean(mean(stroke));
}

/** The strokes up to this length of their path. */
function revealStrokes(strokes: readonly Stroke[], length: number): Stroke[] {
  let rest = length;
  return strokes.flatMap((stroke) => {
    const kept = stroke.filter(([x, y], i) => {
      const [fromX, fromY] = stroke[i - 1] ?? [x, y];
      rest -= Math.hypot(x - fromX, y - fromY);
      return rest > 0;
    });
    return kept.length > 0 ? [kept] : [];
  });
}
