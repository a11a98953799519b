/** The form that starts a training job. */
import type { Client, DatasetInfo, Job, JobRequest } from '../../src/client/index.ts';
import { completeOptions, type DataKind, defaultHidden } from '../../src/core/default-options.ts';
import { REGRESSION_LOSSES } from '../../src/core/loss.ts';
import { formatOptimizer, type Optimizer } from '../../src/core/optimizers.ts';
import { TRAINING_DEFAULTS, type TrainingOptions } from '../../src/core/training-options.ts';
import { countValidation } from '../../src/data/parts.ts';
import { announce } from '../announcer.ts';
import { findElement, onSubmit, setOptions, showText } from '../dom.ts';
import { formatCount, formatInteger } from '../format.ts';
import { createClient, describeError } from '../service.ts';
import { Submission } from '../submission.ts';
import { TokenField } from '../token-field.ts';
import { createField, FIELD_NAMES, FIELDS, type FieldElements, type FieldName } from './job-fields.ts';

/** The generated data sets. */
const GENERATED: Readonly<Record<string, { readonly text: string } & DataKind>> = {
  digits: { text: '12,000 generated digits, 28×28 pixels', kind: 'pictures', samples: 12_000 },
  ellipse: { text: '4,000 generated points, inside or outside an ellipse', kind: 'ellipse', samples: 4000 },
};
/** Fewer units than in the command, so that jobs of the page end sooner. */
const PICTURES_HIDDEN = [100];
/** Fields whose defaults depend on the data. */
const ADAPTED = ['hidden', 'epochs', 'batchSize', 'optimizer', 'learningRate'] as const satisfies FieldName[];

export class JobForm {
  readonly #form = findElement('job-form', HTMLFormElement);
  readonly #data = findElement('job-data', HTMLSelectElement);
  readonly #fields = new Map<FieldName, FieldElements>();
  readonly #submission: Submission;
  readonly #onStart: (job: Job) => void;
  /** Defaults for the data that were selected last. */
  #defaults: ReturnType<typeof chooseDefaults>;
  #signal: AbortSignal = AbortSignal.abort();

  constructor(onStart: (job: Job) => void) {
    this.#onStart = onStart;
    const tokenHost = findElement('job-token');
    this.#submission = new Submission({
      button: findElement('job-start', HTMLButtonElement),
      error: findElement('job-refused'),
      token: new TokenField(tokenHost, 'token'),
    });
    for (const name of FIELD_NAMES) {
      const field = createField(name);
      this.#fields.set(name, field);
      tokenHost.before(field.item);
      // Checked on input, not on blur: a message that appears on blur moves the button away from the pointer.
      field.input.addEventListener('input', () => field.input.ariaInvalid === 'true' && this.#check(name));
    }
    const defaults = chooseDefaults({ kind: 'pictures', samples: 0 });
    this.fill({ ...TRAINING_DEFAULTS, ...defaults, data: 'digits', activation: 'sigmoid', publish: '' });
    this.#defaults = defaults;
    this.#data.addEventListener('change', () => void this.#selectData());
    onSubmit(this.#form, () => void this.#submit());
  }

  /** Requests are aborted with `signal`. */
  open(signal: AbortSignal): void {
    this.#signal = signal;
    showText(findElement('job-refused'), '');
    void this.#listData();
    void this.#describeData();
  }

  /** Before `open`, which describes the data. */
  fill(options: Readonly<Record<string, unknown>>): void {
    const values: typeof options = { loss: REGRESSION_LOSSES[0], ...options };
    for (const [name, { input }] of this.#fields) {
      input.value = formatValue(values[name]);
      this.#check(name);
    }
    setOptions(this.#data, [...new Set([...Object.keys(GENERATED), String(options.data)])]);
    this.#data.value = String(options.data);
  }

  async #listData(): Promise<void> {
    try {
      setOptions(this.#data, await this.#client.datasets.names());
    } catch (error) {
      if (!this.#signal.aborted) this.#showDataHelp(`Could not load the list of data sets. ${describeError(error)}`);
    }
  }

  async #selectData(): Promise<void> {
    const kind = await this.#describeData();
    if (kind !== undefined) this.#adapt(kind);
  }

  /** Describes the data set below its name. Returns undefined if another one was selected meanwhile. */
  async #describeData(): Promise<DataKind | undefined> {
    const name = this.#data.value;
    const generated = GENERATED[name];
    this.#showDataHelp(generated?.text ?? '');
    if (generated !== undefined) {
      this.#showLoss(false);
      return generated;
    }
    const info = await this.#client.datasets.get(name).catch(describeError);
    if (this.#data.value !== name || this.#signal.aborted) return undefined;
    this.#showDataHelp(typeof info === 'string' ? info : describeDataset(info));
    this.#showLoss(typeof info !== 'string' && readTargets(info) !== undefined);
    return typeof info === 'string' ? undefined : readKind(info);
  }

  /** Sets fields to their defaults for the data, unless the user has changed them. */
  #adapt(kind: DataKind): void {
    const defaults = chooseDefaults(kind);
    for (const name of ADAPTED) {
      const input = this.#fields.get(name)?.input;
      if (input?.value.trim() === formatValue(this.#defaults[name])) input.value = formatValue(defaults[name]);
      this.#check(name);
    }
    this.#defaults = defaults;
  }

  /** Only regressions have a choice of the loss. */
  #showLoss(shown: boolean): void {
    const item = this.#fields.get('loss')?.item;
    if (item !== undefined) item.hidden = !shown;
  }

  #showDataHelp(text: string): void {
    findElement('job-data-help').textContent = text;
    if (document.activeElement === this.#data) announce(text);
  }

  async #submit(): Promise<void> {
    const [invalid] = FIELD_NAMES.filter((name) => !this.#check(name));
    if (invalid !== undefined) return this.#fields.get(invalid)?.input.focus();
    const options: JobRequest = Object.assign(
      { data: this.#data.value },
      ...FIELD_NAMES.map((name) => this.#read(name)),
    );
    const job = await this.#submission.send(options, this.#signal, (client, key) => client.jobs.start(options, key));
    if (job !== undefined) this.#onStart(job);
  }

  #read(name: FieldName): JobRequest {
    const field = this.#fields.get(name);
    if (field === undefined || field.item.hidden) return {};
    const parsed = FIELDS[name].parse(field.input.value);
    return 'value' in parsed ? { [name]: parsed.value } : {};
  }

  /** Shows the problem below the field. Returns whether the field is valid. */
  #check(name: FieldName): boolean {
    const field = this.#fields.get(name);
    if (field === undefined) return false;
    const parsed = FIELDS[name].parse(field.input.value);
    const problem = 'problem' in parsed ? parsed.problem : '';
    showText(field.problem, problem);
    field.input.ariaInvalid = problem === '' ? null : 'true';
    return problem === '';
  }

  get #client(): Client {
    return createClient(this.#signal);
  }
}

/** The options that a job without them has, and the hidden layers of this form. */
function chooseDefaults(kind: DataKind): Pick<
  TrainingOptions,
  'epochs' | 'batchSize' | 'optimizer' | 'learningRate'
> & {
  readonly hidden: readonly number[];
} {
  const { epochs, batchSize, optimizer, learningRate } = completeOptions({}, kind);
  const hidden = kind.kind === 'pictures' ? PICTURES_HIDDEN : defaultHidden(kind);
  return { epochs, batchSize, optimizer, learningRate, hidden };
}

function readKind({ kind, training: { samples } }: DatasetInfo): DataKind {
  return { kind, samples: samples - countValidation(samples) };
}

/** The text of a field. */
function formatValue(value: unknown): string {
  const isOptimizer = typeof value === 'object' && value !== null && 'kind' in value;
  return isOptimizer ? formatOptimizer(value as Optimizer) : String(value ?? '');
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
