/** Gives samples to whatever network there is: a pad for those of drawn pictures, numbers for all others. */
import { digitInputs, pictureInputs } from '../../src/data/image.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { DrawingPad, type PadEvents } from '../drawing-pad.ts';
import { DIGIT_SIDE } from '../pixels.ts';
import type { NumbersInput } from './numbers-input.ts';
import { type InputKind, inputKind, type Sample } from './sample.ts';

export interface InputHosts {
  /** With the canvas in it. */
  readonly pad: HTMLElement;
  readonly numbers: HTMLElement;
}

export class SampleInput {
  readonly #hosts: InputHosts;
  readonly #events: PadEvents;
  readonly #pad: DrawingPad;
  #numbers: NumbersInput | undefined;
  #kind: InputKind = 'pad';
  #info: ModelInfo | undefined;

  constructor(canvas: HTMLCanvasElement, hosts: InputHosts, events: PadEvents) {
    this.#hosts = hosts;
    this.#events = events;
    this.#pad = new DrawingPad(canvas, events);
  }

  get kind(): InputKind {
    return this.#kind;
  }

  get empty(): boolean {
    return this.#kind === 'pad' ? this.#pad.empty : (this.#numbers?.empty ?? true);
  }

  /** What a network takes; who draws does not load what numbers need. */
  async adapt(info: ModelInfo): Promise<void> {
    const kind = inputKind(info);
    this.#info = info;
    if (kind !== 'pad') {
      const { NumbersInput } = await import('./numbers-input.ts');
      // Another network has come while this was loaded.
      if (this.#info !== info) return;
      this.#numbers ??= new NumbersInput(this.#hosts.numbers, this.#events);
      this.#numbers.open(info, kind);
    }
    this.#show(kind);
  }

  /** The pad, as long as there is no network that says otherwise. */
  usePad(): void {
    this.#info = undefined;
    this.#show('pad');
  }

  /** Nothing, until it is known what. */
  hide(): void {
    this.#hosts.pad.hidden = this.#hosts.numbers.hidden = true;
  }

  /** Throws for what is no sample: a picture without ink, a field without a number. */
  read(): Sample {
    if (this.#kind !== 'pad' && this.#numbers !== undefined) return this.#numbers.read();
    const image = this.#pad.image();
    // What is drawn has another size than pictures that are taken as they are.
    const exact = this.#info !== undefined && image.width === DIGIT_SIDE && image.height === DIGIT_SIDE;
    const pixels = exact ? pictureInputs(image, this.#info ?? {}, 'the picture') : digitInputs(image, 'the picture');
    return { given: pixels, inputs: pixels };
  }

  /** A drawing stays to be seen, and the next stroke begins another; numbers are changed one by one. */
  finish(): void {
    this.#pad.finish();
  }

  /** It is gone on with, after all. */
  resume(): void {
    this.#pad.resume();
  }

  clear(): void {
    this.#pad.clear();
  }

  undo(): void {
    this.#pad.undo();
  }

  show(picture: ImageBitmap): void {
    this.#pad.show(picture);
  }

  #show(kind: InputKind): void {
    this.#kind = kind;
    this.#hosts.pad.hidden = kind !== 'pad';
    this.#hosts.numbers.hidden = kind === 'pad';
  }
}
