/** The place of a new training: this browser, or the service. The choice is kept for this device. */
import { findElement } from '../dom.ts';

export type Place = 'browser' | 'service';

const STORAGE_KEY = 'edge-mlp place of training';

export class JobPlace {
  readonly #browser = findElement('job-place-browser', HTMLInputElement);
  readonly #service = findElement('job-place-service', HTMLInputElement);

  constructor(onChange: () => void) {
    const stored = localStorage.getItem(STORAGE_KEY);
    (stored === 'service' ? this.#service : this.#browser).checked = true;
    for (const input of [this.#browser, this.#service]) {
      input.addEventListener('change', () => {
        localStorage.setItem(STORAGE_KEY, this.value);
        onChange();
      });
    }
  }

  get value(): Place {
    return this.#service.checked ? 'service' : 'browser';
  }

  set value(place: Place) {
    (place === 'service' ? this.#service : this.#browser).checked = true;
  }
}
