/**
 * Inputs for models that take numbers or rows of a table: a field for each value, with a list of the categories for a
 * column of texts, or one text box for many values.
 */
import { EdgeMlpError, errorMessage } from '../../src/core/errors.ts';
import { inputSize } from '../../src/core/spec.ts';
import { countColumnInputs, type TableColumn } from '../../src/core/table-columns.ts';
import { jsonSamples } from '../../src/data/json-samples.ts';
import { scaleInputs } from '../../src/data/scaling.ts';
import { rowInputs } from '../../src/data/table-rows.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { createButton, createElement, createSelect } from '../dom.ts';
import { createField, createHelp } from '../fields.ts';
import { formatCount, formatInteger } from '../format.ts';
import type { InputEvents } from './drawing-pad.ts';
import type { InputKind, Sample } from './sample.ts';
import '../forms.css';
import './numbers.css';

/** With more fields each one is smaller and has no help text. */
const MAX_LARGE_FIELDS = 12;
/** Images up to this width are laid out as a grid: eight two-digit fields fit on a phone. */
const MAX_GRID_COLUMNS = 8;
/** Enough for a million numbers. */
const MAX_FILE_BYTES = 16 * 2 ** 20;

export class NumbersInput {
  readonly #host: HTMLElement;
  readonly #events: InputEvents;
  #info: ModelInfo | undefined;
  #kind: InputKind = 'fields';
  #fields: (HTMLInputElement | HTMLSelectElement)[] = [];
  readonly #box = createElement('textarea');
  #fileError = '';

  constructor(host: HTMLElement, events: InputEvents) {
    this.#host = host;
    this.#events = events;
    Object.assign(this.#box, { id: `${host.id}-box`, rows: 8, spellcheck: false, autocomplete: 'off' });
    host.addEventListener('input', () => {
      this.#fileError = '';
      events.onChange();
    });
    host.addEventListener('change', () => events.onPause());
    host.addEventListener('paste', (event) => this.#paste(event));
  }

  get empty(): boolean {
    return this.#kind === 'box' && this.#box.value.trim() === '' && this.#fileError === '';
  }

  /** Keeps the entered values if the new model has the same inputs. */
  open(info: ModelInfo, kind: InputKind): void {
    const same = this.#info !== undefined && describeInputs(this.#info) === describeInputs(info);
    this.#info = info;
    this.#kind = kind;
    if (same) return;
    this.#host.replaceChildren(...(kind === 'fields' ? this.#createFields(info) : this.#createBox(info)));
  }

  /** Throws EdgeMlpError `bad-data` or `bad-shape`. */
  read(): Sample {
    const info = this.#info;
    if (info === undefined) throw new Error('read() was called before open()');
    if (this.#fileError !== '') throw new EdgeMlpError('bad-data', this.#fileError);
    const { tableColumns, scaling } = info;
    if (tableColumns !== undefined) {
      const cells = this.#kind === 'fields' ? this.#fields.map(({ value }) => value) : parseCells(this.#box.value);
      const raw = rowInputs([cells], { name: 'Sample', columns: tableColumns });
      return { raw: [...raw], inputs: scaleInputs(raw, scaling) };
    }
    const values = this.#kind === 'fields' ? this.#fields.map(readField) : parseValues(this.#box.value);
    const shape = { columns: inputSize(info.spec), scaling };
    if (values.length !== shape.columns) {
      const [expected, got] = [shape.columns, values.length].map(formatInteger);
      throw new EdgeMlpError('bad-shape', `Expected ${expected} values, got ${got}`);
    }
    return { raw: values, inputs: jsonSamples(values, shape, 'the sample') };
  }

  #createFields(info: ModelInfo): Node[] {
    const inputs = inputSize(info.spec);
    const { imageShape } = info;
    const columns = imageShape !== undefined && imageShape[1] <= MAX_GRID_COLUMNS ? imageShape[1] : 0;
    this.#fields = [];
    const grid = createElement('div');
    grid.className = columns > 0 ? 'fields picture' : inputs > MAX_LARGE_FIELDS ? 'fields small' : 'fields';
    if (columns > 0) grid.style.setProperty('--columns', String(columns));
    const add = (name: string, field: HTMLInputElement | HTMLSelectElement, help: string) => {
      Object.assign(field, { id: `${this.#host.id}-${this.#fields.length}`, name, autocomplete: 'off' });
      const notes = help !== '' && inputs <= MAX_LARGE_FIELDS ? [createHelp(field.id, help)] : [];
      const item = createField(field, name, ...notes);
      if (columns > 0) item.firstElementChild?.classList.add('spoken');
      this.#fields.push(field);
      grid.append(item);
    };
    if (info.tableColumns === undefined) {
      for (let i = 0; i < inputs; i++) {
        const position = `Row ${Math.floor(i / columns) + 1}, column ${(i % columns) + 1}`;
        const name = info.features?.[i] ?? (columns > 0 ? position : `Input ${i + 1}`);
        const { help, ...range } = describeField(info, i);
        add(name, createNumberField(range), help);
      }
    } else {
      let at = 0;
      for (const column of info.tableColumns) {
        const { help, ...range } = describeField(info, at);
        if (column.kind === 'number') add(column.name, createNumberField(range), help);
        else add(column.name, createCategories(column), formatCount(column.categories.length, 'value'));
        at += countColumnInputs(column);
      }
    }
    const defaults = this.#fields.map((field) => field.getAttribute('value') ?? field.value);
    const help = createHelp(this.#host.id, inputs === 1 ? '' : 'You can paste a table row into any field.');
    const reset = createButton('Reset', () => this.#write(defaults));
    return [grid, createTools(reset), help];
  }

  #createBox(info: ModelInfo): Node[] {
    const { scaling, spec, imageShape } = info;
    this.#box.value = '';
    this.#box.placeholder = scaling.kind === 'bytes' ? '0, 0, 17, 255, …' : '0.5, -1.25, 3, …';
    const rows = imageShape === undefined ? '' : `, ${imageShape.join(' rows of ')}`;
    const help = createHelp(this.#box.id, 'Separate the values with commas, spaces or line breaks, or enter JSON.');
    const item = createField(this.#box, `${formatInteger(inputSize(spec))} values${rows}`, help);
    const file = createElement('input');
    Object.assign(file, { id: `${this.#host.id}-file`, className: 'spoken', type: 'file', accept: '.csv,.json,.txt' });
    const open = Object.assign(createElement('label', 'Open file'), { className: 'button', htmlFor: file.id });
    file.addEventListener('change', (event) => {
      // The values change later, when the file has been read.
      event.stopPropagation();
      void this.#openFile(file.files?.[0]);
      file.value = '';
    });
    const clear = createButton('Clear', () => this.#write(['']));
    return [item, createTools(open, file, clear)];
  }

  async #openFile(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    const tooLarge = file.size > MAX_FILE_BYTES;
    this.#write([tooLarge ? '' : await file.text()], tooLarge ? `${file.name} is larger than 16 MB` : '');
  }

  /** Sets all fields, or the text box. */
  #write(texts: readonly string[], fileError = ''): void {
    const targets = this.#kind === 'fields' ? this.#fields : [this.#box];
    for (const [i, target] of targets.entries()) target.value = texts[i] ?? '';
    this.#fileError = fileError;
    this.#events.onChange();
    this.#events.onPause();
  }

  /** Distributes the pasted values over the fields if there is exactly one value per field. */
  #paste(event: ClipboardEvent): void {
    if (this.#kind !== 'fields' || this.#fields.length < 2) return;
    try {
      const text = event.clipboardData?.getData('text') ?? '';
      const values = this.#info?.tableColumns === undefined ? parseValues(text) : parseCells(text).map(String);
      if (values.length !== this.#fields.length) return;
      event.preventDefault();
      this.#write(values.map(String));
    } catch {
      // The text has no values: the browser pastes it into the focused field.
    }
  }
}

function describeInputs({ spec, features, tableColumns, scaling, imageShape }: ModelInfo): string {
  return JSON.stringify({ inputs: inputSize(spec), features, tableColumns, scaling, imageShape });
}

function createTools(...content: Node[]): HTMLElement {
  return Object.assign(createElement('div', ...content), { className: 'tools' });
}

function createNumberField({ start, ...range }: { start: string; step: string; min: string; max: string }) {
  const field = Object.assign(createElement('input'), { type: 'number', ...range });
  // Arrow keys count from the value of the attribute.
  field.setAttribute('value', start);
  return field;
}

/** A list of the categories, with an empty entry if the model fills missing cells. */
function createCategories({ categories, fill }: Extract<TableColumn, { kind: 'categories' }>): HTMLSelectElement {
  const options = [...categories, ...(fill === undefined ? [] : [''])];
  return createSelect(options.map((category) => [category, category || 'missing']));
}

/**
 * Initial value, step and range of a field: the training data's mean, and 10 % of its deviation rounded to a power of
 * ten.
 */
function describeField({ scaling }: ModelInfo, i: number) {
  const bounds = { min: '', max: '' };
  if (scaling.kind === 'bytes') return { start: '0', step: '1', help: '0 to 255', min: '0', max: '255' };
  if (scaling.kind === 'identity') return { start: '0', step: 'any', help: '', ...bounds };
  const [mean = 0, deviation = 1] = [scaling.mean[i], scaling.standardDeviation[i]];
  const step = 10 ** Math.floor(Math.log10(deviation / 2));
  const decimals = Math.min(20, Math.max(0, -Math.floor(Math.log10(step))));
  const format = (value: number) => String(Number(value.toFixed(decimals)));
  return { start: format(mean), step: format(step), help: `mean ${format(mean)} ± ${format(deviation)}`, ...bounds };
}

/** Throws EdgeMlpError `bad-data`. */
function readField(field: HTMLInputElement | HTMLSelectElement): number {
  const value = field.value === '' ? Number.NaN : Number(field.value);
  if (Number.isFinite(value)) return value;
  throw new EdgeMlpError('bad-data', `${field.name}: expected a number, got ${field.value || 'nothing'}`);
}

/** Throws EdgeMlpError `bad-data`. */
function parseValues(text: string): number[] {
  return parseCells(text).map((cell, i) => {
    const value = typeof cell === 'string' && cell !== '' ? Number(cell) : cell;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    const got = cell === '' ? 'nothing' : String(cell).slice(0, 40);
    throw new EdgeMlpError('bad-data', `Value ${formatInteger(i + 1)}: expected a number, got ${got}`);
  });
}

/** The cells of a text or of JSON. Throws EdgeMlpError `bad-data`. */
function parseCells(text: string): unknown[] {
  const trimmed = text.trim();
  return /^[[{]/.test(trimmed) ? parseJson(trimmed) : splitCells(trimmed);
}

/**
 * Splits at commas, semicolons or tabs if there are any, keeping empty cells, and otherwise at spaces and line breaks.
 */
function splitCells(text: string): string[] {
  const separator = /[,;\t]/.test(text) ? /[^\S\t]*[,;\t][^\S\t]*|\s*\n\s*/ : /\s+/;
  return text.replace(/[,;]$/, '').split(separator);
}

/** Accepts a list, a list of lists, or a request body of the service. */
function parseJson(text: string): unknown[] {
  try {
    const value = JSON.parse(text);
    const list = Array.isArray(value) ? value : (value.inputs ?? value.pixels);
    return Array.isArray(list) ? list.flat(2) : [list];
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `Expected numbers or JSON: ${errorMessage(cause)}`, { cause });
  }
}
