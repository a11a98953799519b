/** The service's models, each by its address. They are asked for when somebody wants to see them: a page costs nothing else. */
import { element, link, made } from '../dom.ts';
import { formatRoute } from '../routes.ts';
import { integer } from '../words.ts';

/** Beyond so many an address has to be written. */
const MOST_MODELS = 200;

export class ModelList {
  readonly #details = element('models', HTMLDetailsElement);
  readonly #list = element('models-list', HTMLUListElement);
  readonly #note = element('models-note', HTMLElement);
  #subject: string | undefined;

  constructor() {
    this.#details.addEventListener('toggle', () => this.#details.open && void this.#load());
  }

  /** Of the model that the address names. */
  open(subject: string | undefined): void {
    this.#subject = subject;
    this.#details.open = false;
  }

  async #load(): Promise<void> {
    const { clientUntil, describeTrouble } = await import('../service.ts');
    try {
      const names = await clientUntil(AbortSignal.timeout(30_000)).models.names();
      this.#list.replaceChildren(...names.slice(0, MOST_MODELS).map((name) => this.#createItem(name)));
      const more = names.length - MOST_MODELS;
      this.#note.textContent = more > 0 ? `${integer(more)} more, by their address: #draw/NAME` : '';
    } catch (error) {
      this.#note.textContent = describeTrouble(error);
    }
    this.#note.hidden = this.#note.textContent === '';
  }

  #createItem(name: string): HTMLLIElement {
    const anchor = link(formatRoute('draw', name), name, 'button');
    if (this.#subject?.split('@')[0] === name) anchor.ariaCurrent = 'page';
    return made('li', anchor);
  }
}
