/** The only live region of the page: texts for screen readers, announced once the visitor pauses. */
import { findElement, showText } from './dom.ts';

/** A newer text within this time replaces the older one, so that a drawing of several strokes is announced once. */
const QUIET_MS = 600;
let timer = 0;

export function announce(text: string): void {
  const region = findElement('spoken');
  // A text is announced again only if the region has changed.
  region.textContent = '';
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    region.textContent = text;
  }, QUIET_MS);
}

/** Shows and announces a text. Hides the element when the text is empty. */
export function showAndAnnounce(target: HTMLElement, text: string): void {
  showText(target, text);
  if (text !== '') announce(text);
}
