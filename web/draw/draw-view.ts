/** The Try view: a drawing or numbers on one side, the prediction on the other. */
import { errorMessage } from '../../src/core/errors.ts';
import { parameterCount } from '../../src/core/spec.ts';
import { strokeInputs } from '../../src/data/strokes.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { announce, showAndAnnounce } from '../announcer.ts';
import { type Answer, answerSample, describeAnswer } from '../answers/answer.ts';
import { createLink, findElement, showText } from '../dom.ts';
import { areDigits, formatInteger } from '../format.ts';
import { isUndoKey } from '../inputs/drawing-pad.ts';
import { SampleInput } from '../inputs/sample-input.ts';
import { type BrowserNetwork, loadNetwork } from '../network.ts';
import { formatRoute, type View } from '../routes.ts';
import { AnswerDisplay } from './answer-display.ts';
import { AnswerPanels } from './answer-panels.ts';
import type { Demonstration } from './demonstration.ts';
import type { ExampleButtons } from './example-buttons.ts';
import { ModelList } from './model-list.ts';
import type { SelectedModel } from './selected-model.ts';
import './draw.css';

/** A job's id has 64 characters, as names of models have at most. */
const MAX_TITLE = 64;

export class DrawView implements View {
  readonly title = 'Draw a digit';
  readonly #section = findElement('draw-view');
  readonly #comparison = findElement('server');
  readonly #origin = findElement('origin');
  readonly #compareButton = findElement('ask', HTMLButtonElement);
  readonly #undoButton = findElement('undo', HTMLButtonElement);
  readonly #clearButton = findElement('clear', HTMLButtonElement);
  readonly #display = new AnswerDisplay();
  readonly #input: SampleInput;
  readonly #models = new ModelList();
  readonly #panels = new AnswerPanels();
  #bundled: BrowserNetwork | undefined;
  #selected: SelectedModel | undefined;
  /** The bundled or the selected network. */
  #network: BrowserNetwork | undefined;
  #answer: Answer | undefined;
  #demonstration: Demonstration | undefined;
  #examples: ExampleButtons | undefined;
  #error = '';
  #visible = false;
  #loads = 0;
  #frame = 0;

  constructor() {
    const hosts = { pad: findElement('drawing'), numbers: findElement('numbers') };
    this.#input = new SampleInput(findElement('pad', HTMLCanvasElement), hosts, {
      onChange: () => this.#scheduleUpdate(),
      onPause: () => this.#announce(),
    });
    // Keyboard users draw on the pad as soon as it has the focus.
    findElement('pad').addEventListener('focus', () => this.#stopDemonstration());
    this.#undoButton.addEventListener('click', () => this.#input.pad.undo());
    this.#clearButton.addEventListener('click', () => this.#input.pad.clear());
    this.#compareButton.addEventListener('click', () => void this.#compare());
    const file = findElement('file', HTMLInputElement);
    file.addEventListener('change', () => {
      void this.#openImage(file.files?.[0]);
      file.value = '';
    });
    document.addEventListener('keydown', (event) => {
      if (this.#padVisible && isUndoKey(event)) this.#input.pad.undo();
    });
    document.addEventListener('paste', (event) => {
      if (this.#padVisible) void this.#openImage(event.clipboardData?.files[0]);
    });
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      if (this.#padVisible) void this.#openImage(event.dataTransfer?.files[0]);
    });
  }

  open(subject: string | undefined): void {
    this.#visible = true;
    this.#models.open(subject);
    void this.#load(subject);
  }

  close(): void {
    this.#visible = false;
    this.#stopDemonstration();
  }

  get #padVisible(): boolean {
    return this.#visible && this.#input.kind === 'pad';
  }

  /** A selected model is loaded again each time, because its job may have progressed. */
  async #load(subject: string | undefined): Promise<void> {
    const load = ++this.#loads;
    this.#removeSelected();
    this.#error = '';
    this.#section.classList.remove('unavailable');
    if (subject === undefined && this.#bundled !== undefined) {
      this.#network = this.#bundled;
      this.#input.usePad();
      return this.#finishLoading();
    }
    // The selected model may need another input than the pad.
    if (subject !== undefined && this.#bundled === undefined) {
      this.#section.classList.add('loading');
      this.#input.hide();
      showText(this.#origin, 'Loading the model…');
    }
    this.#network = undefined;
    this.#update();
    try {
      const selected =
        subject === undefined ? undefined : await (await import('./selected-model.ts')).loadSelectedModel(subject);
      if (selected === undefined) this.#bundled ??= await loadNetwork();
      const network = selected?.network ?? this.#bundled;
      if (network !== undefined && load === this.#loads) await this.#input.adapt(network.info);
      // The user selected another model while this one was loading.
      if (load !== this.#loads) return selected?.network.mlp.dispose();
      this.#selected = selected;
      this.#network = network;
    } catch (error) {
      if (load !== this.#loads) return;
      this.#error = `Could not load the model: ${errorMessage(error)}`;
      if (subject === undefined) this.#input.usePad();
      else this.#showUnavailable(subject);
    }
    if (subject !== undefined) this.#showOrigin();
    this.#finishLoading();
  }

  #removeSelected(): void {
    this.#selected?.network.mlp.dispose();
    this.#selected = undefined;
    this.#origin.replaceChildren();
    this.#origin.hidden = true;
  }

  #finishLoading(): void {
    this.#section.classList.remove('loading');
    if (this.#network !== undefined) this.#adapt(this.#network.info);
    this.#update();
    if (this.#error !== '') announce(this.#error);
    if (this.#network !== undefined && this.#network === this.#bundled) void this.#demonstrate(this.#network);
  }

  /** Without its model the view has neither an input nor an answer. */
  #showUnavailable(subject: string): void {
    this.#section.classList.add('unavailable');
    this.#input.hide();
    this.#setTitle(`Model ${subject.slice(0, MAX_TITLE)} not available`);
  }

  #setTitle(title: string): void {
    findElement('draw-title').textContent = title;
    document.title = `${title} – edge-mlp`;
  }

  #adapt(info: ModelInfo): void {
    const { spec, classes, targets } = info;
    const drawn = this.#input.kind === 'pad';
    const title = drawn && areDigits(classes) ? 'Draw a digit' : `Try ${this.#selected?.name}`;
    this.#setTitle(title);
    findElement('parameters').textContent = formatInteger(parameterCount(spec.layers));
    const verb = targets === undefined ? 'classifies' : 'predicts numbers from';
    findElement('doing').textContent =
      `${verb} ${drawn ? 'your drawing while you draw' : 'your values while you type'}`;
    findElement('seen-figure').hidden = !drawn;
    // The server can classify numbers only with a registered model; drawings are compared with its bundled one.
    this.#compareButton.hidden = !drawn && this.#selected?.registered === undefined;
    this.#display.adapt(info);
  }

  /** Shows above the input where the model comes from, or why it could not be loaded. */
  #showOrigin(): void {
    const link = createLink(formatRoute('draw'), 'Use the bundled model');
    this.#origin.replaceChildren(...(this.#selected?.description ?? [`${this.#error}. `]), link);
    this.#origin.hidden = false;
  }

  #showPanels(): void {
    const [network, answer] = [this.#network, this.#answer];
    const use = (other: BrowserNetwork) => {
      this.#network = other;
      this.#update();
    };
    this.#panels.show(network && answer && { network, answer, use });
  }

  #scheduleUpdate(): void {
    this.#stopDemonstration();
    this.#comparison.textContent = '';
    this.#undoButton.disabled = this.#clearButton.disabled = this.#input.empty;
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#update());
  }

  #announce(): void {
    cancelAnimationFrame(this.#frame);
    this.#update();
    announce(this.#display.text);
  }

  #update(): void {
    const { empty, kind } = this.#input;
    const hint = kind === 'pad' ? 'Nothing drawn yet' : 'No values entered yet';
    const { text, answer } =
      this.#network === undefined || empty
        ? { text: this.#error || (empty ? hint : 'Loading the model…'), answer: undefined }
        : this.#predict(this.#network);
    this.#answer = answer;
    this.#compareButton.disabled = answer === undefined;
    this.#display.show(text, answer);
    this.#showPanels();
  }

  #predict(network: BrowserNetwork): { text: string; answer: Answer | undefined } {
    try {
      const answer = answerSample(network, this.#input.read());
      return { text: describeAnswer(answer, network.info.classes), answer };
    } catch (error) {
      return { text: errorMessage(error), answer: undefined };
    }
  }

  /** Offers examples. On a page that was opened with the bundled model, digits draw themselves until the visitor draws. */
  async #demonstrate(network: BrowserNetwork): Promise<void> {
    if (this.#examples !== undefined) return;
    const [{ Demonstration }, { ExampleButtons }] = await Promise.all([
      import('./demonstration.ts'),
      import('./example-buttons.ts'),
    ]);
    this.#examples ??= new ExampleButtons(this.#input.pad);
    // The visitor has chosen another model before, or has started to draw.
    const waits = this.#loads === 1 && this.#input.empty && this.#padVisible;
    if (!waits || document.activeElement === findElement('pad')) return;
    this.#demonstration = new Demonstration(this.#input.pad, (strokes) => {
      const inputs = strokeInputs(strokes);
      const answer = answerSample(network, { raw: inputs, inputs });
      this.#display.show(describeAnswer(answer, network.info.classes), answer);
    });
  }

  #stopDemonstration(): void {
    if (this.#demonstration === undefined) return;
    this.#demonstration.stop();
    this.#demonstration = undefined;
    this.#update();
  }

  async #compare(): Promise<void> {
    const answer = this.#answer;
    if (answer === undefined) return;
    this.#comparison.textContent = 'Comparing…';
    const text = await import('./server-comparison.ts')
      .then(({ compareWithServer }) => {
        return compareWithServer(answer, this.#selected?.registered);
      })
      .catch((error: unknown) => `Comparison failed: ${errorMessage(error)}`);
    // Skipped if the drawing has changed since the request.
    if (this.#answer === answer) showAndAnnounce(this.#comparison, text);
  }

  async #openImage(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    try {
      this.#input.pad.showImage(await createImageBitmap(file));
    } catch {
      this.#display.show(`${file.name || 'The pasted file'} is not an image that this browser can read`, undefined);
      announce(this.#display.text);
    }
  }
}
