/** A dialog that confirms an action that cannot be undone. */
import { findElement } from '../dom.ts';

/** Resolves with whether the user chose `action`; Escape and "Cancel" resolve with false. */
export function confirmAction(question: string, action: string): Promise<boolean> {
  const dialog = findElement('teach-question', HTMLDialogElement);
  findElement('teach-question-text').textContent = question;
  findElement('teach-question-yes').textContent = action;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

export function dismissConfirmation(): void {
  findElement('teach-question', HTMLDialogElement).close('no');
}
