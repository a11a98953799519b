/** What was taught in this visit, as pictures: what each was taken for, and what it is read as now. */
import { element, made } from '../dom.ts';
import { DIGIT_SIDE, showPixels } from '../pixels.ts';
import type { Lesson, Pupil } from './pupil.ts';
import { earlierWords, scoreWords } from './words.ts';

export class LessonsList {
  readonly #list = element('teach-lessons', HTMLOListElement);
  readonly #score = element('teach-score', HTMLElement);
  readonly #earlier = element('teach-earlier', HTMLElement);

  /** The latest first. */
  show(pupil: Pupil): void {
    const { network, lessons } = pupil;
    const items = lessons.map((lesson) => itemOf(lesson, network?.predict(lesson.pixels).label));
    this.#list.replaceChildren(...items.reverse());
    this.#list.hidden = lessons.length === 0;
    for (const [line, text] of [
      [this.#score, scoreWords(pupil)],
      [this.#earlier, earlierWords(pupil)],
    ] as const) {
      line.textContent = text;
      line.hidden = text === '';
    }
  }
}

function itemOf({ pixels, label, before }: Lesson, now: number | undefined): HTMLLIElement {
  const canvas = Object.assign(made('canvas'), { width: DIGIT_SIDE, height: DIGIT_SIDE });
  showPixels(canvas, pixels);
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `a drawing that is a ${label}`);
  const reading = made('span', `now ${now} ${now === label ? '✓' : '✗'}`);
  reading.className = now === label ? 'right' : 'wrong';
  const was = made('span', `was ${before.label}`);
  was.className = 'was';
  return made('li', canvas, made('strong', String(label)), was, reading);
}
