/** A field for the access token. All token fields of the page share one value. */
import { createElement } from './dom.ts';
import { token } from './service.ts';

const INPUTS = new Set<HTMLInputElement>();

export class TokenField {
  readonly #input = createElement('input');

  constructor(host: HTMLElement, id: string) {
    const label = Object.assign(createElement('label', 'Access token'), { htmlFor: id });
    const command = createElement('code', 'edge-mlp token');
    const help = createElement('p', 'Create one with ', command, '. Stored only in this tab.');
    Object.assign(help, { id: `${id}-help`, className: 'help' });
    Object.assign(this.#input, { id, type: 'password', autocomplete: 'off', spellcheck: false, value: token.get() });
    this.#input.setAttribute('aria-describedby', help.id);
    host.classList.add('field');
    host.append(label, this.#input, help);
    INPUTS.add(this.#input);
    this.#input.addEventListener('input', () => this.#store());
  }

  focus(): void {
    this.#input.focus();
  }

  #store(): void {
    token.set(this.#input.value.trim());
    for (const other of INPUTS) if (other !== this.#input) other.value = token.get();
  }
}
