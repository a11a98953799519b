/** The Models view: a card for each model of the service, and the upload. */
import type { Model } from '../../src/client/index.ts';
import { showAndAnnounce } from '../announcer.ts';
import { createElement, findElement, showText } from '../dom.ts';
import { formatCount } from '../format.ts';
import type { View } from '../routes.ts';
import { createClient, describeError } from '../service.ts';
import { ModelCard } from './model-card.ts';
import markup from './models.html?raw';
import { UploadForm } from './upload-form.ts';
import '../forms.css';
import './models.css';

/** Each listed model costs one request. */
const MAX_MODELS = 50;

export class ModelsView implements View {
  readonly title = 'Models';
  readonly #list: HTMLElement;
  readonly #note: HTMLElement;
  readonly #status: HTMLElement;
  readonly #cards = new Map<string, ModelCard>();
  readonly #upload: UploadForm;
  /** Aborted when the view is closed. */
  #visit = new AbortController();

  constructor(section: HTMLElement) {
    section.innerHTML = markup;
    this.#list = findElement('model-cards');
    this.#note = findElement('models-list-note');
    this.#status = findElement('models-status');
    this.#upload = new UploadForm(section, ({ name, text }) => void this.#showUploaded(name, text));
  }

  /** `subject` is the name of the model to show. */
  open(subject: string | undefined): void {
    this.#visit = new AbortController();
    showText(this.#status, '');
    void this.#load(subject);
  }

  close(): void {
    this.#visit.abort();
    this.#upload.close();
  }

  async #load(subject?: string): Promise<void> {
    const { signal } = this.#visit;
    const { models } = createClient(signal);
    try {
      const names = await models.names();
      // A model may be deleted between the two requests.
      const listed = await Promise.all(
        names.slice(0, MAX_MODELS).map((name) => models.get(name).catch(() => undefined)),
      );
      if (signal.aborted) return;
      this.#show(listed.filter((model) => model !== undefined));
      const more = names.length - MAX_MODELS;
      showText(this.#note, more > 0 ? `Not listed: ${formatCount(more, 'model')}.` : '');
      const card = this.#cards.get(subject ?? '');
      card?.element.scrollIntoView({ block: 'nearest' });
    } catch (error) {
      if (!signal.aborted) showAndAnnounce(this.#note, describeError(error));
    }
  }

  /** Keeps the cards of known models, with their open parts and the focus. */
  #show(models: readonly Model[]): void {
    const names = new Set(models.map(({ name }) => name));
    for (const name of this.#cards.keys()) if (!names.has(name)) this.#cards.delete(name);
    for (const model of models) {
      const card = this.#cards.get(model.name) ?? new ModelCard(model.name, (text) => void this.#showDeleted(text));
      card.show(model);
      this.#cards.set(model.name, card);
    }
    const items = [...this.#cards.values()].map(({ element }) => element.parentElement ?? createElement('li', element));
    for (const item of [...this.#list.children]) if (!items.includes(item as HTMLLIElement)) item.remove();
    this.#list.append(...items.filter(({ parentElement }) => parentElement === null));
  }

  async #showUploaded(name: string, text: string): Promise<void> {
    await this.#load(name);
    showAndAnnounce(this.#status, text);
  }

  async #showDeleted(text: string): Promise<void> {
    await this.#load();
    showAndAnnounce(this.#status, text);
    for (const heading of document.querySelectorAll<HTMLElement>('#models-view h1')) heading.focus();
  }
}
