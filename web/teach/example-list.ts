/** The examples taught since the page was opened, each with the prediction before teaching and now. */
import { createElement, findElement, showText } from '../dom.ts';
import { drawPixels, type Sample } from '../inputs/sample.ts';
import type { LearnerSession } from './learner-session.ts';
import { describeOthers, describeScore } from './messages.ts';
import type { TaughtExample } from './taught-example.ts';

/** Longer samples are cut after this many values. */
const MAX_VALUES = 8;

export class ExampleList {
  readonly #list = findElement('teach-lessons');

  /** Latest first. */
  show(session: LearnerSession, drawn: boolean): void {
    const { network, examples } = session;
    const items = examples.map((example) => {
      return createItem(example, network?.mlp.predict(example.sample.inputs).label, network?.info.classes ?? []);
    });
    this.#list.classList.toggle('pictures', examples[0]?.sample.raw instanceof Uint8Array);
    this.#list.replaceChildren(...items.reverse());
    this.#list.hidden = examples.length === 0;
    showText(findElement('teach-score'), describeScore(session));
    showText(findElement('teach-earlier'), describeOthers(session, drawn));
  }
}

function createItem(
  { sample, label, before }: TaughtExample,
  now: number | undefined,
  classes: readonly string[],
): HTMLLIElement {
  const name = (index: number | undefined) => classes[index ?? -1] ?? String(index);
  const current = createElement('span', `now ${name(now)} ${now === label ? '✓' : '✗'}`);
  current.className = now === label ? 'right' : 'wrong';
  const previous = Object.assign(createElement('span', `was ${name(before.label)}`), { className: 'was' });
  return createElement(
    'li',
    createPreview(sample, name(label)),
    createElement('strong', name(label)),
    previous,
    current,
  );
}

function createPreview({ raw }: Sample, name: string): HTMLElement {
  if (!(raw instanceof Uint8Array)) {
    const rest = raw.length > MAX_VALUES ? ', …' : '';
    return Object.assign(createElement('span', raw.slice(0, MAX_VALUES).join(', ') + rest), { className: 'taught' });
  }
  const canvas = createElement('canvas');
  drawPixels(canvas, raw);
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `Drawing labelled ${name}`);
  return canvas;
}
