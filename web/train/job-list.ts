/** The most recent jobs, each with a link. */
import { isOver, type JobSummary } from '../../src/client/index.ts';
import { createElement, createLink, findElement, showText } from '../dom.ts';
import { formatCount } from '../format.ts';
import { listJobs } from '../local/job-store.ts';
import { isLocal } from '../local/local-run.ts';
import { formatRoute } from '../routes.ts';
import { describeError } from '../service.ts';
import { formatStatus } from './job-status.ts';

const MAX_JOBS = 20;
/** The list is refreshed at this interval while a job is unfinished. */
const REFRESH_MS = 3000;
/** Other tabs and programs may start or resume jobs. */
const IDLE_REFRESH_MS = 15_000;

export class JobList {
  readonly #list = findElement('jobs-list');
  readonly #note = findElement('jobs-note');
  readonly #compare = findElement('jobs-compare', HTMLAnchorElement);
  /** Ids of the jobs that the user has selected for a comparison, in this order. */
  readonly #selected = new Set<string>();

  constructor() {
    this.#list.addEventListener('change', ({ target }) => {
      if (!(target instanceof HTMLInputElement)) return;
      if (target.checked) this.#selected.add(target.value);
      else this.#selected.delete(target.value);
      this.#showComparison();
    });
  }

  /** Keeps the list up to date until `signal` is aborted. */
  async open(signal: AbortSignal): Promise<void> {
    let interval = REFRESH_MS;
    try {
      const { jobs, error } = await listJobs(signal);
      if (signal.aborted) return;
      this.#show(jobs);
      if (error !== undefined) throw error;
      if (jobs.every(({ state }) => isOver(state))) interval = IDLE_REFRESH_MS;
    } catch (error) {
      if (signal.aborted) return;
      showText(this.#note, `${describeError(error)}. Retrying…`);
    }
    const timer = setTimeout(() => void this.open(signal), interval);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  #show(jobs: readonly JobSummary[]): void {
    const older = jobs.length - MAX_JOBS;
    const note = older > 0 ? `Not listed: ${formatCount(older, 'older job')}.` : '';
    showText(
      this.#note,
      jobs.length === 0 ? 'No jobs yet. The service keeps jobs for a week, this browser until you delete them.' : note,
    );
    const focused = document.activeElement?.id ?? '';
    this.#list.replaceChildren(...jobs.slice(0, MAX_JOBS).map((job) => createItem(job, this.#selected.has(job.id))));
    // Replacing the items removes the focus.
    if (document.activeElement === document.body) document.getElementById(focused)?.focus();
    this.#showComparison();
  }

  #showComparison(): void {
    this.#compare.hidden = this.#list.childElementCount < 2;
    const { size } = this.#selected;
    this.#compare.textContent = size < 2 ? 'Select jobs to compare' : `Compare ${size} jobs`;
    if (size < 2) this.#compare.removeAttribute('href');
    else this.#compare.href = formatRoute('train', [...this.#selected].join(','));
  }
}

function createItem({ id, created, state, data, layers, epochs }: JobSummary, selected: boolean): HTMLLIElement {
  const name = `${data}, ${layers.join('-')}`;
  const box = Object.assign(createElement('input'), { type: 'checkbox', id: `compare-${id}`, value: id });
  Object.assign(box, { checked: selected, ariaLabel: `Compare ${name}, ${formatCount(epochs, 'epoch')}` });
  return createElement(
    'li',
    box,
    Object.assign(createLink(formatRoute('train', id), name), { id: `open-${id}` }),
    Object.assign(createElement('span', formatStatus(state)), { className: `badge ${state.status}` }),
    Object.assign(createElement('span', describePlace(id, epochs)), { className: 'help' }),
    createTime(created),
  );
}

function describePlace(id: string, epochs: number): string {
  return `${formatCount(epochs, 'epoch')} ${isLocal(id) ? 'in this browser' : 'on the service'}`;
}

function createTime(created: string): HTMLTimeElement {
  const date = new Date(created);
  const today = date.toDateString() === new Date().toDateString();
  const text = today ? date.toLocaleTimeString([], { timeStyle: 'short' }) : date.toLocaleDateString();
  return Object.assign(createElement('time', text), { dateTime: created, className: 'help' });
}
