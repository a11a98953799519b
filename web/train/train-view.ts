/** The Train view: a form and the recent jobs, or one job. */
import type { Job } from '../../src/client/index.ts';
import { findElement } from '../dom.ts';
import { takeDroppedTable } from '../dropped-table.ts';
import { isLocal } from '../local/local-run.ts';
import { formatRoute, goTo, type View } from '../routes.ts';
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
  /** Aborted when the view is closed. */
  #visit = new AbortController();

  constructor(section: HTMLElement) {
    section.innerHTML = markup;
    this.#form = new JobForm((id) => goTo(formatRoute('train', id)));
    this.#list = new JobList();
    this.#panel = new JobPanel((job) => this.#copyOptions(job));
  }

  open(jobId: string | undefined): void {
    this.#visit = new AbortController();
    findElement('train-start').hidden = jobId !== undefined;
    findElement('train-job').hidden = jobId === undefined;
    const { signal } = this.#visit;
    if (jobId !== undefined) this.#panel.open(jobId, signal);
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
