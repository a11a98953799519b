/** Corrects the answer to the visitor's sample, and lists the corrections that this browser keeps. */
import type { Labels } from '../../src/core/dataset.ts';
import { announce } from '../announcer.ts';
import { type Answer, answerSample, describeAnswer } from '../answers/answer.ts';
import type { AnsweredSample } from '../answers/answered-sample.ts';
import { createButton, createElement, createLink, showText } from '../dom.ts';
import { areDigits, formatCount } from '../format.ts';
import type { BrowserNetwork } from '../network.ts';
import { formatRoute, parseRoute } from '../routes.ts';
import { CorrectionSession, MAX_CORRECTIONS } from './correction-session.ts';
import './correction.css';
import { createLabelChoice, type LabelChoice } from './label-choice.ts';
import { createThumbnails } from './thumbnails.ts';

/** Probability from which an answer is not corrected to the same class. */
const SURE = 0.9;

export class CorrectionPanel {
  readonly #host: HTMLElement;
  readonly #question = Object.assign(createElement('p'), { id: 'correction-question', className: 'question' });
  readonly #choices = createElement('div');
  readonly #outcome = Object.assign(createElement('p'), { className: 'outcome' });
  readonly #problem = Object.assign(createElement('p'), { className: 'problem' });
  readonly #kept = Object.assign(createElement('div'), { className: 'kept' });
  readonly #pictures = createElement('div');
  readonly #count = Object.assign(createElement('p'), { className: 'help' });
  readonly #undo = createButton('Undo', () => void this.#change('undo'), 'Undo the last correction');
  readonly #pause = createButton('Pause', () => void this.#change('pause'));
  readonly #forget = createButton('Forget', () => void this.#change('forget'), 'Forget all corrections');
  #choice: LabelChoice | undefined;
  #session: CorrectionSession | undefined;
  /** Resolves when the session has learned the kept corrections. */
  #opened = Promise.resolve();
  #subject: AnsweredSample | undefined;
  /** The inputs that the outcome is about. */
  #outcomeInputs = '';

  constructor(host: HTMLElement) {
    this.#host = host;
    host.classList.add('correction');
    this.#choices.role = 'group';
    this.#choices.setAttribute('aria-labelledby', this.#question.id);
    const tools = Object.assign(createElement('div', this.#undo, this.#pause, this.#forget), { className: 'tools' });
    this.#kept.append(this.#pictures, tools, this.#count);
    host.replaceChildren(this.#question, this.#choices, this.#outcome, this.#problem, this.#kept, createHelp());
    document.addEventListener('keydown', (event) => this.#handleKey(event));
  }

  show(subject: AnsweredSample): void {
    this.#subject = subject;
    const { network, answer } = subject;
    if (!this.#session?.has(network)) this.#open(network);
    if (describeInputs(answer) !== this.#outcomeInputs) showText(this.#outcome, '');
    if (this.#answerAgain()) return;
    const marked = 'prediction' in answer && answer.recognized ? answer.prediction.label : undefined;
    this.#choice?.mark(marked);
  }

  #open(base: BrowserNetwork): void {
    this.#session?.dispose();
    const name = parseRoute(location.hash).subject?.split('@')[0] ?? 'the bundled model';
    const session = new CorrectionSession(base, name, () => session === this.#session && this.#render());
    this.#session = session;
    const { classes, targets } = base.info;
    const question =
      areDigits(classes) || classes.every(({ length }) => length === 1) ? 'Wrong? It’s a …' : 'Wrong? It is …';
    this.#question.textContent = targets === undefined ? question : 'Wrong? The right value is …';
    this.#choice = createLabelChoice(base.info, (labels) => void this.#correct(labels));
    this.#choices.replaceChildren(this.#choice.element);
    this.#opened = session.open().then(() => void this.#answerAgain());
  }

  /** Makes the view use the network of the session. Not while it hides this panel: it may have another model by then. */
  #answerAgain(): boolean {
    const [session, subject] = [this.#session, this.#subject];
    if (this.#host.hidden || !session || !subject || !session.has(subject.network)) return false;
    if (subject.network === session.network) return false;
    subject.use(session.network);
    return true;
  }

  async #correct(labels: Labels): Promise<void> {
    const [session, answer] = [this.#session, this.#subject?.answer];
    if (session === undefined || answer === undefined) return;
    const label = 'prediction' in answer ? labels[0] : undefined;
    if (session.corrections.length >= MAX_CORRECTIONS)
      return this.#tell(answer, `${MAX_CORRECTIONS} corrections are the limit. Undo or forget some first.`);
    if (isSure(answer, label))
      return this.#tell(answer, 'The network is sure of that already. Only wrong answers are learned.');
    this.#tell(answer, 'Learning…');
    await this.#opened;
    if (session.busy) return;
    const before = session.corrections.length;
    await session.correct({ inputs: answer.sample.inputs.slice(), labels });
    // The visitor selected another model meanwhile.
    if (session !== this.#session) return;
    if (session.corrections.length === before) return this.#tell(answer, '');
    const now = answerSample(session.network, answer.sample);
    const text = describeAnswer(now, session.base.info.classes);
    const learned = 'values' in now || answersWith(now, label);
    this.#tell(answer, learned ? `Learned. ${text}` : `Learned, but not enough yet: ${text}. Correct it again.`);
    this.#update();
  }

  async #change(change: 'undo' | 'pause' | 'forget'): Promise<void> {
    const [session, answer] = [this.#session, this.#subject?.answer];
    if (session === undefined || answer === undefined || session.busy) return;
    const paused = !session.paused;
    await (change === 'pause' ? session.pause(paused) : session[change]());
    if (session !== this.#session) return;
    const done = {
      undo: 'Last correction undone',
      forget: 'All corrections forgotten',
      pause: paused ? 'Answer without your corrections' : 'Answer with your corrections',
    }[change];
    const now = describeAnswer(answerSample(session.network, answer.sample), session.base.info.classes);
    this.#tell(answer, `${done}. ${now}`);
    this.#update();
    // The button that was pressed may be hidden now.
    if (session.corrections.length === 0) this.#choice?.focus();
  }

  #update(): void {
    this.#answerAgain();
    this.#render();
  }

  #tell(answer: Answer, text: string): void {
    this.#outcomeInputs = describeInputs(answer);
    showText(this.#outcome, text);
    announce(text);
  }

  #render(): void {
    const session = this.#session;
    if (session === undefined) return;
    const { corrections, retention, paused, busy, problem } = session;
    this.#host.ariaBusy = String(busy);
    showText(this.#problem, problem);
    this.#kept.hidden = corrections.length === 0;
    this.#kept.classList.toggle('paused', paused);
    this.#pictures.replaceChildren(...createThumbnails(session));
    this.#pause.textContent = paused ? 'Use again' : 'Pause';
    this.#pause.ariaLabel = paused ? 'Use your corrections again' : 'Pause: answer without your corrections';
    const count = `${formatCount(corrections.length, 'correction')} kept in this browser`;
    const check =
      retention && ` Generated test digits read: ${retention.now} of ${retention.samples}, before ${retention.before}.`;
    this.#count.textContent = `${count}${paused ? ', not used now' : ''}.${check ?? ''}`;
  }

  /** Keys of one-character classes correct the answer while the pad or a button of this panel has the focus. */
  #handleKey({ key, target, repeat, ctrlKey, metaKey, altKey }: KeyboardEvent): void {
    if (this.#host.hidden || repeat || ctrlKey || metaKey || altKey || key.length !== 1) return;
    const inside = target instanceof HTMLButtonElement && this.#host.contains(target);
    if (!inside && !(target instanceof HTMLCanvasElement)) return;
    if (this.#host.closest('[hidden]') !== null) return;
    const label = this.#session?.base.info.classes.indexOf(key) ?? -1;
    if (label >= 0) void this.#correct(Uint16Array.of(label));
  }
}

function answersWith(answer: Answer, label: number | undefined): boolean {
  return 'prediction' in answer && answer.recognized && answer.prediction.label === label;
}

/** Confident answers are not learned again: the learning rate was chosen for corrections. */
function isSure(answer: Answer, label: number | undefined): boolean {
  return 'prediction' in answer && answersWith(answer, label) && Math.max(...answer.prediction.probabilities) >= SURE;
}

function describeInputs({ sample }: Answer): string {
  return sample.raw.join();
}

function createHelp(): HTMLElement {
  const link = createLink(formatRoute('teach', 'new'), 'Teach a shared learner');
  const help = createElement('p', 'The network learns in your browser. Nothing is sent. ', link);
  return Object.assign(help, { className: 'help' });
}
