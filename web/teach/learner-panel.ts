/** One learner: a pad to draw on, or fields for numbers, what it takes them for, and what it is told. */
import { ClientError } from '../../src/client/index.ts';
import { errorMessage } from '../../src/core/errors.ts';
import type { Prediction } from '../../src/core/mlp.ts';
import { element, link } from '../dom.ts';
import type { Sample } from '../inputs/sample.ts';
import { SampleInput } from '../inputs/sample-input.ts';
import { formatRoute } from '../routes.ts';
import { describeTrouble } from '../service.ts';
import { areDigits, formatCount, shortId } from '../words.ts';
import { LearnerCare } from './care.ts';
import { Changes } from './changes.ts';
import { Guess, type Reading } from './guess.ts';
import { kept } from './kept.ts';
import { LessonsList } from './lessons-list.ts';
import { Pupil } from './pupil.ts';
import { dismissConfirmation } from './question.ts';
import { describeChange, factsWords } from './words.ts';

export class LearnerPanel {
  readonly #host = element('teach-learner', HTMLElement);
  readonly #gone = element('teach-gone', HTMLElement);
  readonly #facts = element('teach-facts', HTMLElement);
  readonly #count = element('teach-count', HTMLElement);
  readonly #undo = element('teach-undo', HTMLButtonElement);
  readonly #stroke = element('teach-stroke', HTMLButtonElement);
  readonly #clear = element('teach-clear', HTMLButtonElement);
  readonly #changes: Changes;
  readonly #guess: Guess;
  readonly #lessons = new LessonsList();
  readonly #care: LearnerCare;
  readonly #input: SampleInput;
  #pupil: Pupil | undefined;
  /** Whose inputs and classes are shown. */
  #adapted: Pupil | undefined;
  #sample: Sample | undefined;
  /** Why what is given is no sample. */
  #unreadable = '';
  #reading: Reading | undefined;
  /** What was said of the sample before it was taught. */
  #before: Prediction | undefined;
  #visible = false;
  #frame = 0;

  constructor() {
    this.#changes = new Changes({ changed: () => this.#show(), failed: (error) => this.#failed(error) });
    this.#guess = new Guess({ right: () => this.#confirm(), label: (label) => void this.#teach(label) });
    this.#care = new LearnerCare(this.#changes, () => this.#untaught('It has forgotten all examples.'));
    const hosts = { pad: element('teach-drawing', HTMLElement), numbers: element('teach-numbers', HTMLElement) };
    this.#input = new SampleInput(element('teach-pad', HTMLCanvasElement), hosts, {
      changed: () => this.#changed(),
      paused: () => this.#paused(),
    });
    this.#undo.addEventListener('click', ({ detail }) => detail < 2 && void this.#undoExample());
    this.#stroke.addEventListener('click', () => this.#input.undo());
    this.#clear.addEventListener('click', () => this.#input.clear());
    document.addEventListener('keydown', (event) => this.#key(event));
  }

  /** What was drawn and taught stays where the learner is the same. */
  open(id: string): void {
    this.#visible = true;
    if (this.#pupil?.id !== id) this.#begin(id);
    const pupil = this.#pupil;
    if (pupil === undefined) return;
    void this.#changes.run(async () => {
      await pupil.load();
      await this.#adapt(pupil);
      if (kept.get() === undefined) kept.set(id);
    });
  }

  close(): void {
    this.#visible = false;
    dismissConfirmation();
  }

  /** Ways to give samples, and names to teach, that suit its network. */
  async #adapt(pupil: Pupil): Promise<void> {
    const info = pupil.network?.info;
    if (info === undefined || pupil !== this.#pupil || pupil === this.#adapted) return;
    await this.#input.adapt(info);
    this.#adapted = pupil;
    this.#guess.name(info.classes);
    this.#look();
  }

  #begin(id: string): void {
    this.#pupil?.dispose();
    this.#pupil = new Pupil(id);
    this.#changes.begin();
    this.#care.open(this.#pupil);
    this.#gone.hidden = true;
    this.#host.classList.remove('gone');
    element('teach-title', HTMLElement).textContent = `Learner ${shortId(id)}`;
    this.#facts.textContent = '';
    this.#input.clear();
    this.#input.hide();
    this.#guess.tell('');
  }

  #changed(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#look());
  }

  #paused(): void {
    cancelAnimationFrame(this.#frame);
    this.#look();
    if (!this.#input.empty) this.#guess.speak();
  }

  /** Takes what is given. */
  #look(): void {
    this.#before = undefined;
    this.#unreadable = '';
    this.#guess.tell('');
    try {
      this.#sample = this.#input.empty ? undefined : this.#input.read();
    } catch (error) {
      this.#sample = undefined;
      this.#unreadable = errorMessage(error);
    }
    this.#read();
  }

  #read(): void {
    const [network, sample] = [this.#pupil?.network, this.#sample];
    this.#reading =
      network === undefined || sample === undefined
        ? undefined
        : { sample, prediction: network.predict(sample.inputs) };
    this.#showGuess();
  }

  #showGuess(): void {
    const { busy } = this.#changes;
    const waiting = this.#pupil?.network === undefined && busy ? 'Loading …' : this.#invitation;
    this.#guess.show(this.#reading, this.#unreadable || waiting, { busy, before: this.#before });
    this.#stroke.disabled = this.#clear.disabled = this.#input.empty;
  }

  get #invitation(): string {
    if (this.#input.kind !== 'pad') return 'No numbers yet';
    return areDigits(this.#pupil?.learner?.classes ?? []) ? 'Draw a digit in your own hand' : 'Draw in your own hand';
  }

  /** All that depends on the learner. */
  #show(): void {
    const pupil = this.#pupil;
    if (pupil === undefined) return;
    const { learner } = pupil;
    const { busy } = this.#changes;
    this.#host.ariaBusy = String(busy);
    if (learner !== undefined) {
      this.#facts.textContent = factsWords(learner);
      this.#count.textContent = formatCount(learner.examples, 'example');
    }
    this.#undo.disabled = busy || (learner?.examples ?? 0) === 0;
    this.#care.show(busy);
    this.#read();
    if (!busy) this.#lessons.show(pupil, this.#input.kind === 'pad');
  }

  async #teach(label: number): Promise<void> {
    const [pupil, reading] = [this.#pupil, this.#reading];
    if (pupil === undefined || reading === undefined) return;
    const { sample, prediction: before } = reading;
    await this.#changes.run(async () => {
      await pupil.teach(sample, label);
      kept.set(pupil.id);
      if (pupil !== this.#pupil || pupil.network === undefined) return;
      // Whoever was faster than the service is at the next sample.
      if (this.#sample === sample) {
        this.#input.finish();
        this.#before = before;
      }
      const { info } = pupil.network;
      const after = pupil.network.predict(sample.inputs);
      const { verdict, change } = describeChange({ label, before }, after, info.classes);
      this.#guess.tell(verdict, `${change} A wrong click? Undo takes it back.`);
    });
  }

  async #undoExample(): Promise<void> {
    const pupil = this.#pupil;
    if (pupil === undefined) return;
    await this.#changes.run(async () => {
      await pupil.undo();
      if (pupil === this.#pupil) this.#untaught('Undone: it is as if that example had never been.');
    });
  }

  #untaught(happened: string): void {
    this.#before = undefined;
    this.#input.resume();
    this.#guess.tell(happened);
  }

  /** Of what was right there is nothing to learn: wrong guesses alone were what its rates were chosen for. */
  #confirm(): void {
    const drawn = this.#input.kind === 'pad';
    if (drawn) this.#input.clear();
    this.#guess.tell('Good: nothing to learn from that.', drawn ? 'Draw the next one.' : 'Give it the next one.');
  }

  #key({ key, target, repeat, ctrlKey, metaKey, altKey }: KeyboardEvent): void {
    if (!this.#visible || repeat || ctrlKey || metaKey || altKey) return;
    // What is written into a field is no label, and a question comes first.
    if (target instanceof Element && target.closest('input, select, textarea, dialog') !== null) return;
    const label =
      key.length === 1 && this.#input.kind === 'pad' ? (this.#pupil?.network?.info.classes ?? []).indexOf(key) : -1;
    if (label >= 0) void this.#teach(label);
  }

  /** Where the learner is gone, there is no more to be done with it. */
  #failed(error: unknown): boolean {
    // What was said before is not the answer to what was asked now.
    this.#guess.tell('');
    const pupil = this.#pupil;
    if (pupil === undefined || !(error instanceof ClientError) || error.status !== 404) return false;
    kept.forget(pupil.id);
    this.#host.classList.add('gone');
    this.#gone.replaceChildren(`${describeTrouble(error)}. `, link(formatRoute('teach', 'new'), 'Begin a new learner'));
    this.#gone.hidden = false;
    return true;
  }
}
