/** The input for a model's samples: a drawing pad for 28×28 images, fields or a text box for everything else. */
import { EdgeMlpError } from '../../src/core/errors.ts';
import {
  explainPicture,
  type GreyImage,
  type PictureModel,
  type PictureReading,
} from '../../src/data/picture/index.ts';
import { strokeInputs } from '../../src/data/strokes.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { areDigits } from '../format.ts';
import { DrawingPad, type InputEvents } from './drawing-pad.ts';
import type { NumbersInput } from './numbers-input.ts';
import { DIGIT_SIDE, type InputKind, type Sample, selectInputKind } from './sample.ts';
import { countDrawings } from './stroke-groups.ts';

const PICTURE = 'The picture';
const MORE_THAN_ONE = 'More than one digit';
/** Ends of messages about pictures, and the texts of the page. */
const PROBLEMS = [
  ['got more than one digit', MORE_THAN_ONE],
  ['got a blank image', 'The picture is blank'],
] as const;

interface InputHosts {
  /** Contains the canvas. */
  readonly pad: HTMLElement;
  readonly numbers: HTMLElement;
}

export class SampleInput {
  readonly pad: DrawingPad;
  readonly #hosts: InputHosts;
  readonly #events: InputEvents;
  #numbers: NumbersInput | undefined;
  #kind: InputKind = 'pad';
  #info: ModelInfo | undefined;

  constructor(canvas: HTMLCanvasElement, hosts: InputHosts, events: InputEvents) {
    this.#hosts = hosts;
    this.#events = events;
    this.pad = new DrawingPad(canvas, events);
  }

  get kind(): InputKind {
    return this.#kind;
  }

  get empty(): boolean {
    return this.#kind === 'pad' ? this.pad.empty : (this.#numbers?.empty ?? true);
  }

  /** Shows the input that suits the model. The code for numbers is loaded on first use. */
  async adapt(info: ModelInfo): Promise<void> {
    const kind = selectInputKind(info);
    this.#info = info;
    if (kind !== 'pad') {
      const { NumbersInput } = await import('./numbers-input.ts');
      // The user selected another model while the code was loading.
      if (this.#info !== info) return;
      this.#numbers ??= new NumbersInput(this.#hosts.numbers, this.#events);
      this.#numbers.open(info, kind);
    }
    this.#show(kind);
  }

  /** Shows the pad while there is no model that needs another input. */
  usePad(): void {
    this.#info = undefined;
    this.#show('pad');
  }

  hide(): void {
    this.#hosts.pad.hidden = this.#hosts.numbers.hidden = true;
  }

  /** Throws EdgeMlpError `bad-data` or `bad-shape` for an image without ink or a field without a number. */
  read(): Sample {
    if (this.#kind !== 'pad' && this.#numbers !== undefined) return this.#numbers.read();
    const { inputs, stages } = this.#readPad();
    return { raw: inputs, inputs, stages };
  }

  #readPad(): PictureReading {
    if (this.pad.hasImage) return readPicture(this.pad.readImage(), this.#info ?? {});
    const drawsDigits = this.#info === undefined || areDigits(this.#info.classes);
    if (drawsDigits && countDrawings(this.pad.strokes) > 1) throw new EdgeMlpError('bad-data', MORE_THAN_ONE);
    const inputs = strokeInputs(this.pad.strokes);
    const image = { width: DIGIT_SIDE, height: DIGIT_SIDE, pixels: inputs };
    return { inputs, stages: [{ name: 'Model input', image }] };
  }

  #show(kind: InputKind): void {
    this.#kind = kind;
    this.#hosts.pad.hidden = kind !== 'pad';
    this.#hosts.numbers.hidden = kind === 'pad';
  }
}

/** Throws EdgeMlpError `bad-data` with a message that names no file, because the picture is visible on the pad. */
function readPicture(image: GreyImage, model: PictureModel): PictureReading {
  try {
    return explainPicture(image, model, PICTURE);
  } catch (error) {
    if (!(error instanceof EdgeMlpError)) throw error;
    const [, message = error.message] = PROBLEMS.find(([ending]) => error.message.endsWith(ending)) ?? [];
    throw new EdgeMlpError(error.code, message, { cause: error });
  }
}
