/** A canvas for strokes by pointer or keyboard, optionally on top of an image. */
import { type GreyImage, greyFromRgba } from '../../src/data/picture/index.ts';
import type { Point, Stroke } from '../../src/data/strokes.ts';
import { onSchemeChange, openContext } from '../canvas.ts';

/** Width and height of the canvas in pixels. */
const CANVAS_SIDE = 560;
/** Width and height in pixels at which an image with strokes is read. */
const READ_SIDE = 280;
/** Larger images are scaled down to this side. */
const MAX_SIDE = 1024;
/** Width of the pen as a share of the canvas side. Strokes become inputs without it: src/data/strokes.ts. */
const INK_WIDTH = 0.05;
/** Behind images with transparent parts, where both black and white ink are visible. */
const BACKDROP = '#8d93a0';
/** Distance that an arrow key moves the pen, as a share of the canvas side. */
const KEY_STEP = 0.02;
const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export interface InputEvents {
  readonly onChange: () => void;
  /** Called at the end of a stroke or an edit, when the prediction can be announced. */
  readonly onPause: () => void;
}

/** Ctrl+Z or ⌘Z outside of text fields, which undo their own text. */
export function isUndoKey({ key, target, ctrlKey, metaKey, shiftKey, altKey }: KeyboardEvent): boolean {
  const typing = target instanceof Element && target.closest('input, select, textarea, dialog') !== null;
  return (ctrlKey || metaKey) && !shiftKey && !altKey && key === 'z' && !typing;
}

export class DrawingPad {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #reader = new OffscreenCanvas(READ_SIDE, READ_SIDE);
  readonly #events: InputEvents;
  #strokes: Stroke[] = [];
  #image: ImageBitmap | undefined;
  #example: readonly Stroke[] = [];
  /** Unfinished strokes by pointer id, so that two fingers draw two strokes. */
  readonly #activeStrokes = new Map<number, Point[]>();
  #pen: Point = [0.5, 0.3];
  #penDown: Point[] | undefined;
  #penVisible = false;
  #finished = false;

  constructor(canvas: HTMLCanvasElement, events: InputEvents) {
    this.#canvas = canvas;
    Object.assign(canvas, { width: CANVAS_SIDE, height: CANVAS_SIDE, tabIndex: 0 });
    // This role makes screen readers pass the arrow keys to the pad.
    canvas.setAttribute('role', 'application');
    this.#context = openContext(canvas);
    this.#events = events;
    canvas.addEventListener('pointerdown', (event) => this.#startStroke(event));
    canvas.addEventListener('pointermove', (event) => this.#continueStroke(event));
    for (const type of ['pointerup', 'pointercancel'] as const)
      canvas.addEventListener(type, (event) => this.#endStroke(event));
    canvas.addEventListener('keydown', (event) => this.#handleKey(event));
    canvas.addEventListener('blur', () => this.#setPenVisible(false));
    onSchemeChange(() => this.#paint());
    this.#paint();
  }

  get empty(): boolean {
    return this.#strokes.length === 0 && this.#image === undefined;
  }

  /** Keeps the drawing visible until the next stroke, which starts a new drawing. */
  finish(): void {
    this.#finished = true;
  }

  /** Makes the next stroke continue the drawing. */
  resume(): void {
    this.#finished = false;
  }

  clear(): void {
    this.#strokes = [];
    this.#removeImage();
    this.#penDown = undefined;
    this.#applyChange();
    this.#events.onPause();
  }

  /** Removes the last stroke, or the image if there are no strokes. */
  undo(): void {
    this.#penDown = undefined;
    if (this.#strokes.pop() === undefined) this.#removeImage();
    this.#applyChange();
    this.#events.onPause();
  }

  /** In the unit square. Without an image, size and place do not matter. */
  get strokes(): readonly Stroke[] {
    return this.#strokes;
  }

  get hasImage(): boolean {
    return this.#image !== undefined;
  }

  /** Replaces the drawing. */
  showStrokes(strokes: readonly Stroke[]): void {
    this.#strokes = [...strokes];
    this.#removeImage();
    this.#applyChange();
    this.#events.onPause();
  }

  /** Paints strokes that are not part of the drawing, in the accent colour, until the drawing changes. */
  showExample(strokes: readonly Stroke[]): void {
    this.#example = strokes;
    this.#paint();
  }

  showImage(image: ImageBitmap): void {
    this.#strokes = [];
    this.#removeImage();
    this.#image = image;
    this.#applyChange();
    this.#events.onPause();
  }

  /** The image at its own size, with the strokes in black. */
  readImage(): GreyImage {
    const { width, height } = this.#measureImage();
    Object.assign(this.#reader, { width, height });
    const context = openContext(this.#reader, { willReadFrequently: true });
    context.clearRect(0, 0, width, height);
    if (this.#image !== undefined) drawContained(context, this.#image, width, height);
    drawStrokes(context, this.#strokes, width, '#000');
    return greyFromRgba(context.getImageData(0, 0, width, height).data, width, height);
  }

  /** Bitmaps are freed only by `close`. */
  #removeImage(): void {
    this.#image?.close();
    this.#image = undefined;
  }

  /** The pad's size if there are strokes, because their coordinates refer to the pad. */
  #measureImage(): { width: number; height: number } {
    if (this.#image === undefined || this.#strokes.length > 0) return { width: READ_SIDE, height: READ_SIDE };
    const { width, height } = this.#image;
    const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
    return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  }

  #startStroke(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#startDrawing();
    const stroke = [this.#locate(event)];
    this.#activeStrokes.set(event.pointerId, stroke);
    this.#strokes.push(stroke);
    this.#applyChange();
  }

  #continueStroke(event: PointerEvent): void {
    const stroke = this.#activeStrokes.get(event.pointerId);
    if (stroke === undefined) return;
    // Pens and mice report more positions than frames.
    const events = event.getCoalescedEvents();
    for (const each of events.length > 0 ? events : [event]) stroke.push(this.#locate(each));
    this.#applyChange();
  }

  #endStroke(event: PointerEvent): void {
    if (this.#activeStrokes.delete(event.pointerId)) this.#events.onPause();
  }

  #handleKey(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (arrow !== undefined) this.#movePen(arrow);
    else if (event.key === ' ') this.#togglePen();
    else if (event.key === 'Escape') this.clear();
    else return;
    event.preventDefault();
  }

  #movePen([x, y]: Point): void {
    const clamp = (value: number) => Math.min(0.97, Math.max(0.03, value));
    this.#pen = [clamp(this.#pen[0] + KEY_STEP * x), clamp(this.#pen[1] + KEY_STEP * y)];
    this.#penDown?.push(this.#pen);
    this.#setPenVisible(true);
    if (this.#penDown !== undefined) this.#applyChange();
  }

  #togglePen(): void {
    if (this.#penDown === undefined) {
      this.#startDrawing();
      this.#penDown = [this.#pen];
      this.#strokes.push(this.#penDown);
      this.#applyChange();
    } else {
      this.#penDown = undefined;
      this.#events.onPause();
    }
    this.#setPenVisible(true);
  }

  #startDrawing(): void {
    if (!this.#finished) return;
    this.#strokes = [];
    this.#removeImage();
  }

  #setPenVisible(visible: boolean): void {
    this.#penVisible = visible;
    this.#paint();
  }

  #locate(event: PointerEvent): Point {
    const box = this.#canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  #applyChange(): void {
    this.#finished = false;
    this.#example = [];
    this.#paint();
    this.#events.onChange();
  }

  #paint(): void {
    const { width } = this.#canvas;
    const context = this.#context;
    context.clearRect(0, 0, width, width);
    if (this.#image !== undefined) {
      context.fillStyle = BACKDROP;
      context.fillRect(0, 0, width, width);
      drawContained(context, this.#image, width, width);
    }
    const { color, accentColor } = getComputedStyle(this.#canvas);
    drawStrokes(context, this.#strokes, width, this.#image === undefined ? color : '#000');
    drawStrokes(context, this.#example, width, accentColor);
    if (!this.#penVisible) return;
    context.beginPath();
    context.arc(this.#pen[0] * width, this.#pen[1] * width, 10, 0, 2 * Math.PI);
    context.lineWidth = 3;
    context.strokeStyle = this.#penDown === undefined ? '#868e99' : '#e6852b';
    context.stroke();
  }
}

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

function drawStrokes(context: Context, strokes: readonly Stroke[], side: number, ink: string): void {
  context.lineWidth = INK_WIDTH * side;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.strokeStyle = ink;
  for (const stroke of strokes) {
    const [first] = stroke;
    if (first === undefined) continue;
    context.beginPath();
    // A line of zero length draws nothing, so dots get a minimal length.
    context.moveTo(first[0] * side, first[1] * side + 0.01);
    for (const [x, y] of stroke) context.lineTo(x * side, y * side);
    context.stroke();
  }
}

/** Centres the image at the largest size that fits, keeping its aspect ratio. */
function drawContained(context: Context, image: ImageBitmap, width: number, height: number): void {
  const scale = Math.min(width / image.width, height / image.height);
  const [across, down] = [image.width * scale, image.height * scale];
  context.drawImage(image, (width - across) / 2, (height - down) / 2, across, down);
}
