/** The Train view: a form and the recent jobs, or one job. */
import type { Job } from '../../src/client/index.ts';
import { errorMessage } from '../../src/core/errors.ts';
import { findElement } from '../dom.ts';
import { takeDroppedTable } from '../dropped-table.ts';
import { isLocal } from '../local/local-run.ts';
import { formatRoute, goTo, type View } from '../routes.ts';
import type { Comparison } from './comparison.ts';
import { JobForm } from './job-form.ts';
import { JobList } from './job-list.ts';
import type { JobPanel } from './job-panel.ts';
import markup from './train.html?raw';
import '../forms.css';
import './train.css';

export class TrainView implements View {
  readonly title = 'Train a model';
  readonly #form: JobForm;
  readonly #list: JobList;
  /** The code of charts is loaded on first use. */
  #panel: JobPanel | undefined;
  #comparison: Comparison | undefined;
  /** Aborted when the view is closed. */
  #visit = new AbortController();

  constructor(section: HTMLElement) {
    section.innerHTML = markup;
    this.#form = new JobForm((id) => goTo(formatRoute('train', id)));
    this.#list = new JobList();
  }

  /** `subject` is the id of a job, or several with commas, which are compared. */
  open(subject: string | undefined): void {
    const ids = subject?.split(',') ?? [];
    const [jobId] = ids;
    this.#visit = new AbortController();
    findElement('train-start').hidden = jobId !== undefined;
    findElement('train-job').hidden = ids.length !== 1;
    findElement('train-compare').hidden = ids.length < 2;
    const { signal } = this.#visit;
    if (ids.length > 1) void this.#load('compare-note', () => this.#openComparison(ids, signal));
    else if (jobId !== undefined) void this.#load('panel-state', () => this.#openJob(jobId, signal));
    else {
      this.#form.open(signal);
      const table = takeDroppedTable();
      if (table !== undefined) this.#form.openFile(table);
      void this.#list.open(signal);
    }
  }

  close(): void {
    this.#visit.abort();
  }

  /** Shows in the element `id` that code is loading, or why it could not be loaded. */
  async #load(id: string, open: () => Promise<void>): Promise<void> {
    const note = findElement(id);
    note.textContent = 'Loading…';
    await open().catch((error: unknown) => {
      note.textContent = `Could not load this part of the page: ${errorMessage(error)}`;
    });
  }

  async #openJob(id: string, signal: AbortSignal): Promise<void> {
    const { JobPanel } = await import('./job-panel.ts');
    this.#panel ??= new JobPanel((job) => this.#copyOptions(job));
    if (!signal.aborted) this.#panel.open(id, signal);
  }

  async #openComparison(ids: readonly string[], signal: AbortSignal): Promise<void> {
    const { Comparison } = await import('./comparison.ts');
    this.#comparison ??= new Comparison();
    if (!signal.aborted) this.#comparison.open(ids, signal);
  }

  #copyOptions({ id, spec }: Job): void {
    this.#form.fill(spec, isLocal(id) ? 'browser' : 'service');
    goTo(formatRoute('train'));
  }
}
