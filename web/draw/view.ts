/** Draw: a drawing, or numbers where a network takes those, on one side, the answer on the other. */
import { errorMessage } from '../../src/core/errors.ts';
import type { Prediction } from '../../src/core/mlp.ts';
import { parameterCount } from '../../src/core/spec.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { Bars } from '../bars.ts';
import { element, link } from '../dom.ts';
import type { Sample } from '../inputs/sample.ts';
import { SampleInput } from '../inputs/sample-input.ts';
import { type BrowserNetwork, loadNetwork } from '../network.ts';
import { showPixels } from '../pixels.ts';
import { formatRoute, type View } from '../routes.ts';
import { areDigits, describePrediction, integer } from '../words.ts';
import { ModelList } from './model-list.ts';
import type { OtherModel } from './other-model.ts';
import { serverAnswer } from './server.ts';

interface Answer {
  readonly sample: Sample;
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
  readonly #input: SampleInput;
  readonly #models = new ModelList();
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
    const hosts = { pad: element('drawing', HTMLElement), numbers: element('numbers', HTMLElement) };
    this.#input = new SampleInput(element('pad', HTMLCanvasElement), hosts, {
      changed: () => this.#changed(),
      paused: () => this.#paused(),
    });
    this.#listen();
  }

  open(subject: string | undefined): void {
    this.#visible = true;
    this.#models.open(subject);
    void this.#load(subject);
  }

  close(): void {
    this.#visible = false;
  }

  #listen(): void {
    this.#undoButton.addEventListener('click', () => this.#input.undo());
    this.#clearButton.addEventListener('click', () => this.#input.clear());
    this.#askButton.addEventListener('click', () => void this.#askServer());
    const file = element('file', HTMLInputElement);
    file.addEventListener('change', () => {
      void this.#openPicture(file.files?.[0]);
      file.value = '';
    });
    document.addEventListener('keydown', (event) => {
      if (this.#drawing && (event.ctrlKey || event.metaKey) && event.key === 'z') this.#input.undo();
    });
    document.addEventListener('paste', (event) => {
      if (this.#drawing) void this.#openPicture(event.clipboardData?.files[0]);
    });
    document.addEventListener('dragover', (event) => event.preventDefault());
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      if (this.#drawing) void this.#openPicture(event.dataTransfer?.files[0]);
    });
  }

  /** Keys, files and what is pasted are for the pad. */
  get #drawing(): boolean {
    return this.#visible && this.#input.kind === 'pad';
  }

  /** The bundled network, or another: fetched anew each time, as a job may have gone on. */
  async #load(subject: string | undefined): Promise<void> {
    const mine = ++this.#turn;
    this.#forgetOther();
    this.#network = this.#bundled;
    this.#trouble = '';
    if (subject === undefined && this.#bundled !== undefined) {
      this.#input.usePad();
      return this.#loaded();
    }
    // What was here first is a pad, and this may be none.
    if (subject !== undefined && this.#network === undefined) this.#input.hide();
    this.#network = undefined;
    this.#update();
    try {
      const model =
        subject === undefined ? undefined : await (await import('./other-model.ts')).loadOtherModel(subject);
      if (model === undefined) this.#bundled ??= await loadNetwork();
      const info = (model?.network ?? this.#bundled)?.info;
      if (info !== undefined && mine === this.#turn) await this.#input.adapt(info);
      // The address may name another one by now.
      if (mine !== this.#turn) return model?.network.mlp.dispose();
      this.#other = model;
      this.#network = model?.network ?? this.#bundled;
    } catch (error) {
      if (mine !== this.#turn) return;
      this.#input.usePad();
      this.#trouble = `The network could not be loaded: ${errorMessage(error)}`;
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
    const info = this.#network?.info;
    if (info !== undefined) this.#adapt(info);
    // Whoever was faster than the network has drawn something already.
    this.#update();
    if (this.#trouble !== '') this.#spoken.textContent = this.#trouble;
  }

  /** Words, bars and pictures that suit the network. */
  #adapt({ spec, classes }: ModelInfo): void {
    const drawn = this.#input.kind === 'pad';
    const name = this.#other?.name ?? '';
    const title = !drawn ? `Ask ${name}` : areDigits(classes) ? 'Draw a digit' : `Draw for ${name}`;
    element('draw-title', HTMLElement).textContent = title;
    document.title = `edge-mlp: ${title.toLowerCase()}`;
    element('parameters', HTMLElement).textContent = integer(parameterCount(spec.layers));
    const doing = drawn ? 'reads it while you draw' : 'answers while you type';
    element('doing', HTMLElement).textContent = doing;
    element('seen-figure', HTMLElement).hidden = !drawn;
    // What the service has not published it cannot be asked; of drawings it has a reader of its own.
    this.#askButton.hidden = !drawn && this.#other?.served === undefined;
    this.#bars.name(classes);
  }

  /** Where the network is from, or why it is not there: above the pad, where it is seen on a telephone, too. */
  #sayOrigin(): void {
    const back = link(formatRoute('draw'), 'Back to the bundled model');
    if (this.#other === undefined) this.#origin.append(`${this.#trouble}. `, back);
    else this.#origin.append(...this.#other.origin, back);
    this.#origin.hidden = false;
  }

  #changed(): void {
    this.#serverSays.textContent = '';
    this.#undoButton.disabled = this.#clearButton.disabled = this.#input.empty;
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#update());
  }

  #paused(): void {
    cancelAnimationFrame(this.#frame);
    this.#update();
    this.#spoken.textContent = this.#result.textContent;
  }

  /** Reads what is given and shows what the network makes of it. */
  #update(): void {
    const { empty, kind } = this.#input;
    const nothing = kind === 'pad' ? 'Nothing drawn yet' : 'No numbers yet';
    this.#result.textContent = this.#trouble || (empty ? nothing : 'Loading the network …');
    this.#answer = this.#network === undefined || empty ? undefined : this.#read(this.#network);
    this.#askButton.disabled = this.#answer === undefined;
    const given = this.#answer?.sample.given;
    showPixels(this.#seen, given instanceof Uint8Array ? given : undefined);
    this.#bars.show(this.#answer?.prediction);
  }

  #read(network: BrowserNetwork): Answer | undefined {
    try {
      const sample = this.#input.read();
      const prediction = network.predict(sample.inputs);
      this.#result.textContent = describePrediction(prediction, network.info.classes);
      return { sample, prediction };
    } catch (error) {
      // A picture without ink, say.
      this.#result.textContent = errorMessage(error);
      return undefined;
    }
  }

  async #askServer(): Promise<void> {
    const asked = this.#answer;
    if (asked === undefined) return;
    this.#serverSays.textContent = 'Asking …';
    const says = await serverAnswer({ ...asked, served: this.#other?.served }).catch(
      (error: unknown) => `The server did not answer: ${errorMessage(error)}`,
    );
    // The drawing may have gone on meanwhile.
    if (this.#answer === asked) this.#serverSays.textContent = says;
  }

  async #openPicture(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    try {
      this.#input.show(await createImageBitmap(file));
    } catch {
      this.#result.textContent = `${file.name || 'That'} is no picture that this browser can read`;
      this.#spoken.textContent = this.#result.textContent;
    }
  }
}
