/** Form fields: a control between its label and its notes. */
import { createElement } from './dom.ts';

/** `control` has an id. The notes that have one, such as a help text or a problem, describe it. */
export function createField(
  control: HTMLElement,
  label: string | readonly (Node | string)[],
  ...notes: HTMLElement[]
): HTMLDivElement {
  const title = Object.assign(createElement('label', ...[label].flat()), { htmlFor: control.id });
  const ids = notes.map(({ id }) => id).filter((id) => id !== '');
  if (ids.length > 0) control.setAttribute('aria-describedby', ids.join(' '));
  return Object.assign(createElement('div', title, control, ...notes), { className: 'field' });
}

/** A help text for the control with this id. */
export function createHelp(id: string, ...content: (Node | string)[]): HTMLParagraphElement {
  return Object.assign(createElement('p', ...content), { id: `${id}-help`, className: 'help' });
}
