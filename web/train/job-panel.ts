/** One job: its status, its growing curves, and its actions. */
import { isOver, type Job, type JobEvent } from '../../src/client/index.ts';
import { announce } from '../announcer.ts';
import { findElement, keepFocus, showText } from '../dom.ts';
import { formatInteger, shortenId } from '../format.ts';
import { openJobs } from '../local/job-store.ts';
import type { JobStore } from '../local/local-jobs.ts';
import { isLocal } from '../local/local-run.ts';
import { RequestRunner } from '../request-runner.ts';
import { describeError, isPermanent } from '../service.ts';
import { followJob, waitForResumption } from './follow-job.ts';
import { JobCharts } from './job-charts.ts';
import { JobEvaluation } from './job-evaluation.ts';
import { JobModel } from './job-model.ts';
import { JobPlane } from './job-plane.ts';
import {
  canResume,
  computeProgress,
  describeEpoch,
  describeResult,
  describeStatus,
  describeValidation,
  describeWarning,
} from './job-status.ts';

/** Minimum interval between two announcements of a running job to screen readers. */
const ANNOUNCE_MS = 10_000;
/** The remaining time is estimated after this much progress was observed. */
const MIN_ESTIMATE_MS = 1000;

/** State of the job that the panel shows. */
class JobView {
  job: Job | undefined;
  lastEvent = 0;
  /** The job's step when it was opened. Events up to this step are history. */
  initialStep: number | undefined;
  caughtUp = false;
  /** When progress was first observed, for the estimate of the remaining time. */
  pace: { readonly started: number; readonly share: number } | undefined;
  announcedAt = 0;
  announcedStatus = '';
}

export class JobPanel {
  readonly #facts = findElement('panel-facts');
  readonly #status = findElement('panel-state');
  readonly #progress = findElement('panel-progress', HTMLProgressElement);
  readonly #result = findElement('panel-result');
  readonly #connection = findElement('panel-connection');
  readonly #title = findElement('panel-title');
  readonly #actions = findElement('panel-actions');
  readonly #cancel = findElement('panel-cancel', HTMLButtonElement);
  readonly #resume = findElement('panel-resume', HTMLButtonElement);
  readonly #copy = findElement('panel-again');
  readonly #charts = new JobCharts();
  readonly #requests = new RequestRunner('panel', {
    onBusyChange: () => this.#showActions(this.#view.job),
    focusTargets: () => this.#focusTargets,
  });
  readonly #model = new JobModel(this.#requests);
  readonly #evaluation = new JobEvaluation();
  readonly #plane = new JobPlane();
  #signal: AbortSignal = AbortSignal.abort();
  #view = new JobView();
  #following = false;
  #frame = 0;

  constructor(onCopyOptions: (job: Job) => void) {
    this.#cancel.addEventListener('click', () => void this.#change((jobs, id) => jobs.cancel(id)));
    this.#resume.addEventListener('click', () => void this.#change((jobs, id) => jobs.resume(id)));
    this.#copy.addEventListener('click', () => this.#view.job !== undefined && onCopyOptions(this.#view.job));
  }

  /** Shows and follows the job until `signal` is aborted. */
  open(id: string, signal: AbortSignal): void {
    this.#signal = signal;
    this.#view = new JobView();
    this.#charts.reset();
    this.#requests.reset();
    this.#evaluation.open(id);
    this.#plane.close();
    this.#title.textContent = `Training job ${shortenId(id)}`;
    this.#facts.textContent = '';
    this.#status.textContent = 'Loading…';
    for (const each of [this.#result, this.#connection, this.#progress]) each.hidden = true;
    this.#showActions();
    void this.#follow(id);
  }

  async #follow(id: string): Promise<void> {
    const signal = this.#signal;
    const observer = {
      onJob: (job: Job) => this.#setJob(job),
      onEvent: (event: JobEvent) => this.#applyEvent(event),
      onConnectionLost: (error: unknown) => {
        const { job } = this.#view;
        const missing = job !== undefined && isOver(job.state) ? 'The curves may be incomplete. ' : '';
        showText(this.#connection, `${missing}${describeError(error)}. Retrying…`);
      },
    };
    this.#following = true;
    try {
      await followJob(id, observer, signal, this.#view.lastEvent);
      this.#following = false;
      if (this.#view.job === undefined || !canResume(this.#view.job)) return;
      await waitForResumption(id, signal);
      // Not if this tab has resumed it.
      if (!this.#following) void this.#follow(id);
    } catch (error) {
      if (signal.aborted) return;
      this.#following = false;
      this.#status.textContent = isPermanent(error) ? 'Job not available' : 'Live updates stopped';
      this.#requests.fail(error, async () => void this.#follow(id), this.#actions);
    }
  }

  #setJob(job: Job): void {
    const view = this.#view;
    this.#connection.hidden = true;
    view.initialStep ??= job.progress?.step ?? 0;
    view.caughtUp ||= view.initialStep === 0;
    for (const metrics of job.history) this.#charts.curve.addEpoch(metrics);
    view.job = job;
    this.#scheduleDraw();
  }

  #applyEvent(event: JobEvent): void {
    const view = this.#view;
    view.lastEvent = event.id;
    if (view.job === undefined) return;
    if (event.type === 'epoch') this.#charts.curve.addEpoch(event.metrics);
    else if (event.type === 'progress') this.#advance(view.job, event);
    // States from the job's past must not replace its current state.
    else if (view.caughtUp && !isOver(view.job.state)) view.job = { ...view.job, state: event.state };
    this.#scheduleDraw();
  }

  #advance(job: Job, progress: Extract<JobEvent, { type: 'progress' }>): void {
    const view = this.#view;
    const { initialStep = 0 } = view;
    this.#charts.curve.addProgress(progress);
    const past = !view.caughtUp && progress.step <= initialStep;
    view.caughtUp ||= progress.step >= initialStep;
    if (past || isOver(job.state)) return;
    view.job = { ...job, progress, state: { status: 'running' } };
    view.pace ??= { started: performance.now(), share: computeProgress(view.job) };
  }

  async #change(request: (jobs: JobStore, id: string) => Promise<Job>): Promise<void> {
    const { job } = this.#view;
    const signal = this.#signal;
    if (job === undefined) return;
    await this.#requests.run(async () => {
      const changed = await request(openJobs(job.id, signal), job.id);
      this.#view.pace = undefined;
      this.#setJob(changed);
      if (!isOver(changed.state) && !this.#following) void this.#follow(job.id);
    }, this.#actions);
  }

  /** Draws at most once per frame, however many events arrive. */
  #scheduleDraw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      if (this.#view.job !== undefined && !this.#signal.aborted) this.#draw(this.#view.job);
    });
  }

  #draw(job: Job): void {
    const { spec, layers, parameters, progress, state } = job;
    const facts = [
      `${spec.data}: ${layers.join('-')}, ${formatInteger(parameters)} weights`,
      `learning rate ${spec.learningRate}, batch size ${spec.batchSize}, seed ${spec.seed}`,
      ...(spec.loss === undefined ? [] : [`loss ${spec.loss}`]),
      ...(spec.from === undefined ? [] : [`from ${spec.from}`]),
      isLocal(job.id) ? 'trained in this browser' : 'trained on the service',
    ];
    this.#facts.textContent = facts.join('; ');
    this.#status.textContent = describeStatus(job, this.#estimateSecondsLeft(job));
    this.#status.className = `result ${describeWarning(job) === '' ? '' : 'failed'}`;
    this.#progress.hidden = state.status === 'failed' && progress === null;
    this.#progress.value = computeProgress(job);
    const warning = describeWarning(job);
    this.#result.classList.toggle('bad', warning !== '');
    const measured = state.status === 'running' ? describeEpoch(this.#charts.curve.epochs.at(-1)) : '';
    showText(this.#result, `${warning} ${measured}${describeResult(job)}`.trim());
    this.#showActions(job);
    if (progress !== null) void this.#showPictures(job);
    this.#announce(job);
  }

  /** Charts, plane and evaluation appear together: one that appears later would move the others. */
  async #showPictures(job: Job): Promise<void> {
    const view = this.#view;
    await Promise.allSettled([this.#evaluation.show(job), this.#plane.show(job)]);
    if (view === this.#view) this.#charts.show();
  }

  #estimateSecondsLeft(job: Job): number | undefined {
    const { pace } = this.#view;
    if (pace === undefined || job.state.status !== 'running') return undefined;
    const elapsed = performance.now() - pace.started;
    const share = computeProgress(job);
    if (elapsed < MIN_ESTIMATE_MS || share <= pace.share) return undefined;
    return ((1 - share) / (share - pace.share)) * (elapsed / 1000);
  }

  #showActions(job?: Job): void {
    const focused = document.activeElement;
    const over = job !== undefined && isOver(job.state);
    this.#model.show(job);
    this.#cancel.hidden = job === undefined || over;
    this.#resume.hidden = job === undefined || !canResume(job);
    this.#cancel.disabled = this.#resume.disabled = this.#requests.busy;
    // The form has no field for a base model, so a job with one cannot be copied into it.
    this.#copy.hidden = !over || job.spec.from !== undefined;
    // At the end of a request the focus returns to its control.
    if (!this.#requests.busy) keepFocus(focused, ...this.#focusTargets);
  }

  get #focusTargets(): readonly HTMLElement[] {
    return [this.#cancel, this.#resume, this.#title];
  }

  /** Announces a new status immediately, and the epochs of a running job at intervals. */
  #announce(job: Job): void {
    const view = this.#view;
    const { status } = job.state;
    if (view.announcedStatus === status && performance.now() - view.announcedAt < ANNOUNCE_MS) return;
    view.announcedStatus = status;
    view.announcedAt = performance.now();
    const measured = status === 'running' ? describeValidation(this.#charts.curve.epochs.at(-1)) : '';
    const texts = [describeStatus(job), describeWarning(job), describeResult(job), measured];
    announce(texts.filter((text) => text !== '').join('. '));
  }
}
