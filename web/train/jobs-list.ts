/** The latest jobs, with a link to each. */
import { isOver, type Job } from '../../src/client/index.ts';
import { element, link, made } from '../dom.ts';
import { formatRoute } from '../routes.ts';
import { clientUntil, describeTrouble } from '../service.ts';
import { formatCount, percent } from '../words.ts';
import { shareDone, stateWord } from './state.ts';

const SHOWN = 20;
/** While one of them is under way. */
const REFRESH_MS = 3000;

export class JobsList {
  readonly #list = element('jobs-list', HTMLOListElement);
  readonly #note = element('jobs-note', HTMLElement);

  /** Keeps it up to date until `signal` is aborted. */
  async open(signal: AbortSignal): Promise<void> {
    try {
      const jobs = await clientUntil(signal).jobs.list();
      if (signal.aborted) return;
      this.#show(jobs);
      if (jobs.every(({ state }) => isOver(state))) return;
    } catch (error) {
      if (signal.aborted) return;
      this.#note.textContent = describeTrouble(error);
    }
    const timer = setTimeout(() => void this.open(signal), REFRESH_MS);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  #show(jobs: readonly Job[]): void {
    const more = jobs.length - SHOWN;
    this.#note.textContent =
      jobs.length === 0 ? 'There are none yet. A job is kept for a week.' : more > 0 ? `${more} more are older.` : '';
    this.#note.hidden = this.#note.textContent === '';
    const focused = this.#list.querySelector('a:focus')?.getAttribute('href');
    this.#list.replaceChildren(...jobs.slice(0, SHOWN).map(createItem));
    // A list that is made anew must not throw anybody out of it.
    for (const each of this.#list.querySelectorAll('a')) if (each.getAttribute('href') === focused) each.focus();
  }
}

function createItem(job: Job): HTMLLIElement {
  const { state, spec, layers, history } = job;
  const accuracy = history.at(-1)?.validationAccuracy ?? null;
  const word = stateWord(state) + (state.status === 'running' ? `, ${percent(shareDone(job))}` : '');
  const measured = state.status === 'succeeded' && accuracy !== null ? `, ${percent(accuracy)} right` : '';
  const badge = made('span', word);
  badge.className = `badge ${state.status}`;
  const facts = made('span', `${formatCount(Number(spec.epochs), 'epoch')}${measured}`);
  facts.className = 'help';
  return made(
    'li',
    link(formatRoute('train', job.id), `${spec.data}, ${layers.join('-')}`),
    badge,
    facts,
    when(job.created),
  );
}

function when(created: string): HTMLTimeElement {
  const date = new Date(created);
  const today = date.toDateString() === new Date().toDateString();
  const text = today ? date.toLocaleTimeString([], { timeStyle: 'short' }) : date.toLocaleDateString();
  return Object.assign(made('time', text), { dateTime: created, className: 'help' });
}
