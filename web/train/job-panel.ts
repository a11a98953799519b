/** One job: where it stands, its curves as they grow, and what can be done with it. */
import { type Client, isOver, type Job, type JobEvent } from '../../src/client/index.ts';
import { element, say } from '../dom.ts';
import { DIGIT_SIDE } from '../pixels.ts';
import { formatRoute } from '../routes.ts';
import { clientUntil, describeTrouble, isFinal, wantsToken } from '../service.ts';
import { TokenField } from '../token-field.ts';
import { integer, percent, shortId } from '../words.ts';
import { Curves } from './curves.ts';
import { follow, type Watcher } from './follow.ts';
import { resultWords, shareDone, stateWords } from './state.ts';

/** A screen reader is told of epochs no more often. */
const SPOKEN_MS = 10_000;
/** So long it takes until the time that is left can be estimated. */
const MEASURED_MS = 1000;

interface Pace {
  readonly started: number;
  readonly share: number;
}

export class JobPanel {
  readonly #title = element('panel-title', HTMLElement);
  readonly #facts = element('panel-facts', HTMLElement);
  readonly #state = element('panel-state', HTMLElement);
  readonly #spoken = element('panel-spoken', HTMLElement);
  readonly #progress = element('panel-progress', HTMLProgressElement);
  readonly #result = element('panel-result', HTMLElement);
  readonly #problem = element('panel-problem', HTMLElement);
  readonly #tokenHost = element('panel-token', HTMLFormElement);
  readonly #token = new TokenField(this.#tokenHost, 'panel-token-input');
  readonly #try = element('panel-try', HTMLAnchorElement);
  readonly #cancel = element('panel-cancel', HTMLButtonElement);
  readonly #resume = element('panel-resume', HTMLButtonElement);
  readonly #download = element('panel-download', HTMLAnchorElement);
  readonly #again = element('panel-again', HTMLButtonElement);
  readonly #curves = new Curves();
  #signal: AbortSignal = AbortSignal.abort();
  #job: Job | undefined;
  #last = 0;
  #following = false;
  /** The step that the job was found at; until events reach it, they are its past. */
  #foundStep: number | undefined;
  #caughtUp = false;
  #pace: Pace | undefined;
  #lost = '';
  #frame = 0;
  #spokenAt = 0;
  #spokenStatus = '';

  constructor(again: (job: Job) => void) {
    this.#cancel.addEventListener('click', () => void this.#change((client, id) => client.jobs.cancel(id)));
    this.#resume.addEventListener('click', () => void this.#change((client, id) => client.jobs.resume(id)));
    this.#tokenHost.addEventListener('submit', (event) => event.preventDefault());
    this.#again.addEventListener('click', () => this.#job !== undefined && again(this.#job));
  }

  /** Shows the job and follows it, until `signal` is aborted. */
  open(id: string, signal: AbortSignal): void {
    this.#signal = signal;
    this.#job = undefined;
    this.#last = 0;
    this.#foundStep = undefined;
    this.#caughtUp = false;
    this.#pace = undefined;
    this.#lost = '';
    this.#spokenStatus = '';
    this.#spoken.textContent = '';
    this.#curves.reset();
    this.#title.textContent = `Job ${shortId(id)}`;
    this.#facts.textContent = '';
    this.#state.textContent = 'Loading …';
    for (const each of [this.#result, this.#problem, this.#progress, this.#tokenHost]) each.hidden = true;
    this.#showTools();
    void this.#follow(id);
  }

  async #follow(id: string): Promise<void> {
    const signal = this.#signal;
    const watcher: Watcher = {
      knows: (job) => this.#knows(job),
      told: (event) => this.#told(event),
      lost: (error) => this.#isLost(error),
    };
    this.#following = true;
    try {
      await follow(id, watcher, signal, this.#last);
    } catch (error) {
      if (signal.aborted) return;
      this.#state.textContent = isFinal(error) ? 'There is nothing to show' : 'Not followed any more';
      say(this.#problem, describeTrouble(error));
    }
    this.#following = false;
  }

  #knows(job: Job): void {
    this.#lost = '';
    this.#foundStep ??= job.progress?.step ?? 0;
    this.#caughtUp ||= this.#foundStep === 0;
    for (const metrics of job.history) this.#curves.curve.addEpoch(metrics);
    this.#job = job;
    this.#redraw();
  }

  #told(event: JobEvent): void {
    this.#last = event.id;
    const job = this.#job;
    if (job === undefined) return;
    if (event.type === 'epoch') this.#curves.curve.addEpoch(event.metrics);
    else if (event.type === 'progress') this.#advance(job, event);
    // What is told from its beginning on would make a job that is over run once more.
    else if (this.#caughtUp && !isOver(job.state)) this.#job = { ...job, state: event.state };
    this.#redraw();
  }

  #advance(job: Job, progress: Extract<JobEvent, { type: 'progress' }>): void {
    this.#curves.curve.addProgress(progress);
    const past = !this.#caughtUp && progress.step <= (this.#foundStep ?? 0);
    this.#caughtUp ||= progress.step >= (this.#foundStep ?? 0);
    if (past || isOver(job.state)) return;
    this.#job = { ...job, progress, state: { status: 'running' } };
    this.#pace ??= { started: performance.now(), share: shareDone(this.#job) };
  }

  #isLost(error: unknown): void {
    this.#lost = `${describeTrouble(error)}. Trying again …`;
    say(this.#result, this.#lost);
  }

  async #change(work: (client: Client, id: string) => Promise<Job>): Promise<void> {
    const [job, signal] = [this.#job, this.#signal];
    if (job === undefined) return;
    say(this.#problem, '');
    this.#tokenHost.hidden = true;
    this.#cancel.disabled = this.#resume.disabled = true;
    try {
      const changed = await work(clientUntil(signal), job.id);
      this.#pace = undefined;
      this.#knows(changed);
      if (!isOver(changed.state) && !this.#following) void this.#follow(job.id);
    } catch (error) {
      if (signal.aborted) return;
      say(this.#problem, describeTrouble(error));
      this.#tokenHost.hidden = !wantsToken(error);
      if (wantsToken(error)) this.#token.focus();
    } finally {
      this.#cancel.disabled = this.#resume.disabled = false;
    }
  }

  /** However many events there are: once in a frame. */
  #redraw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(
      () => this.#job !== undefined && !this.#signal.aborted && this.#draw(this.#job),
    );
  }

  #draw(job: Job): void {
    const { spec, layers, parameters, progress, state } = job;
    const facts = [
      `${spec.data}: ${layers.join('-')}, ${integer(parameters)} weights`,
      `learning rate ${spec.learningRate}, batch size ${spec.batchSize}, seed ${spec.seed}`,
      ...(spec.from === undefined ? [] : [`from ${spec.from}`]),
    ];
    this.#facts.textContent = facts.join('; ');
    this.#state.textContent = stateWords(job, this.#secondsLeft(job));
    this.#state.className = `result ${state.status}`;
    this.#progress.hidden = state.status === 'failed' && progress === null;
    this.#progress.value = shareDone(job);
    this.#result.className = state.status === 'failed' ? 'notice bad' : 'notice';
    say(this.#result, this.#lost || resultWords(job));
    this.#showTools(job);
    if (progress !== null) this.#curves.show();
    this.#speak(job);
  }

  #secondsLeft(job: Job): number | undefined {
    if (this.#pace === undefined || job.state.status !== 'running') return undefined;
    const elapsed = performance.now() - this.#pace.started;
    const done = shareDone(job) - this.#pace.share;
    if (elapsed < MEASURED_MS || done <= 0) return undefined;
    return ((1 - shareDone(job)) / done) * (elapsed / 1000);
  }

  #showTools(job?: Job): void {
    const status = job?.state.status;
    const begun = job !== undefined && job.progress !== null;
    const over = job !== undefined && isOver(job.state);
    this.#try.hidden = !begun;
    const whole = job?.layers[0] === DIGIT_SIDE ** 2 ? 'Try it on the pad' : 'Try it';
    this.#try.textContent = status === 'succeeded' ? whole : 'Try it as far as it has come';
    this.#cancel.hidden = job === undefined || over;
    this.#resume.hidden = !canResume(job);
    this.#download.hidden = !begun;
    // The form has no place for a model to begin with: filled in without it, it would start another job.
    this.#again.hidden = !over || job.spec.from !== undefined;
    if (job === undefined) return;
    this.#try.href = formatRoute('draw', job.id);
    this.#download.href = `/jobs/${job.id}/model`;
  }

  /** Changes of state at once, epochs now and then. */
  #speak(job: Job): void {
    const state = [stateWords(job), resultWords(job)].filter((text) => text !== '').join('. ');
    const changed = this.#spokenStatus !== job.state.status;
    if (!changed && performance.now() - this.#spokenAt < SPOKEN_MS) return;
    this.#spokenStatus = job.state.status;
    this.#spokenAt = performance.now();
    const accuracy = job.state.status === 'running' ? this.#curves.curve.latest('accuracy').validation : null;
    const measured = accuracy === null ? '' : `, ${percent(accuracy)} of the validation samples are right`;
    this.#spoken.textContent = `${state}${measured}`;
  }
}

function canResume(job: Job | undefined): boolean {
  if (job === undefined) return false;
  const { state } = job;
  return state.status === 'cancelled' || (state.status === 'failed' && state.code !== 'diverged');
}
