/** Numbers for a network that takes no drawings: a field for each of a few, one box for many. */
import { EdgeMlpError, errorMessage } from '../../src/core/errors.ts';
import { inputSize } from '../../src/core/spec.ts';
import { jsonSamples } from '../../src/data/json-samples.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { made } from '../dom.ts';
import type { PadEvents } from '../drawing-pad.ts';
import { integer } from '../words.ts';
import type { InputKind, Sample } from './sample.ts';
import '../forms.css';
import './numbers.css';

/** Beyond so many the fields are smaller. */
const ROOMY = 12;
/** Fields beside each other on a telephone, each for two digits. */
const MOST_COLUMNS = 8;
/** Of a file that is opened: a million numbers and more. */
const MOST_FILE_BYTES = 16 * 2 ** 20;

export class NumbersInput {
  readonly #host: HTMLElement;
  readonly #events: PadEvents;
  #info: ModelInfo | undefined;
  #kind: InputKind = 'fields';
  #fields: HTMLInputElement[] = [];
  readonly #box = made('textarea');

  constructor(host: HTMLElement, events: PadEvents) {
    this.#host = host;
    this.#events = events;
    Object.assign(this.#box, { id: `${host.id}-box`, rows: 8, spellcheck: false, autocomplete: 'off' });
    host.addEventListener('input', () => events.changed());
    // At the end of an input, as a pad is silent until a stroke has ended.
    host.addEventListener('change', () => events.paused());
    host.addEventListener('paste', (event) => this.#paste(event));
  }

  get empty(): boolean {
    return this.#kind === 'list' && this.#box.value.trim() === '';
  }

  /** What is written stays where the next network takes the same inputs. */
  open(info: ModelInfo, kind: InputKind): void {
    const same =
      this.#info !== undefined && JSON.stringify(describeShape(this.#info)) === JSON.stringify(describeShape(info));
    this.#info = info;
    this.#kind = kind;
    if (same) return;
    this.#host.replaceChildren(...(kind === 'fields' ? this.#makeFields(info) : this.#makeBox(info)));
  }

  /** Throws `bad-data` or `bad-shape`. */
  read(): Sample {
    const info = this.#info;
    if (info === undefined) throw new Error('there is no network to read numbers for');
    const numbers = this.#kind === 'fields' ? this.#fields.map(numberIn) : numbersIn(this.#box.value);
    const shape = { columns: inputSize(info.spec), scaling: info.scaling };
    if (numbers.length !== shape.columns) {
      const got = integer(numbers.length);
      throw new EdgeMlpError('bad-shape', `Expected ${integer(shape.columns)} numbers, got ${got}`);
    }
    return { given: numbers, inputs: jsonSamples(numbers, shape, 'the sample') };
  }

  #makeFields(info: ModelInfo): Node[] {
    const inputs = inputSize(info.spec);
    this.#fields = [];
    const grid = made('div');
    const picture = pictureSize(info);
    grid.className = picture ? 'fields picture' : inputs > ROOMY ? 'fields small' : 'fields';
    if (picture) grid.style.setProperty('--columns', String(picture[1]));
    for (let i = 0; i < inputs; i++) {
      const name = info.features?.[i] ?? (picture ? placeIn(picture, i) : `Input ${i + 1}`);
      const field = made('input');
      const { start, step, help, least, most } = usual(info, i);
      Object.assign(field, {
        id: `${this.#host.id}-${i}`,
        type: 'number',
        autocomplete: 'off',
        step,
        min: least,
        max: most,
      });
      field.name = name;
      // The attribute, too: arrow keys count from there.
      field.setAttribute('value', start);
      const label = made('label', name);
      label.htmlFor = field.id;
      if (picture) label.className = 'spoken';
      const item = made('div', label, field);
      item.className = 'field';
      if (help !== '' && inputs <= ROOMY) {
        const note = made('p', help);
        Object.assign(note, { id: `${field.id}-help`, className: 'help' });
        field.setAttribute('aria-describedby', note.id);
        item.append(note);
      }
      this.#fields.push(field);
      grid.append(item);
    }
    const reset = Object.assign(made('button', 'Reset'), { type: 'button' });
    reset.addEventListener('click', () => this.#write(this.#fields.map((field) => field.defaultValue)));
    const help = made('p', inputs === 1 ? '' : 'A row of a table can be pasted into any field.');
    help.className = 'help';
    return [grid, createTools(reset), help];
  }

  #makeBox(info: ModelInfo): Node[] {
    const inputs = integer(inputSize(info.spec));
    this.#box.value = '';
    this.#box.placeholder = info.scaling.kind === 'bytes' ? '0, 0, 17, 255, …' : '0.5, -1.25, 3, …';
    const of = info.imageShape === undefined ? '' : `, ${info.imageShape.join(' rows of ')}`;
    const label = made('label', `${inputs} numbers${of}`);
    label.htmlFor = this.#box.id;
    const help = made('p', 'With commas, spaces or line breaks between, or as JSON.');
    Object.assign(help, { id: `${this.#box.id}-help`, className: 'help' });
    this.#box.setAttribute('aria-describedby', help.id);
    const item = made('div', label, this.#box, help);
    item.className = 'field';
    const file = Object.assign(made('input'), { id: `${this.#host.id}-file`, type: 'file', accept: '.csv,.json,.txt' });
    const open = Object.assign(made('label', 'Open a file'), { className: 'button', htmlFor: file.id });
    // The drawing pad's own file, in the other section, is asked for in the same way.
    file.addEventListener('change', (event) => {
      event.stopPropagation();
      void this.#open(file.files?.[0]);
      file.value = '';
    });
    const clear = Object.assign(made('button', 'Clear'), { type: 'button' });
    clear.addEventListener('click', () => this.#write(['']));
    return [item, createTools(open, file, clear)];
  }

  async #open(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    const text = file.size > MOST_FILE_BYTES ? `(${file.name} is too large)` : await file.text();
    this.#write([text]);
  }

  /** Into all fields, or the box. */
  #write(texts: readonly string[]): void {
    const targets = this.#kind === 'fields' ? this.#fields : [this.#box];
    for (const [i, target] of targets.entries()) target.value = texts[i] ?? '';
    this.#events.changed();
    this.#events.paused();
  }

  /** As many numbers as there are fields are one for each. */
  #paste(event: ClipboardEvent): void {
    if (this.#kind !== 'fields' || this.#fields.length < 2) return;
    try {
      const numbers = numbersIn(event.clipboardData?.getData('text') ?? '');
      if (numbers.length !== this.#fields.length) return;
      event.preventDefault();
      this.#write(numbers.map(String));
    } catch {
      // No numbers: the browser does with it what it does.
    }
  }
}

function describeShape({ spec, features, scaling, imageShape }: ModelInfo) {
  return { inputs: inputSize(spec), features, scaling, imageShape };
}

/** Rows and columns, where the fields can be laid out as a picture. */
function pictureSize({ imageShape }: ModelInfo): readonly [number, number] | undefined {
  return imageShape !== undefined && imageShape[1] <= MOST_COLUMNS ? imageShape : undefined;
}

function placeIn([, columns]: readonly [number, number], i: number): string {
  return `Row ${Math.floor(i / columns) + 1}, column ${(i % columns) + 1}`;
}

function createTools(...content: Node[]): HTMLElement {
  const tools = made('div', ...content);
  tools.className = 'tools';
  return tools;
}

/** Where a field begins, and what is usual there: what the network has learnt from. */
function usual({ scaling }: ModelInfo, i: number) {
  const bounds = { least: '', most: '' };
  if (scaling.kind === 'bytes') return { start: '0', step: '1', help: '0 to 255', least: '0', most: '255' };
  if (scaling.kind === 'identity') return { start: '0', step: 'any', help: '', ...bounds };
  const [mean = 0, deviation = 1] = [scaling.mean[i], scaling.standardDeviation[i]];
  // A tenth of what is usual, as a round number.
  const step = 10 ** Math.floor(Math.log10(deviation / 2));
  const decimals = Math.min(20, Math.max(0, -Math.floor(Math.log10(step))));
  const text = (value: number) => String(Number(value.toFixed(decimals)));
  return { start: text(mean), step: text(step), help: `mean ${text(mean)}, ± ${text(deviation)}`, ...bounds };
}

function numberIn(field: HTMLInputElement): number {
  const number = field.valueAsNumber;
  if (Number.isFinite(number)) return number;
  throw new EdgeMlpError('bad-data', `${field.name}: expected a number, got ${field.value || 'nothing'}`);
}

/** Throws `bad-data`. */
function numbersIn(text: string): number[] {
  const trimmed = text.trim();
  const list = /^[[{]/.test(trimmed) ? listIn(trimmed) : cellsIn(trimmed);
  return list.map((each, i) => {
    const number = typeof each === 'string' && each !== '' ? Number(each) : each;
    if (typeof number === 'number' && Number.isFinite(number)) return number;
    const got = each === '' ? 'nothing' : String(each).slice(0, 40);
    throw new EdgeMlpError('bad-data', `Number ${integer(i + 1)}: expected a number, got ${got}`);
  });
}

/** Separated by commas, semicolons or tabs, of which two have an empty cell between them; or by spaces and line breaks alone. */
function cellsIn(text: string): string[] {
  const separator = /[,;\t]/.test(text) ? /[^\S\t]*[,;\t][^\S\t]*|\s*\n\s*/ : /\s+/;
  return text.replace(/[,;]$/, '').split(separator);
}

/** Of a list, a list of lists, or an object that has one as the service takes it. */
function listIn(text: string): unknown[] {
  try {
    const value = JSON.parse(text);
    const list = Array.isArray(value) ? value : (value.inputs ?? value.pixels);
    return Array.isArray(list) ? list.flat(2) : [list];
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `Expected numbers or JSON, got: ${errorMessage(cause)}`, { cause });
  }
}
