/** Strokes on a canvas, by pointer or by keyboard, and pictures laid under them. */
import type { GreyImage } from '../src/data/image.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

type Stroke = Point[];

/** Pixels of the drawing that is read; larger pictures are made smaller before. */
const INK_SIDE = 280;
const MAX_SIDE = 1024;
/** Of the canvas's side; about as thick as MNIST's strokes are. */
const INK_WIDTH = 0.075;
/** Of the canvas's side, that an arrow key moves the pen. */
const KEY_STEP = 0.02;
const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

export interface PadEvents {
  /** The drawing is another one. */
  readonly changed: () => void;
  /** A stroke has ended: the moment to say what it is. */
  readonly paused: () => void;
}

export class DrawingPad {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  /** Ink alone, white on nothing, whatever colours the page has. */
  readonly #ink = new OffscreenCanvas(INK_SIDE, INK_SIDE);
  readonly #events: PadEvents;
  #strokes: Stroke[] = [];
  #picture: ImageBitmap | undefined;
  /** By pointer, so that two fingers draw two strokes. */
  readonly #drawing = new Map<number, Stroke>();
  #pen: Point = { x: 0.5, y: 0.3 };
  #penDown: Stroke | undefined;
  #penShown = false;
  #done = false;

  constructor(canvas: HTMLCanvasElement, events: PadEvents) {
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('this browser draws no canvas');
    this.#canvas = canvas;
    // Its keys are its own: a screen reader must not take the arrows for itself.
    canvas.setAttribute('role', 'application');
    this.#context = context;
    this.#events = events;
    canvas.addEventListener('pointerdown', (event) => this.#begin(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    for (const type of ['pointerup', 'pointercancel'] as const)
      canvas.addEventListener(type, (event) => this.#end(event));
    canvas.addEventListener('keydown', (event) => this.#key(event));
    canvas.addEventListener('blur', () => this.#showPen(false));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#paint());
    this.#paint();
  }

  get empty(): boolean {
    return this.#strokes.length === 0 && this.#picture === undefined;
  }

  /** The drawing stays to be seen; the next stroke begins another. */
  finish(): void {
    this.#done = true;
  }

  /** It is gone on with, after all. */
  resume(): void {
    this.#done = false;
  }

  clear(): void {
    this.#strokes = [];
    this.#forgetPicture();
    this.#penDown = undefined;
    this.#changed();
    this.#events.paused();
  }

  /** Takes the last stroke back, or the picture. */
  undo(): void {
    this.#penDown = undefined;
    if (this.#strokes.pop() === undefined) this.#forgetPicture();
    this.#changed();
    this.#events.paused();
  }

  show(picture: ImageBitmap): void {
    this.#strokes = [];
    this.#forgetPicture();
    this.#picture = picture;
    this.#changed();
    this.#events.paused();
  }

  /** What is on the pad: a picture in its own size, or the ink, light on black. */
  image(): GreyImage {
    const { width, height } = this.#size();
    Object.assign(this.#ink, { width, height });
    const context = this.#ink.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('this browser draws no canvas');
    context.clearRect(0, 0, width, height);
    if (this.#picture !== undefined) {
      // Transparent parts are paper, as they are for PNG files on the server.
      context.fillStyle = '#fff';
      context.fillRect(0, 0, width, height);
      drawContained(context, this.#picture, width, height);
    }
    const ink = this.#picture === undefined ? '#fff' : '#000';
    drawStrokes(context, this.#strokes, width, ink);
    const { data } = context.getImageData(0, 0, width, height);
    const pixels = new Uint8Array(width * height);
    for (let i = 0; i < pixels.length; i++) {
      const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(4 * i, 4 * i + 4);
      pixels[i] = this.#picture === undefined ? alpha : Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
    }
    return { width, height, pixels };
  }

  /** Its memory is not garbage-collected. */
  #forgetPicture(): void {
    this.#picture?.close();
    this.#picture = undefined;
  }

  /** A picture that was drawn upon is as large as the pad: the strokes have their places there. */
  #size(): { width: number; height: number } {
    if (this.#picture === undefined || this.#strokes.length > 0) return { width: INK_SIDE, height: INK_SIDE };
    const { width, height } = this.#picture;
    const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
    return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  }

  #begin(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#makeRoom();
    const stroke = [this.#place(event)];
    this.#drawing.set(event.pointerId, stroke);
    this.#strokes.push(stroke);
    this.#changed();
  }

  #move(event: PointerEvent): void {
    const stroke = this.#drawing.get(event.pointerId);
    if (stroke === undefined) return;
    // Pens and mice report more places than there are frames.
    const events = event.getCoalescedEvents();
    for (const each of events.length > 0 ? events : [event]) stroke.push(this.#place(each));
    this.#changed();
  }

  #end(event: PointerEvent): void {
    if (this.#drawing.delete(event.pointerId)) this.#events.paused();
  }

  #key(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (arrow !== undefined) this.#movePen(arrow);
    else if (event.key === ' ') this.#liftOrPut();
    else if (event.key === 'Escape') this.clear();
    else return;
    event.preventDefault();
  }

  #movePen({ x, y }: Point): void {
    const within = (value: number) => Math.min(0.97, Math.max(0.03, value));
    this.#pen = { x: within(this.#pen.x + KEY_STEP * x), y: within(this.#pen.y + KEY_STEP * y) };
    this.#penDown?.push(this.#pen);
    this.#showPen(true);
    if (this.#penDown !== undefined) this.#changed();
  }

  #liftOrPut(): void {
    if (this.#penDown === undefined) {
      this.#makeRoom();
      this.#penDown = [this.#pen];
      this.#strokes.push(this.#penDown);
      this.#changed();
    } else {
      this.#penDown = undefined;
      this.#events.paused();
    }
    this.#showPen(true);
  }

  #makeRoom(): void {
    if (!this.#done) return;
    this.#strokes = [];
    this.#forgetPicture();
  }

  #showPen(shown: boolean): void {
    this.#penShown = shown;
    this.#paint();
  }

  #place(event: PointerEvent): Point {
    const box = this.#canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  #changed(): void {
    this.#done = false;
    this.#paint();
    this.#events.changed();
  }

  #paint(): void {
    const { width } = this.#canvas;
    const context = this.#context;
    context.clearRect(0, 0, width, width);
    if (this.#picture !== undefined) drawContained(context, this.#picture, width, width);
    const ink = this.#picture === undefined ? getComputedStyle(this.#canvas).color : '#000';
    drawStrokes(context, this.#strokes, width, ink);
    if (!this.#penShown) return;
    context.beginPath();
    context.arc(this.#pen.x * width, this.#pen.y * width, 10, 0, 2 * Math.PI);
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
    // A line of no length draws nothing: a dot has to be a little longer.
    context.moveTo(first.x * side, first.y * side + 0.01);
    for (const { x, y } of stroke) context.lineTo(x * side, y * side);
    context.stroke();
  }
}

/** As large as it can be with its shape kept, in the middle. */
function drawContained(context: Context, picture: ImageBitmap, width: number, height: number): void {
  const scale = Math.min(width / picture.width, height / picture.height);
  const [across, down] = [picture.width * scale, picture.height * scale];
  context.drawImage(picture, (width - across) / 2, (height - down) / 2, across, down);
}
