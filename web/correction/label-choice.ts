/** The controls for the right answer: a button for each class, a list of many classes, or a field for each target. */
import type { Labels } from '../../src/core/dataset.ts';
import type { Target } from '../../src/core/targets.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { createButton, createElement, createSelect, onSubmit } from '../dom.ts';

/** With more classes the right one is chosen from a list. */
const MAX_BUTTONS = 12;

export interface LabelChoice {
  readonly element: HTMLElement;
  /** Marks the class that the network answers. */
  mark(label: number | undefined): void;
  focus(): void;
}

/** `onChoose` gets the class, or the standardised values of the targets. */
export function createLabelChoice(info: ModelInfo, onChoose: (labels: Labels) => void): LabelChoice {
  const { classes, targets } = info;
  if (targets !== undefined) return createFields(targets, onChoose);
  const choose = (label: number) => onChoose(Uint16Array.of(label));
  return classes.length > MAX_BUTTONS ? createList(classes, choose) : createButtons(classes, choose);
}

function createButtons(classes: readonly string[], onChoose: (label: number) => void): LabelChoice {
  const buttons = classes.map((name, label) => {
    const button = createButton(name, () => onChoose(label));
    button.title = name;
    if (name.length === 1) button.setAttribute('aria-keyshortcuts', name);
    return button;
  });
  const element = createElement('div', ...buttons);
  element.className = classes.every(({ length }) => length <= 2) ? 'choices short' : 'choices';
  return {
    element,
    // A disabled button would lose the focus.
    mark: (label) => {
      for (const [i, button] of buttons.entries()) button.toggleAttribute('data-answered', i === label);
    },
    focus: () => buttons[0]?.focus(),
  };
}

function createList(classes: readonly string[], onChoose: (label: number) => void): LabelChoice {
  const select = createSelect(classes.map((name, label) => [String(label), name]));
  select.ariaLabel = 'Right class';
  const element = createElement(
    'div',
    select,
    createButton('Learn', () => onChoose(Number(select.value))),
  );
  element.className = 'choices list';
  return { element, mark: () => undefined, focus: () => select.focus() };
}

function createFields(targets: readonly Target[], onChoose: (labels: Labels) => void): LabelChoice {
  const fields = targets.map(({ name }) => {
    const field = Object.assign(createElement('input'), { type: 'number', step: 'any', required: true });
    return { field, label: createElement('label', name, field) };
  });
  const submit = createElement('button', 'Learn');
  const element = createElement('form', ...fields.map(({ label }) => label), submit);
  element.className = 'choices fields';
  onSubmit(element, () => {
    const values = fields.map(({ field }, i) => {
      const { mean = 0, standardDeviation = 1 } = targets[i] ?? {};
      return (field.valueAsNumber - mean) / standardDeviation;
    });
    onChoose(Float32Array.from(values));
  });
  return { element, mark: () => undefined, focus: () => fields[0]?.field.focus() };
}
