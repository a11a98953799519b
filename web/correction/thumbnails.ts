/** The kept corrections as pictures with their class, the latest last. */
import { createElement } from '../dom.ts';
import { DIGIT_SIDE, drawPixels } from '../inputs/sample.ts';
import type { CorrectionSession } from './correction-session.ts';

const MAX_THUMBNAILS = 8;

/** None for other inputs than pictures. */
export function createThumbnails({ base, corrections }: CorrectionSession): HTMLElement[] {
  return corrections.slice(-MAX_THUMBNAILS).flatMap(({ inputs, labels }) => {
    if (!(inputs instanceof Uint8Array) || inputs.length !== DIGIT_SIDE ** 2) return [];
    const name = base.info.classes[labels[0] ?? 0] ?? '';
    const canvas = Object.assign(createElement('canvas'), { role: 'img' });
    canvas.ariaLabel = `Corrected to ${name}`;
    drawPixels(canvas, inputs);
    return [createElement('figure', canvas, createElement('figcaption', name))];
  });
}
