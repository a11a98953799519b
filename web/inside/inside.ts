/** Looks inside the network: hidden units, the inputs that decided, the decision plane. Its code loads when it opens. */
import type { AnsweredSample } from '../answers/answered-sample.ts';
import { createElement } from '../dom.ts';
import type { InsidePanel } from './inside-panel.ts';

let details: HTMLDetailsElement | undefined;
let panel: Promise<InsidePanel> | undefined;
let shown: AnsweredSample | undefined;

/**
 * Called after each answer, also while the visitor draws, so repeated calls on the same host are cheap. The host is
 * hidden by its view when there is no answer.
 */
export function mountInside(host: HTMLElement, subject: AnsweredSample): void {
  shown = subject;
  details ??= createDisclosure(host);
  if (details.open) void update(details);
}

function createDisclosure(host: HTMLElement): HTMLDetailsElement {
  const disclosure = createElement('details', createElement('summary', 'Look inside the network'));
  disclosure.className = 'inside';
  disclosure.addEventListener('toggle', () => disclosure.open && void update(disclosure));
  host.replaceChildren(disclosure);
  return disclosure;
}

async function update(host: HTMLElement): Promise<void> {
  panel ??= import('./inside-panel.ts').then(({ InsidePanel }) => new InsidePanel(host));
  const ready = await panel.catch(() => undefined);
  // The next answer loads the code again.
  if (ready === undefined) panel = undefined;
  else if (shown !== undefined) ready.show(shown);
}
