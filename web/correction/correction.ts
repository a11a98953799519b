/** "Wrong? It's a …" below an answer: the network learns the right class in the browser. */
import type { AnsweredSample } from '../answers/answered-sample.ts';
import { CorrectionPanel } from './correction-panel.ts';

let panel: CorrectionPanel | undefined;

/**
 * Called after each answer, also while the visitor draws, so repeated calls on the same host are cheap. The host is
 * hidden by its view when there is no answer.
 */
export function mountCorrection(host: HTMLElement, subject: AnsweredSample): void {
  panel ??= new CorrectionPanel(host);
  panel.show(subject);
}
