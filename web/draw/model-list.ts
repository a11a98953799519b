/** Links to the service's models. The list is requested only when the user opens it. */
import { showAndAnnounce } from '../announcer.ts';
import { createElement, createLink, findElement, showText } from '../dom.ts';
import { formatInteger } from '../format.ts';
import { formatRoute } from '../routes.ts';

const MAX_MODELS = 200;

export class ModelList {
  readonly #details = findElement('models', HTMLDetailsElement);
  readonly #list = findElement('models-list');
  readonly #note = findElement('models-note');
  #current: string | undefined;

  constructor() {
    this.#details.addEventListener('toggle', () => this.#details.open && void this.#load());
  }

  /** Closes the list; `subject` is the model of the current route. */
  open(subject: string | undefined): void {
    this.#current = subject?.split('@')[0];
    this.#details.open = false;
  }

  async #load(): Promise<void> {
    const { createClient, describeError } = await import('../service.ts');
    try {
      const names = await createClient(AbortSignal.timeout(30_000)).models.names();
      this.#list.replaceChildren(...names.slice(0, MAX_MODELS).map((name) => this.#createItem(name)));
      const more = names.length - MAX_MODELS;
      showText(this.#note, more > 0 ? `${formatInteger(more)} more. Open them with the address #draw/NAME.` : '');
    } catch (error) {
      showAndAnnounce(this.#note, describeError(error));
    }
  }

  #createItem(name: string): HTMLLIElement {
    const link = createLink(formatRoute('draw', name), name, 'button');
    if (this.#current === name) link.ariaCurrent = 'page';
    return createElement('li', link);
  }
}
