/** A field for the access token; all fields of the page show the same one. */
import { made } from './dom.ts';
import { token } from './service.ts';

const FIELDS = new Set<HTMLInputElement>();

export class TokenField {
  readonly #input = made('input');

  constructor(host: HTMLElement, id: string) {
    const label = made('label', 'Access token');
    const command = made('code', 'edge-mlp token');
    const help = made('p', 'Made by ', command, ' for the service. Kept in this tab until it is closed.');
    Object.assign(this.#input, { id, type: 'password', autocomplete: 'off', spellcheck: false, value: token.get() });
    label.htmlFor = id;
    help.id = `${id}-help`;
    help.className = 'help';
    this.#input.setAttribute('aria-describedby', help.id);
    host.classList.add('field');
    host.append(label, this.#input, help);
    FIELDS.add(this.#input);
    this.#input.addEventListener('input', () => this.#keep());
  }

  focus(): void {
    this.#input.focus();
  }

  #keep(): void {
    token.set(this.#input.value.trim());
    for (const other of FIELDS) if (other !== this.#input) other.value = token.get();
  }
}
