/** A question before something is lost. */
import { element } from '../dom.ts';

/** Resolves with whether the answer is `verb`; Escape and "Keep it" are none. */
export function confirmAction(question: string, verb: string): Promise<boolean> {
  const dialog = element('teach-question', HTMLDialogElement);
  element('teach-question-text', HTMLElement).textContent = question;
  element('teach-question-yes', HTMLButtonElement).textContent = verb;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

/** Whoever has gone on is not asked any more. */
export function dismissConfirmation(): void {
  element('teach-question', HTMLDialogElement).close('no');
}
