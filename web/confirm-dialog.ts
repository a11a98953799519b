/** A dialog that confirms an action that cannot be undone. */
import { createElement } from './dom.ts';

const dialog = createElement('dialog');

/**
 * Resolves with whether the user chose `action`; Escape and "Cancel" resolve with false. Then the browser returns the
 * focus to the control that had it.
 */
export function confirmAction(question: string, action: string): Promise<boolean> {
  const text = Object.assign(createElement('p', question), { id: 'question-text' });
  const form = Object.assign(createElement('form', text, createElement('div', ...createButtons(action))), {
    method: 'dialog',
  });
  form.lastElementChild?.classList.add('tools');
  dialog.setAttribute('aria-labelledby', text.id);
  dialog.replaceChildren(form);
  dialog.returnValue = '';
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

export function dismissConfirmation(): void {
  dialog.close('no');
}

function createButtons(action: string): HTMLButtonElement[] {
  return [
    Object.assign(createElement('button', 'Cancel'), { id: 'question-no', value: 'no' }),
    Object.assign(createElement('button', action), { id: 'question-yes', value: 'yes', className: 'primary' }),
  ];
}
