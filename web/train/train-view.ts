/** The Train view: a form and the recent jobs, or one job. */
import type { Job } from '../../src/client/index.ts';
import { findElement } from '../dom.ts';
import { takeDroppedTable } from '../dropped-table.ts';
import { isLocal } from '../local/local-run.ts';
import { formatRoute, goTo, type View } from '../routes.ts';
import { Comparison } from './comparison.ts';
import { JobForm } from './job-form.ts';
import { JobList } from './job-list.ts';
import { JobPanel } from './job-panel.ts';
import markup from './train.html?raw';
import '../forms.css';
import './train.css';

export class TrainView implements View {
  readonly title = 'Train a model';
  readonly #form: JobForm;
  readonly #list: JobList;
  readonly #panel: JobPanel;
  readonly #comparison: Comparison;
  /** Aborted when the view is closed. */
  #visit = new AbortController();

  constructor(section: HTMLElement) {
    section.innerHTML = markup;
    this.#form = new JobForm((id) => goTo(formatRoute('train', id)));
    this.#list = new JobList();
    this.#panel = new JobPanel((job) => this.#copyOptions(job));
    this.#comparison = new Comparison();
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
    if (ids.length > 1) this.#comparison.open(ids, signal);
    else if (jobId !== undefined) this.#panel.open(jobId, signal);
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

  #copyOptions({ id, spec }: Job): void {
    this.#form.fill(spec, isLocal(id) ? 'browser' : 'service');
    goTo(formatRoute('train'));
  }
}
