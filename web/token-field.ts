/** A field for the access token. All token fields of the page share one value. */
import { createElement } from './dom.ts';
import { token } from './token.ts';

export class TokenField {
  readonly #input = createElement('input');

  constructor(host: HTMLElement, id: string) {
    const label = Object.assign(createElement('label', 'Access token'), { htmlFor: id });
    const [print, create] = [createElement('code', 'npm run dev'), createElement('code', 'edge-mlp token')];
    const help = createElement('p', 'Printed by ', print, ', or created with ', create, '. Stored only in this tab.');
    Object.assign(help, { id: `${id}-help`, className: 'help' });
    Object.assign(this.#input, { id, type: 'password', autocomplete: 'off', spellcheck: false, value: token.get() });
    this.#input.setAttribute('aria-describedby', help.id);
    host.classList.add('field');
    host.append(label, this.#input, help);
    this.#input.addEventListener('input', () => token.set(this.#input.value.trim()));
    token.onChange((value) => {
      if (this.#input.value.trim() !== value) this.#input.value = value;
    });
  }

  focus(): void {
    this.#input.focus();
  }
}
