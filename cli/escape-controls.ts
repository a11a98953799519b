/**
 * Characters that terminals execute instead of printing: C0 and C1 controls and DEL, except line feed and tab; line and
 * paragraph separators; and the controls of text direction (UAX #9), which reorder what follows.
 */
const CONTROLS = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** Replaces controls by the escapes of JSON: ESC becomes the text \u001b. Strings within JSON keep their values. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
