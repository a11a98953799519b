/** The place of a new training or learner: this browser, or the service. The choice is kept for this device. */
import { findElement } from './dom.ts';

export type Place = 'browser' | 'service';

const STORAGE_KEY = 'edge-mlp place';

export class PlaceChoice {
  readonly #browser: HTMLInputElement;
  readonly #service: HTMLInputElement;

  /** The ids of the two radio buttons start with `prefix`. */
  constructor(prefix: string, onChange: () => void) {
    this.#browser = findElement(`${prefix}-place-browser`, HTMLInputElement);
    this.#service = findElement(`${prefix}-place-service`, HTMLInputElement);
    for (const input of [this.#browser, this.#service]) {
      input.addEventListener('change', () => {
        localStorage.setItem(STORAGE_KEY, this.value);
        onChange();
      });
    }
    this.restore();
  }

  get value(): Place {
    return this.#service.checked ? 'service' : 'browser';
  }

  set value(place: Place) {
    (place === 'service' ? this.#service : this.#browser).checked = true;
  }

  /** Selects the place that was chosen last, in any view. */
  restore(): void {
    this.value = localStorage.getItem(STORAGE_KEY) === 'service' ? 'service' : 'browser';
  }
}
