/** Tabs with the keys of the ARIA Authoring Practices: arrows, Home and End. */
import { createElement } from '../dom.ts';

/** `show` fills the panel with the content of a tab. Names must be unique within the page with their prefix. */
export class Tabs {
  readonly element: HTMLElement;
  readonly #tabs: readonly HTMLButtonElement[];
  readonly #panel = createElement('div');
  readonly #show: (name: string, panel: HTMLElement) => void;

  constructor(prefix: string, names: readonly string[], show: (name: string, panel: HTMLElement) => void) {
    this.#show = show;
    this.#tabs = names.map((name) => {
      const tab = Object.assign(createElement('button', name), {
        type: 'button',
        id: `${prefix}-${name}`,
        role: 'tab',
      });
      tab.setAttribute('aria-controls', `${prefix}-panel`);
      tab.addEventListener('click', () => this.select(name));
      return tab;
    });
    Object.assign(this.#panel, { id: `${prefix}-panel`, role: 'tabpanel', className: 'panel' });
    const list = Object.assign(createElement('div', ...this.#tabs), { role: 'tablist', className: 'tabs' });
    list.setAttribute('aria-label', 'Language');
    list.addEventListener('keydown', (event) => this.#move(event));
    this.element = createElement('div', list, this.#panel);
  }

  select(name: string): void {
    for (const tab of this.#tabs) {
      const isSelected = tab.textContent === name;
      tab.ariaSelected = String(isSelected);
      tab.tabIndex = isSelected ? 0 : -1;
      if (isSelected) this.#panel.setAttribute('aria-labelledby', tab.id);
    }
    this.#show(name, this.#panel);
  }

  #move(event: KeyboardEvent): void {
    const at = this.#tabs.findIndex((tab) => tab.ariaSelected === 'true');
    const last = this.#tabs.length - 1;
    const next = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
    }[event.key];
    const tab = next === undefined ? undefined : this.#tabs[next];
    if (tab === undefined) return;
    event.preventDefault();
    tab.focus();
    this.select(tab.textContent ?? '');
  }
}
