/** The clipboard. */

/** Copies the text of an element. Resolves with the outcome, for the user. */
export async function copyText(element: HTMLElement): Promise<string> {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return 'Copied.';
  } catch {
    // Pages without TLS have no clipboard, and a browser may refuse it.
    getSelection()?.selectAllChildren(element);
    return 'Selected. Press Ctrl+C to copy.';
  }
}
