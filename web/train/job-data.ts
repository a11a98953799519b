/** The data set of a new job: a generated one, one of the service, or a table in this browser. */
import type { DatasetInfo } from '../../src/client/index.ts';
import type { DataKind } from '../../src/core/default-options.ts';
import { countValidation } from '../../src/data/parts.ts';
import { announce } from '../announcer.ts';
import { findElement, setOptions, showText } from '../dom.ts';
import { formatCount, formatInteger } from '../format.ts';
import type { DataShape } from '../local/local-run.ts';
import { deleteValue, getValue, listValues } from '../local/storage.ts';
import type { StoredTable, TableChoice } from '../local/table-choice.ts';
import type { TableForm } from '../local/table-form.ts';
import type { Place } from '../place-choice.ts';
import { createClient, describeError } from '../service.ts';

/** The generated data sets. */
const GENERATED: Readonly<Record<string, { readonly text: string } & DataShape>> = {
  digits: {
    text: '12,000 generated digits, 28×28 pixels',
    kind: 'pictures',
    samples: 12_000 - countValidation(12_000),
    inputs: 784,
    outputs: 10,
  },
  ellipse: {
    text: '4,000 generated points, inside or outside an ellipse',
    kind: 'ellipse',
    samples: 4000 - countValidation(4000),
    inputs: 2,
    outputs: 2,
  },
};

/** Properties of the selected data that decide defaults and fields of the form. */
export interface SelectedData {
  readonly kind: DataKind;
  readonly isRegression: boolean;
}

/** The data of a run in this browser. */
interface LocalData {
  readonly shape: DataShape;
  readonly table: TableChoice | undefined;
}

export class JobData {
  readonly #select = findElement('job-data', HTMLSelectElement);
  readonly #help = findElement('job-data-help');
  readonly #file = findElement('job-file', HTMLInputElement);
  readonly #onSelect: (data: SelectedData) => void;
  #table: TableForm | undefined;
  #place: Place = 'browser';
  #signal: AbortSignal = AbortSignal.abort();

  constructor(onSelect: (data: SelectedData) => void) {
    this.#onSelect = onSelect;
    setOptions(this.#select, Object.keys(GENERATED));
    this.#select.addEventListener('change', () => {
      void this.#describe().then(() => announce(this.#help.textContent));
    });
    this.#file.addEventListener('change', () => {
      const [file] = this.#file.files ?? [];
      this.#file.value = '';
      if (file !== undefined) void this.openFile(file);
    });
    findElement('job-forget').addEventListener('click', () => void this.#forget());
  }

  get name(): string {
    return this.#select.value;
  }

  /** The data of a run in this browser; undefined while the table cannot be used. */
  get local(): LocalData | undefined {
    const generated = GENERATED[this.name];
    if (generated !== undefined) return { shape: generated, table: undefined };
    const plan = this.#table?.plan;
    return plan && { shape: plan.shape, table: plan.choice };
  }

  /** Lists and describes the data of a place. Requests are aborted with `signal`. */
  async open(place: Place, signal: AbortSignal): Promise<void> {
    [this.#place, this.#signal] = [place, signal];
    findElement('job-open').hidden = place === 'service';
    const { name } = this;
    // Before the list arrives, so that the fields below do not move.
    if (Object.hasOwn(GENERATED, name)) void this.#describe();
    try {
      const names = place === 'service' ? await createClient(signal).datasets.names() : await listTables();
      if (signal.aborted || this.#place !== place) return;
      // A file that was opened meanwhile is not stored yet.
      const opened = this.name === name ? [] : [this.name];
      setOptions(this.#select, [...new Set([...Object.keys(GENERATED), ...names, ...opened])]);
      if (opened.length > 0) return;
    } catch (error) {
      if (!signal.aborted) this.#help.textContent = `Could not load the list of data sets. ${describeError(error)}`;
      return;
    }
    await this.#describe();
  }

  /** Selects a data set that may not be listed. */
  select(name: string): void {
    setOptions(this.#select, [...new Set([...Object.keys(GENERATED), name])]);
    this.#select.value = name;
  }

  async openFile(file: File, choice?: TableChoice): Promise<void> {
    if (![...this.#select.options].some(({ value }) => value === file.name)) {
      setOptions(this.#select, [...Array.from(this.#select.options, ({ value }) => value), file.name]);
    }
    this.#select.value = file.name;
    this.#help.textContent = '';
    findElement('job-forget').hidden = false;
    const { TableForm } = await import('../local/table-form.ts');
    // Another data set was selected meanwhile.
    if (this.name !== file.name || this.#place !== 'browser') return;
    this.#table ??= new TableForm(findElement('job-table'), {
      onPlan: (plan) => {
        if (plan !== undefined) this.#onSelect({ kind: plan.shape, isRegression: plan.shape.task === 'regression' });
      },
    });
    await this.#table.open(file, choice);
  }

  /** Moves the focus to what has to change before the data can be used. */
  focus(): void {
    if (this.#table === undefined) this.#select.focus();
    else this.#table.focus();
  }

  /** Describes the selected data below their name. */
  async #describe(): Promise<void> {
    const { name } = this;
    const generated = GENERATED[name];
    this.#help.textContent = generated?.text ?? '';
    findElement('job-forget').hidden = generated !== undefined || this.#place === 'service';
    this.#table?.close();
    if (generated !== undefined) return this.#onSelect({ kind: generated, isRegression: false });
    return this.#place === 'service' ? this.#describeDataset(name) : this.#openStored(name);
  }

  async #describeDataset(name: string): Promise<void> {
    const info = await createClient(this.#signal).datasets.get(name).catch(describeError);
    if (this.name !== name || this.#place !== 'service' || this.#signal.aborted) return;
    this.#help.textContent = typeof info === 'string' ? info : describeDataset(info);
    if (typeof info === 'string') return;
    this.#onSelect({ kind: readKind(info), isRegression: readTargets(info) !== undefined });
  }

  async #openStored(name: string): Promise<void> {
    const stored = await getValue<StoredTable>('table', name).catch(describeError);
    if (this.name !== name || this.#place !== 'browser') return;
    if (typeof stored === 'object') return this.openFile(stored.file, stored.choice);
    showText(this.#help, stored ?? `${name} is not kept in this browser. Open the file again.`);
  }

  async #forget(): Promise<void> {
    try {
      await deleteValue('table', this.name);
      setOptions(this.#select, [...Object.keys(GENERATED), ...(await listTables())]);
    } catch (error) {
      showText(this.#help, describeError(error));
      return;
    }
    this.#select.focus();
    await this.#describe();
  }
}

async function listTables(): Promise<string[]> {
  return (await listValues<StoredTable>('table')).map(({ file }) => file.name);
}

function readKind({ kind, training: { samples } }: DatasetInfo): DataKind {
  return { kind, samples: samples - countValidation(samples) };
}

function describeDataset(info: DatasetInfo): string {
  const samples = `${formatInteger(info.training.samples)} samples`;
  if (info.kind === 'pictures') return `${samples}, ${info.rows}×${info.columns} pixels, ${info.classes} classes`;
  const targets = readTargets(info);
  const features = formatCount(info.features.length, 'feature');
  const outputs =
    targets === undefined
      ? `${info.classes.length} classes`
      : `${targets.length === 1 ? 'target' : 'targets'} ${targets.join(', ')}`;
  return `${samples}, ${features}, ${outputs}`;
}

/** Headers of the targets of a regression. */
function readTargets(info: DatasetInfo): readonly string[] | undefined {
  return info.kind === 'table' ? info.targets : undefined;
}
