/** What was taught in this visit, as pictures or numbers: what each was taken for, and what it is read as now. */
import { element, made } from '../dom.ts';
import type { Sample } from '../inputs/sample.ts';
import { DIGIT_SIDE, showPixels } from '../pixels.ts';
import { nameClass } from '../words.ts';
import type { Lesson, Pupil } from './pupil.ts';
import { describeEarlier, describeScore } from './words.ts';

export class LessonsList {
  readonly #list = element('teach-lessons', HTMLOListElement);
  readonly #score = element('teach-score', HTMLElement);
  readonly #earlier = element('teach-earlier', HTMLElement);

  /** The latest first. */
  show(pupil: Pupil, drawn: boolean): void {
    const { network, lessons } = pupil;
    const classes = network?.info.classes ?? [];
    const items = lessons.map((lesson) => createItem(lesson, network?.predict(lesson.sample.inputs).label, classes));
    this.#list.classList.toggle('pictures', lessons[0]?.sample.given instanceof Uint8Array);
    this.#list.replaceChildren(...items.reverse());
    this.#list.hidden = lessons.length === 0;
    for (const [line, text] of [
      [this.#score, describeScore(pupil)],
      [this.#earlier, describeEarlier(pupil, drawn)],
    ] as const) {
      line.textContent = text;
      line.hidden = text === '';
    }
  }
}

/** Of more numbers the first ones tell them apart. */
const MOST_NUMBERS = 8;

function createItem(
  { sample, label, before }: Lesson,
  now: number | undefined,
  classes: readonly string[],
): HTMLLIElement {
  const name = (which: number | undefined) => classes[which ?? -1] ?? String(which);
  const reading = made('span', `now ${name(now)} ${now === label ? '✓' : '✗'}`);
  reading.className = now === label ? 'right' : 'wrong';
  const was = made('span', `was ${name(before.label)}`);
  was.className = 'was';
  return made('li', shown(sample, nameClass(classes, label)), made('strong', name(label)), was, reading);
}

function shown({ given }: Sample, what: string): HTMLElement {
  if (!(given instanceof Uint8Array)) {
    const rest = given.length > MOST_NUMBERS ? ', …' : '';
    const numbers = made('span', given.slice(0, MOST_NUMBERS).join(', ') + rest);
    numbers.className = 'taught';
    return numbers;
  }
  const canvas = Object.assign(made('canvas'), { width: DIGIT_SIDE, height: DIGIT_SIDE });
  showPixels(canvas, given);
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `a drawing that is ${what}`);
  return canvas;
}
