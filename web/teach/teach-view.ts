/** The Teach view: a form that creates a learner, or one learner. */
import { createElement, createLink, findElement } from '../dom.ts';
import { formatCount, shortenId } from '../format.ts';
import { formatRoute, goTo, type View } from '../routes.ts';
import { LearnerForm } from './learner-form.ts';
import { LearnerPanel } from './learner-panel.ts';
import { storedLearner } from './learner-session.ts';
import markup from './teach.html?raw';
import '../forms.css';
import './teach.css';

/** The route's subject that shows the form even if this device has a learner. */
const NEW = 'new';

export class TeachView implements View {
  readonly title = 'Teach a learner';
  readonly #form: LearnerForm;
  readonly #panel: LearnerPanel;
  /** Aborted when the view is closed. */
  #visit = new AbortController();

  constructor(section: HTMLElement) {
    section.innerHTML = markup;
    findElement('teach-another', HTMLAnchorElement).href = formatRoute('teach', NEW);
    this.#form = new LearnerForm((id) => {
      storedLearner.set(id);
      goTo(formatRoute('teach', id));
    });
    this.#panel = new LearnerPanel();
  }

  open(subject: string | undefined): void {
    this.#visit = new AbortController();
    const stored = storedLearner.get();
    // `replace` keeps the browser's Back button working.
    if (subject === undefined && stored !== undefined) {
      location.replace(formatRoute('teach', stored));
      return;
    }
    const id = subject === NEW ? undefined : subject;
    findElement('teach-start').hidden = id !== undefined;
    findElement('teach-learner').hidden = id === undefined;
    if (id !== undefined) this.#panel.open(id);
    else {
      this.#showStored(stored);
      void this.#listLocal();
      this.#form.open(this.#visit.signal);
    }
  }

  close(): void {
    this.#visit.abort();
    this.#panel.close();
  }

  async #listLocal(): Promise<void> {
    const { listLearners } = await import('./local-learners.ts');
    const learners = await listLearners().catch(() => []);
    findElement('teach-kept').hidden = learners.length === 0;
    findElement('teach-list').replaceChildren(
      ...learners.map(({ id, base, examples }) => {
        const count = Object.assign(createElement('span', formatCount(examples.length, 'example')), {
          className: 'badge',
        });
        return createElement('li', createLink(formatRoute('teach', id), base), count);
      }),
    );
  }

  #showStored(id: string | undefined): void {
    const host = findElement('teach-own');
    host.hidden = id === undefined;
    host.replaceChildren();
    if (id !== undefined) host.append(createLink(formatRoute('teach', id), `Back to learner ${shortenId(id)}`));
  }
}
