/** Elements, found and made. */

/** Throws where the page has none of this kind under this id. */
export function element<Kind extends HTMLElement>(id: string, kind: abstract new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${id}`);
}

export function made<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  ...content: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.append(...content);
  return element;
}

/** A link, of the look of a button where `look` says so. */
export function link(href: string, text: string, look = ''): HTMLAnchorElement {
  const anchor = made('a', text);
  anchor.href = href;
  anchor.className = look;
  return anchor;
}

/** A hidden element's text is gone, too: nothing is read out that is not seen. */
export function say(target: HTMLElement, text: string): void {
  target.textContent = text;
  target.hidden = text === '';
}
