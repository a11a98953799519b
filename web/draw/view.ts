/** Draw: a drawing on one side, its answer on the other. */
import { messageOf } from '../../src/core/errors.ts';
import type { Prediction } from '../../src/core/mlp.ts';
import { parameterCount } from '../../src/core/spec.ts';
import { digitInputs } from '../../src/data/image.ts';
import { Bars } from '../bars.ts';
import { element, link } from '../dom.ts';
import { DrawingPad } from '../drawing-pad.ts';
import { type BrowserNetwork, loadNetwork } from '../network.ts';
import { showPixels } from '../pixels.ts';
import { addressOf, type View } from '../routes.ts';
import { answerWords, integer } from '../words.ts';
import type { OtherModel } from './other-model.ts';
import { serverAnswer } from './server.ts';

interface Answer {
  readonly pixels: Uint8Array;
  readonly prediction: Prediction;
}

export class DrawView implements View {
  readonly title = 'draw a digit';
  readonly #result = element('result', HTMLElement);
  /** What a screen reader says: not at every movement, as the visible text changes. */
  readonly #spoken = element('spoken', HTMLElement);
  readonly #serverSays = element('server', HTMLElement);
  readonly #origin = element('origin', HTMLElement);
  readonly #askButton = element('ask', HTMLButtonElement);
  readonly #undoButton = element('undo', HTMLButtonElement);
  readonly #clearButton = element('clear', HTMLButtonElement);
  readonly #bars = new Bars(element('bars', HTMLOListElement));
  readonly #seen = element('seen', HTMLCanvasElement);
  readonly #pad: DrawingPad;
  #bundled: BrowserNetwork | undefined;
  /** In the place of the bundled network, where the address names one. */
  #other: OtherModel | undefined;
  #network: BrowserNetwork | undefined;
  #answer: Answer | undefined;
  #trouble = '';
  #visible = false;
  #turn = 0;
  #frame = 0;

  constructor() {
    this.#pad = new DrawingPad(element('pad', HTMLCanvasElement), {
      changed: () => this.#changed(),
      paused: () => this.#paused(),
    });
    this.#listen();
  }

  open(subject: string | undefined): void {
    this.#visible = true;
    void this.#load(subject);
  }

  close(): void {
    this.#visible = false;
  }

  #listen(): void {
    this.#undoButton.addEventListener('click', () => this.#pad.undo());
    this.#clearButton.addEventListener('click', () => this.#pad.clear());
    this.#askButton.addEventListener('click', () => void this.#askServer());
    const file = element('file', HTMLInputElement);
    file.addEventListener('change', () => {
      void this.#openPicture(file.files?.[0]);
      file.value = '';
    });
    document.addEventListener('keydown', (event) => {
      if (this.#visible && (event.ctrlKey || event.metaKey) && event.key === 'z') this.#pad.undo();
    });
    document.addEventListener('paste', (event) => {
      if (this.#visible) void this.#openPicture(event.clipboardData?.files[0]);
    });
    document.addEventListener('dragover', (event) => event.preventDefault());
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      if (this.#visible) void this.#openPicture(event.dataTransfer?.files[0]);
    });
  }

  /** The bundled network, or another: fetched anew each time, as a job may have gone on. */
  async #load(subject: string | undefined): Promise<void> {
    const mine = ++this.#turn;
    this.#forgetOther();
    this.#network = this.#bundled;
    this.#trouble = '';
    if (subject === undefined && this.#bundled !== undefined) return this.#loaded();
    this.#network = undefined;
    this.#update();
    try {
      const model =
        subject === undefined ? undefined : await (await import('./other-model.ts')).loadOtherModel(subject);
      if (model === undefined) this.#bundled ??= await loadNetwork();
      // The address may name another one by now.
      if (mine !== this.#turn) return model?.network.mlp.dispose();
      this.#other = model;
      this.#network = model?.network ?? this.#bundled;
    } catch (error) {
      if (mine !== this.#turn) return;
      this.#trouble = `The network could not be loaded: ${messageOf(error)}`;
    }
    if (subject !== undefined) this.#sayOrigin();
    this.#loaded();
  }

  /** Its memory is not garbage-collected. */
  #forgetOther(): void {
    this.#other?.network.mlp.dispose();
    this.#other = undefined;
    this.#origin.replaceChildren();
    this.#origin.hidden = true;
  }

  #loaded(): void {
    const layers = this.#network?.info.spec.layers;
    if (layers !== undefined) element('parameters', HTMLElement).textContent = integer(parameterCount(layers));
    // Whoever was faster than the network has drawn something already.
    this.#update();
    if (this.#trouble !== '') this.#spoken.textContent = this.#trouble;
  }

  /** Where the network is from, or why it is not there: above the pad, where it is seen on a telephone, too. */
  #sayOrigin(): void {
    const back = link(addressOf('draw'), 'Back to the bundled model');
    if (this.#other === undefined) this.#origin.append(`${this.#trouble}. `, back);
    else this.#origin.append(...this.#other.origin, back);
    this.#origin.hidden = false;
  }

  #changed(): void {
    this.#serverSays.textContent = '';
    this.#undoButton.disabled = this.#pad.empty;
    this.#clearButton.disabled = this.#pad.empty;
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#update());
  }

  #paused(): void {
    cancelAnimationFrame(this.#frame);
    this.#update();
    this.#spoken.textContent = this.#result.textContent;
  }

  /** Reads the pad and shows what the network makes of it. */
  #update(): void {
    this.#result.textContent = this.#trouble || (this.#pad.empty ? 'Nothing drawn yet' : 'Loading the network …');
    this.#answer = this.#network === undefined || this.#pad.empty ? undefined : this.#read(this.#network);
    this.#askButton.disabled = this.#answer === undefined;
    showPixels(this.#seen, this.#answer?.pixels);
    this.#bars.show(this.#answer?.prediction);
  }

  #read(network: BrowserNetwork): Answer | undefined {
    try {
      const pixels = digitInputs(this.#pad.image(), 'the picture');
      const prediction = network.predict(pixels);
      this.#result.textContent = answerWords(prediction, network.info.classes);
      return { pixels, prediction };
    } catch (error) {
      // A picture without ink, say.
      this.#result.textContent = messageOf(error);
      return undefined;
    }
  }

  async #askServer(): Promise<void> {
    const asked = this.#answer;
    if (asked === undefined) return;
    this.#serverSays.textContent = 'Asking …';
    const says = await serverAnswer({ ...asked, served: this.#other?.served }).catch(
      (error: unknown) => `The server did not answer: ${messageOf(error)}`,
    );
    // The drawing may have gone on meanwhile.
    if (this.#answer === asked) this.#serverSays.textContent = says;
  }

  async #openPicture(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    try {
      this.#pad.show(await createImageBitmap(file));
    } catch {
      this.#result.textContent = `${file.name || 'That'} is no picture that this browser can read`;
      this.#spoken.textContent = this.#result.textContent;
    }
  }
}
