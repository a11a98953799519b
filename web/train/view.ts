/** Train: a form that starts a job, the latest jobs, and one job that is followed. */
import type { Job } from '../../src/client/index.ts';
import { element } from '../dom.ts';
import { formatRoute, goTo, type View } from '../routes.ts';
import { JobForm } from './form.ts';
import { JobPanel } from './job-panel.ts';
import { JobsList } from './jobs-list.ts';
import markup from './train.html?raw';
import '../forms.css';
import './train.css';

export class TrainView implements View {
  readonly title = 'train a network';
  readonly #start: HTMLElement;
  readonly #job: HTMLElement;
  readonly #form: JobForm;
  readonly #list: JobsList;
  readonly #panel: JobPanel;
  /** Ends what the view waits for. */
  #shown = new AbortController();

  constructor(section: HTMLElement) {
    section.innerHTML = markup;
    this.#start = element('train-start', HTMLElement);
    this.#job = element('train-job', HTMLElement);
    this.#form = new JobForm(({ id }) => goTo(formatRoute('train', id)));
    this.#list = new JobsList();
    this.#panel = new JobPanel((job) => this.#again(job));
  }

  open(job: string | undefined): void {
    this.#shown = new AbortController();
    this.#start.hidden = job !== undefined;
    this.#job.hidden = job === undefined;
    const { signal } = this.#shown;
    if (job === undefined) {
      this.#form.open(signal);
      void this.#list.open(signal);
    } else this.#panel.open(job, signal);
  }

  close(): void {
    this.#shown.abort();
  }

  #again({ spec }: Job): void {
    this.#form.fill(spec);
    goTo(formatRoute('train'));
  }
}
