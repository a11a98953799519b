/** One learner: the input, the prediction, the taught examples and the learner's actions. */
import { ClientError } from '../../src/client/index.ts';
import { errorMessage } from '../../src/core/errors.ts';
import type { Prediction } from '../../src/core/mlp.ts';
import { announce } from '../announcer.ts';
import { dismissConfirmation } from '../confirm-dialog.ts';
import { createLink, findElement, keepFocus } from '../dom.ts';
import { areDigits, formatCount, shortenId } from '../format.ts';
import { isUndoKey } from '../inputs/drawing-pad.ts';
import type { Sample } from '../inputs/sample.ts';
import { SampleInput } from '../inputs/sample-input.ts';
import { RequestRunner } from '../request-runner.ts';
import { formatRoute } from '../routes.ts';
import { describeError } from '../service.ts';
import { ExampleList } from './example-list.ts';
import { LearnerActions } from './learner-actions.ts';
import { LearnerSession, storedLearner } from './learner-session.ts';
import { describeChange, describeLearner } from './messages.ts';
import { PredictionPanel, type Reading } from './prediction-panel.ts';

export class LearnerPanel {
  readonly #host = findElement('teach-learner');
  readonly #title = findElement('teach-title');
  readonly #missing = findElement('teach-gone');
  readonly #facts = findElement('teach-facts');
  readonly #count = findElement('teach-count');
  readonly #errors = findElement('teach-example-errors');
  readonly #pad = findElement('teach-pad', HTMLCanvasElement);
  readonly #undo = findElement('teach-undo', HTMLButtonElement);
  readonly #undoStroke = findElement('teach-stroke', HTMLButtonElement);
  readonly #clear = findElement('teach-clear', HTMLButtonElement);
  readonly #requests: RequestRunner;
  readonly #prediction: PredictionPanel;
  readonly #examples = new ExampleList();
  readonly #actions: LearnerActions;
  readonly #input: SampleInput;
  #session: LearnerSession | undefined;
  /** The session whose inputs and classes the panel shows. */
  #adaptedTo: LearnerSession | undefined;
  #sample: Sample | undefined;
  #inputError = '';
  #reading: Reading | undefined;
  /** The prediction before the sample was taught. */
  #before: Prediction | undefined;
  #visible = false;
  #frame = 0;

  constructor() {
    this.#requests = new RequestRunner('teach', {
      onBusyChange: () => this.#show(),
      onError: (error) => this.#handleError(error),
      focusTargets: () => this.#focusTargets,
    });
    this.#prediction = new PredictionPanel({
      onConfirm: () => this.#confirm(),
      onCorrect: (label) => void this.#teach(label),
    });
    this.#actions = new LearnerActions(this.#requests, () => this.#showRemoval('All examples forgotten.'));
    const hosts = { pad: findElement('teach-drawing'), numbers: findElement('teach-numbers') };
    this.#input = new SampleInput(this.#pad, hosts, {
      onChange: () => this.#scheduleRead(),
      onPause: () => this.#announce(),
    });
    this.#undo.addEventListener('click', ({ detail }) => detail < 2 && void this.#undoExample());
    this.#undoStroke.addEventListener('click', () => this.#input.pad.undo());
    this.#clear.addEventListener('click', () => this.#input.pad.clear());
    document.addEventListener('keydown', (event) => {
      if (this.#visible && this.#input.kind === 'pad' && isUndoKey(event)) this.#input.pad.undo();
      else this.#handleKey(event);
    });
  }

  /** Keeps the drawing and the list of examples if the learner is already open. */
  open(id: string): void {
    this.#visible = true;
    const session = this.#session?.id === id ? this.#session : this.#startSession(id);
    void this.#requests.run(async () => {
      await session.load();
      await this.#adapt(session);
      if (storedLearner.get() === undefined) storedLearner.set(id);
    }, this.#errors);
  }

  close(): void {
    this.#visible = false;
    dismissConfirmation();
  }

  #startSession(id: string): LearnerSession {
    this.#session?.dispose();
    const session = new LearnerSession(id);
    this.#session = session;
    this.#requests.reset();
    this.#actions.open(session);
    this.#missing.hidden = true;
    this.#host.classList.remove('gone');
    // The model decides the input: its place is not known before.
    this.#host.classList.add('loading');
    this.#title.textContent = `Learner ${shortenId(id)}`;
    this.#facts.textContent = 'Loading…';
    this.#input.pad.clear();
    this.#input.hide();
    this.#prediction.showChange('');
    return session;
  }

  /** Shows the inputs and classes of the session's network. */
  async #adapt(session: LearnerSession): Promise<void> {
    const info = session.network?.info;
    if (info === undefined || session !== this.#session || session === this.#adaptedTo) return;
    await this.#input.adapt(info);
    this.#adaptedTo = session;
    this.#prediction.setClasses(info.classes);
    this.#readSample();
  }

  #scheduleRead(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#readSample());
  }

  #announce(): void {
    cancelAnimationFrame(this.#frame);
    this.#readSample();
    if (!this.#input.empty) this.#prediction.announceResult();
  }

  #readSample(): void {
    this.#before = undefined;
    this.#inputError = '';
    this.#prediction.showChange('');
    try {
      this.#sample = this.#input.empty ? undefined : this.#input.read();
    } catch (error) {
      this.#sample = undefined;
      this.#inputError = errorMessage(error);
    }
    this.#predict();
  }

  #predict(): void {
    const [network, sample] = [this.#session?.network, this.#sample];
    const { busy } = this.#requests;
    const focused = document.activeElement;
    this.#reading = network && sample && { sample, prediction: network.mlp.predict(sample.inputs) };
    const hint = this.#inputError || (network === undefined && busy ? 'Loading…' : this.#hint);
    this.#prediction.show(this.#reading, hint, busy, this.#before);
    this.#undoStroke.disabled = this.#clear.disabled = this.#input.empty;
    // At the end of a request the focus returns to its control.
    if (!busy) keepFocus(focused, ...this.#focusTargets);
  }

  /** The pad, or the title: a field for a value would open the keyboard of a phone. */
  get #focusTargets(): readonly HTMLElement[] {
    return [this.#pad, this.#title];
  }

  get #hint(): string {
    if (this.#input.kind !== 'pad') return 'No values entered yet';
    return areDigits(this.#session?.learner?.classes ?? []) ? 'Draw a digit' : 'Draw something';
  }

  #show(): void {
    const session = this.#session;
    if (session === undefined) return;
    const { learner } = session;
    const { busy } = this.#requests;
    this.#host.ariaBusy = String(busy);
    if (learner !== undefined) {
      this.#facts.textContent = describeLearner(learner);
      this.#count.textContent = formatCount(learner.examples, 'example');
    }
    this.#undo.disabled = busy || (learner?.examples ?? 0) === 0;
    this.#actions.show(busy);
    this.#predict();
    if (busy) return;
    this.#host.classList.remove('loading');
    this.#examples.show(session, this.#input.kind === 'pad');
  }

  async #teach(label: number): Promise<void> {
    const [session, reading] = [this.#session, this.#reading];
    if (session === undefined || reading === undefined) return;
    const { sample, prediction: before } = reading;
    await this.#requests.run(async () => {
      await session.teach(sample, label);
      storedLearner.set(session.id);
      if (session !== this.#session || session.network === undefined) return;
      // Not if the user changed the input while the request was running.
      if (this.#sample === sample) {
        this.#input.pad.finish();
        this.#before = before;
      }
      const { info, mlp } = session.network;
      const { summary, details } = describeChange({ label, before }, mlp.predict(sample.inputs), info.classes);
      this.#prediction.showChange(summary, `${details} Wrong label? Undo the example.`);
    }, this.#errors);
  }

  async #undoExample(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    await this.#requests.run(async () => {
      await session.undo();
      if (session === this.#session) this.#showRemoval('Last example undone.');
    }, this.#errors);
  }

  /** After an undo or a reset the current sample can be taught again. */
  #showRemoval(message: string): void {
    this.#before = undefined;
    this.#input.pad.resume();
    this.#prediction.showChange(message);
  }

  /** Correct predictions are not taught: the learning rates were chosen for corrections. */
  #confirm(): void {
    const drawn = this.#input.kind === 'pad';
    if (drawn) this.#input.pad.clear();
    const next = drawn ? 'Make the next drawing.' : 'Enter the next values.';
    this.#prediction.showChange('Correct. Only wrong predictions are taught.', next);
  }

  /** Keys of one-character classes label the drawing, except in form fields and while a dialog is open. */
  #handleKey({ key, target, repeat, ctrlKey, metaKey, altKey }: KeyboardEvent): void {
    if (!this.#visible || repeat || ctrlKey || metaKey || altKey || key.length !== 1) return;
    if (target instanceof Element && target.closest('input, select, textarea, dialog') !== null) return;
    const classes = this.#input.kind === 'pad' ? this.#session?.network?.info.classes : undefined;
    const label = classes?.findIndex((name) => name.toLowerCase() === key.toLowerCase()) ?? -1;
    if (label >= 0) void this.#teach(label);
  }

  /** A missing learner (404) replaces the panel by a message. */
  #handleError(error: unknown): boolean {
    this.#prediction.showChange('');
    const session = this.#session;
    if (session === undefined || !(error instanceof ClientError) || error.status !== 404) return false;
    storedLearner.remove(session.id);
    this.#host.classList.add('gone');
    const link = createLink(formatRoute('teach', 'new'), 'Create a new learner');
    this.#missing.replaceChildren(`${describeError(error)}. `, link);
    this.#missing.hidden = false;
    announce(this.#missing.textContent);
    return true;
  }
}
