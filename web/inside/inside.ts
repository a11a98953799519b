/** Looks inside the network: hidden units, the pixels that decided, the decision plane. */
import type { AnsweredSample } from '../answers/answered-sample.ts';

/**
 * Called after each answer, also while the visitor draws, so repeated calls on the same host are cheap. The host is
 * hidden by its view when there is no answer.
 */
export function mountInside(host: HTMLElement, { network }: AnsweredSample): void {
  host.classList.toggle('inspectable', network.info.spec.layers.length > 2);
}
