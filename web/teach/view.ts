/** Teach: a learner of one's own is begun, corrected on the pad, and seen to improve. */
import { element, link } from '../dom.ts';
import { formatRoute, goTo, type View } from '../routes.ts';
import { shortId } from '../words.ts';
import { kept } from './kept.ts';
import { LearnerForm } from './learner-form.ts';
import { LearnerPanel } from './learner-panel.ts';
import markup from './teach.html?raw';
import '../forms.css';
import './teach.css';

/** In the place of a learner's number: the form, though this device has one. */
const ANOTHER = 'new';

export class TeachView implements View {
  readonly title = 'teach a learner';
  readonly #start: HTMLElement;
  readonly #lesson: HTMLElement;
  readonly #form: LearnerForm;
  readonly #panel: LearnerPanel;
  /** Ends what the view waits for. */
  #shown = new AbortController();

  constructor(section: HTMLElement) {
    section.innerHTML = markup;
    this.#start = element('teach-start', HTMLElement);
    this.#lesson = element('teach-learner', HTMLElement);
    element('teach-another', HTMLAnchorElement).href = formatRoute('teach', ANOTHER);
    this.#form = new LearnerForm(({ id }) => {
      kept.set(id);
      goTo(formatRoute('teach', id));
    });
    this.#panel = new LearnerPanel();
  }

  open(subject: string | undefined): void {
    this.#shown = new AbortController();
    const own = kept.get();
    // Whoever goes back must not be sent forth again.
    if (subject === undefined && own !== undefined) {
      location.replace(formatRoute('teach', own));
      return;
    }
    const id = subject === ANOTHER ? undefined : subject;
    this.#start.hidden = id !== undefined;
    this.#lesson.hidden = id === undefined;
    if (id !== undefined) this.#panel.open(id);
    else {
      this.#offerOwn(own);
      this.#form.open(this.#shown.signal);
    }
  }

  close(): void {
    this.#shown.abort();
    this.#panel.close();
  }

  #offerOwn(own: string | undefined): void {
    const back = element('teach-own', HTMLElement);
    back.hidden = own === undefined;
    back.replaceChildren();
    if (own !== undefined) back.append(link(formatRoute('teach', own), `Back to your learner ${shortId(own)}`));
  }
}
