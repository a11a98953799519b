/** Fields that describe a model file of another program: the parameters of an upload. */
import { type Description, type DescriptionTexts, parseDescription } from '../../src/format/description.ts';
import { createElement, createSelect } from '../dom.ts';
import { createField, createHelp } from '../fields.ts';

interface Field {
  readonly label: string;
  readonly help: string;
  readonly choices?: readonly string[];
}

/** Keys are the parameters, which appear in messages of the service. */
const FIELDS = {
  image: { label: 'Image size (image)', help: 'rows and columns of a picture with pixels from 0 to 1, such as 28x28' },
  scaling: { label: 'Scaling (scaling)', help: 'bytes: pixels; identity: numbers', choices: ['bytes', 'identity'] },
  classes: { label: 'Classes (classes)', help: 'names in the order of the outputs, comma-separated' },
  task: {
    label: 'Task (task)',
    help: 'regression: the outputs are numbers',
    choices: ['classification', 'regression'],
  },
  targets: { label: 'Targets (targets)', help: 'names of the numbers of a regression' },
  features: { label: 'Features (features)', help: 'names of the inputs, comma-separated' },
  activation: { label: 'Activation (activation)', help: 'of the hidden layers, for safetensors: relu' },
  layers: { label: 'Order of layers (layers)', help: 'names of the weights, for safetensors: fc1.weight, fc2.weight' },
  mean: { label: 'Mean (mean)', help: 'that training subtracted from the inputs: 0.1307' },
  std: { label: 'Standard deviation (std)', help: 'that training divided the inputs by: 0.3081' },
  pictures: { label: 'Pictures (pictures)', help: 'how a PNG becomes an input', choices: ['centred', 'as-is'] },
} as const satisfies Readonly<Record<keyof DescriptionTexts, Field>>;

export class DescriptionFields {
  readonly host: HTMLElement;
  readonly #controls = new Map<string, HTMLInputElement | HTMLSelectElement>();

  constructor(host: HTMLElement, onChange: () => void) {
    this.host = host;
    for (const [name, field] of Object.entries(FIELDS)) {
      const control = createControl(field);
      Object.assign(control, { id: `upload-${name}`, name, autocomplete: 'off' });
      host.append(createField(control, field.label, createHelp(control.id, field.help)));
      this.#controls.set(name, control);
    }
    // On input, not on blur: a message that appears on blur moves the button away from the pointer.
    host.addEventListener('input', onChange);
  }

  /** Throws EdgeMlpError "bad-argument". Without fields for a file that describes itself. */
  read(): Description {
    if (this.host.hidden) return {};
    const texts = [...this.#controls].map(([name, { value }]) => [name, value.trim()] as const);
    return parseDescription(Object.fromEntries(texts.filter(([, text]) => text !== '')));
  }
}

function createControl({ choices }: Field): HTMLInputElement | HTMLSelectElement {
  if (choices === undefined)
    return Object.assign(createElement('input'), { spellcheck: false, autocapitalize: 'none' });
  return createSelect(['', ...choices].map((value) => [value, value || 'not given']));
}
