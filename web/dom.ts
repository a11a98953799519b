/** Helpers for finding and creating elements. */

/** Throws when the page has no element of this kind with this id. */
export function findElement(id: string): HTMLElement;
export function findElement<Kind extends HTMLElement>(id: string, kind: abstract new () => Kind): Kind;
export function findElement(id: string, kind: abstract new () => HTMLElement = HTMLElement): HTMLElement {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`the page has no ${kind.name} with the id ${id}`);
}

export function createElement<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  ...content: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.append(...content);
  return element;
}

export function createLink(href: string, text: string, className = ''): HTMLAnchorElement {
  return Object.assign(createElement('a', text), { href, className });
}

/** A button whose action the second click of a double click does not repeat. Without a description its text names it. */
export function createButton(text: string, onClick: () => void, description = ''): HTMLButtonElement {
  const button = Object.assign(createElement('button', text), { type: 'button' });
  if (description !== '') button.ariaLabel = description;
  button.addEventListener('click', ({ detail }) => detail < 2 && onClick());
  return button;
}

/** Calls `action` instead of sending the form to the server. */
export function onSubmit(form: HTMLElement, action: () => void): void {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    action();
  });
}

type Choices = Iterable<readonly [value: string, text: string]>;

/** A list of values with their texts. */
export function createSelect(choices: Choices): HTMLSelectElement {
  const select = createElement('select');
  setChoices(select, choices);
  return select;
}

/** Replaces the options by values with their texts, and keeps the selection if it is still offered. */
export function setChoices(select: HTMLSelectElement, choices: Choices): void {
  const selected = select.value;
  const options = Array.from(choices, ([value, text]) => Object.assign(createElement('option', text), { value }));
  select.replaceChildren(...options);
  if (options.some(({ value }) => value === selected)) select.value = selected;
}

/** `setChoices` for values that are their own texts. */
export function setOptions(select: HTMLSelectElement, names: readonly string[]): void {
  setChoices(
    select,
    names.map((name) => [name, name]),
  );
}

/** Hides the element when the text is empty. */
export function showText(target: HTMLElement, text: string): void {
  target.textContent = text;
  target.hidden = text === '';
}

/**
 * After a change of the page that may have hidden, disabled or removed the element that had the focus: focuses the first
 * of the elements that can take it. Does nothing if the user has moved the focus meanwhile.
 */
export function keepFocus(focused: Element | null, ...others: readonly (Element | null)[]): void {
  const { activeElement: active, body } = document;
  if (focused === null || focused === body || (active !== focused && active !== body && active !== null)) return;
  for (const each of [focused, ...others]) {
    if (!(each instanceof HTMLElement) || !each.checkVisibility() || each.matches(':disabled')) continue;
    if (each !== active) each.focus();
    return;
  }
}
