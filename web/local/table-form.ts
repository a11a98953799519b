/** A table for training: its plan, and the choices that change the plan. The table stays in this browser. */

import type { MISSING_POLICIES } from '../../src/data/csv-table.ts';
import { ENCODINGS } from '../../src/data/decode.ts';
import { showAndAnnounce } from '../announcer.ts';
import { createElement, createSelect, setOptions, showText } from '../dom.ts';
import { createField } from '../fields.ts';
import { formatCount } from '../format.ts';
import type { TablePlan } from './read-table.ts';
import { putValue } from './storage.ts';
import type { StoredTable, TableChoice } from './table-choice.ts';
import { createColumnList, describeOutputs, describeRows, type ListedColumn, listWarnings } from './table-summary.ts';
import { planTable } from './training-client.ts';
import './table.css';

const TASKS = { classification: 'a class', regression: 'a number' };
const MISSING: Readonly<Record<(typeof MISSING_POLICIES)[number], string>> = {
  refuse: 'report an error',
  drop: 'drop their rows',
  mean: 'fill with mean or most frequent text',
  'most-frequent': 'fill with the most frequent value',
};
const HEADERS = { '': 'automatic', true: 'has names of the columns', false: 'is a sample' };
const DECIMALS = { '.': 'point: 1.5', ',': 'comma: 1,5' };

interface TableFormEvents {
  /** Called with undefined while the table is read, or cannot be used. */
  readonly onPlan: (plan: TablePlan | undefined) => void;
}

export class TableForm {
  readonly #host: HTMLElement;
  readonly #events: TableFormEvents;
  readonly #status = Object.assign(createElement('p'), { className: 'help' });
  readonly #problem = Object.assign(createElement('p'), { className: 'problem', hidden: true });
  readonly #label = createSelectField('table-label', 'Column to predict');
  readonly #task = createSelectField('table-task', 'Predict', TASKS);
  readonly #missing = createSelectField('table-missing', 'Missing cells', MISSING);
  readonly #header = createSelectField('table-header', 'First line', HEADERS);
  readonly #decimal = createSelectField('table-decimal', 'Decimal separator', DECIMALS);
  readonly #encoding = createSelectField('table-encoding', 'Encoding', {
    '': 'automatic',
    ...Object.fromEntries(ENCODINGS.map((name) => [name, name])),
  });
  readonly #format = createElement(
    'details',
    createElement('summary', 'File format'),
    createGrid(this.#header.item, this.#decimal.item, this.#encoding.item),
  );
  readonly #summary = Object.assign(createElement('div'), { className: 'plan' });
  #reading = new AbortController();
  #file: File | undefined;
  #choice: TableChoice = {};
  #plan: TablePlan | undefined;

  constructor(host: HTMLElement, events: TableFormEvents) {
    this.#host = host;
    this.#events = events;
    for (const { select } of [this.#label, this.#task, this.#missing, this.#header, this.#decimal, this.#encoding]) {
      select.addEventListener('change', () => this.#change(select));
    }
    host.append(
      this.#status,
      this.#problem,
      createGrid(this.#label.item, this.#task.item, this.#missing.item),
      this.#format,
      this.#summary,
    );
  }

  /** The table as planned; undefined while it is read, or if it cannot be used. */
  get plan(): TablePlan | undefined {
    return this.#plan;
  }

  /** Reads the table in a worker, and keeps it in this browser if it can be used. */
  async open(file: File, choice: TableChoice = {}): Promise<void> {
    this.#host.hidden = false;
    this.#file = file;
    this.#choice = choice;
    this.#summary.replaceChildren();
    await this.#read();
  }

  close(): void {
    this.#reading.abort();
    this.#host.hidden = true;
    this.#host.ariaBusy = 'false';
    this.#setPlan(undefined);
  }

  /** Moves the focus to what has to change before the table can be used. */
  focus(): void {
    this.#label.select.focus();
  }

  #change(changed: HTMLSelectElement): void {
    const [label, task, missing, header, decimal, encoding] = [
      this.#label,
      this.#task,
      this.#missing,
      this.#header,
      this.#decimal,
      this.#encoding,
    ].map(({ select }) => select.value);
    // Another column to predict has other values, and another first line has other names.
    const renamed = changed === this.#header.select || changed === this.#decimal.select;
    const isNew = renamed || changed === this.#label.select || changed === this.#encoding.select;
    this.#choice = {
      label: renamed ? undefined : label,
      task: isNew ? undefined : (task as TableChoice['task']),
      ignore: isNew ? undefined : this.#choice.ignore,
      missing: missing as TableChoice['missing'],
      header: header === '' ? undefined : header === 'true',
      decimal: decimal as TableChoice['decimal'],
      encoding: encoding === '' ? undefined : (encoding as TableChoice['encoding']),
    };
    void this.#read();
  }

  #useColumn(name: string, used: boolean): void {
    const ignored = (this.#choice.ignore ?? []).filter((title) => title !== name);
    this.#choice = { ...this.#choice, ignore: used ? ignored : [...ignored, name] };
    void this.#read();
  }

  async #read(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    this.#reading.abort();
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    this.#setPlan(undefined);
    this.#host.ariaBusy = 'true';
    showText(this.#status, `Reading ${file.name}…`);
    const plan = await planTable(file, this.#choice, signal).catch(() => undefined);
    if (plan === undefined || signal.aborted) return;
    this.#host.ariaBusy = 'false';
    if ('message' in plan) return this.#showProblem(plan.header, plan.message);
    this.#choice = plan.choice;
    this.#showPlan(file.name, plan);
    this.#setPlan(plan);
    const stored: StoredTable = { file, choice: plan.choice };
    await putValue('table', file.name, stored).catch((error: Error) => showAndAnnounce(this.#problem, error.message));
  }

  #setPlan(plan: TablePlan | undefined): void {
    this.#plan = plan;
    this.#events.onPlan(plan);
  }

  #showProblem(header: readonly string[], message: string): void {
    this.#status.hidden = true;
    showAndAnnounce(this.#problem, message);
    this.#showFields(header);
    if (header.length === 0 || /first line|decimal|encoding/.test(message)) this.#format.open = true;
    const { ignore = [], label = header.at(-1) } = this.#choice;
    const columns = header.filter((name) => name !== label).map((name) => ({ name, used: !ignore.includes(name) }));
    this.#showColumns([], columns, []);
  }

  #showPlan(name: string, { header, choice, leftOut, summary }: TablePlan): void {
    showText(this.#problem, '');
    const { table } = summary;
    if (table === undefined) return;
    const used = formatCount(table.columns.length, 'column');
    showAndAnnounce(this.#status, `${name}: ${describeRows(table)}, ${used} used. The file stays in this browser.`);
    this.#showFields(header);
    const { label, ignore = [] } = choice;
    const statistics = new Map(table.columns.map((column) => [column.name, column]));
    const columns = header
      .filter((title) => title !== label)
      .map((title) => ({ name: title, used: !ignore.includes(title), statistics: statistics.get(title) }));
    this.#showColumns([describeOutputs(label ?? '', summary)], columns, listWarnings(leftOut, table));
  }

  /** Keeps the focus and the scroll position of the list. */
  #showColumns(before: readonly Node[], columns: readonly ListedColumn[], after: readonly Node[]): void {
    const [earlier] = this.#summary.getElementsByTagName('section');
    const { scrollTop = 0 } = earlier ?? {};
    const focused = document.activeElement;
    const list = createColumnList(columns, (name, used) => this.#useColumn(name, used));
    const focusable = [...list.getElementsByTagName('input')];
    const name = focused instanceof HTMLInputElement && earlier?.contains(focused) ? focused.name : undefined;
    this.#summary.replaceChildren(...before, list, ...after);
    list.scrollTop = scrollTop;
    focusable.find((box) => box.name === name)?.focus();
  }

  /** Shows the current choices. Without a header the file is not a table, and only its format can be chosen. */
  #showFields(header: readonly string[]): void {
    const { label, task, missing = 'refuse', decimal = '.', encoding = '' } = this.#choice;
    const isTable = header.length > 0;
    for (const { item } of [this.#label, this.#task, this.#missing]) item.hidden = !isTable;
    setOptions(this.#label.select, header);
    this.#label.select.value = label ?? header.at(-1) ?? '';
    this.#task.select.value = task ?? 'classification';
    this.#missing.select.value = missing;
    this.#header.select.value = String(this.#choice.header ?? '');
    this.#decimal.select.value = decimal;
    this.#encoding.select.value = encoding;
  }
}

interface SelectField {
  readonly item: HTMLElement;
  readonly select: HTMLSelectElement;
}

function createSelectField(id: string, text: string, choices: Readonly<Record<string, string>> = {}): SelectField {
  const select = Object.assign(createSelect(Object.entries(choices)), { id });
  return { item: createField(select, text), select };
}

function createGrid(...items: HTMLElement[]): HTMLElement {
  return Object.assign(createElement('div', ...items), { className: 'choices' });
}
