/** The form that starts a training job. */
import type { Client, DatasetInfo, Job, JobRequest } from '../../src/client/index.ts';
import { TRAINING_DEFAULTS } from '../../src/core/training-options.ts';
import { findElement, onSubmit, setOptions, showText } from '../dom.ts';
import { formatInteger } from '../format.ts';
import { createClient, describeError } from '../service.ts';
import { Submission } from '../submission.ts';
import { TokenField } from '../token-field.ts';
import { createField, FIELD_NAMES, FIELDS, type FieldElements, type FieldName } from './job-fields.ts';

/** The generated data sets, with hidden layers that suit them. */
const GENERATED: Readonly<Record<string, { readonly text: string; readonly hidden: string }>> = {
  digits: { text: '12,000 generated digits, 28×28 pixels', hidden: '100' },
  ellipse: { text: '4,000 generated points, inside or outside an ellipse', hidden: '3' },
};
const DEFAULT_HIDDEN = '100';

export class JobForm {
  readonly #form = findElement('job-form', HTMLFormElement);
  readonly #data = findElement('job-data', HTMLSelectElement);
  readonly #fields = new Map<FieldName, FieldElements>();
  readonly #submission: Submission;
  readonly #onStart: (job: Job) => void;
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
    this.fill({ ...TRAINING_DEFAULTS, data: 'digits', hidden: DEFAULT_HIDDEN, activation: 'sigmoid', publish: '' });
    this.#data.addEventListener('change', () => void this.#selectData());
    onSubmit(this.#form, () => void this.#submit());
  }

  /** Requests are aborted with `signal`. */
  open(signal: AbortSignal): void {
    this.#signal = signal;
    showText(findElement('job-refused'), '');
    void this.#listData();
  }

  fill(options: Readonly<Record<string, unknown>>): void {
    for (const [name, { input }] of this.#fields) {
      input.value = String(options[name] ?? '');
      this.#check(name);
    }
    setOptions(this.#data, [...new Set([...Object.keys(GENERATED), String(options.data)])]);
    this.#data.value = String(options.data);
    void this.#describeData();
  }

  async #listData(): Promise<void> {
    try {
      setOptions(this.#data, await this.#client.datasets.names());
    } catch (error) {
      if (!this.#signal.aborted) this.#showDataHelp(`Could not load the list of data sets. ${describeError(error)}`);
    }
  }

  /** Adapts the hidden layers to the data set, unless the user has changed them. */
  async #selectData(): Promise<void> {
    const hidden = this.#fields.get('hidden')?.input;
    const unchanged = Object.values(GENERATED).some((set) => set.hidden === hidden?.value.trim());
    if (hidden !== undefined && unchanged) hidden.value = GENERATED[this.#data.value]?.hidden ?? DEFAULT_HIDDEN;
    this.#check('hidden');
    await this.#describeData();
  }

  async #describeData(): Promise<void> {
    const name = this.#data.value;
    const generated = GENERATED[name];
    this.#showDataHelp(generated?.text ?? '');
    if (generated !== undefined) return;
    const text = await this.#client.datasets.get(name).then(describeDataset, describeError);
    if (this.#data.value === name && !this.#signal.aborted) this.#showDataHelp(text);
  }

  #showDataHelp(text: string): void {
    findElement('job-data-help').textContent = text;
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
    const parsed = FIELDS[name].parse(this.#fields.get(name)?.input.value ?? '');
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

function describeDataset(info: DatasetInfo): string {
  const samples = `${formatInteger(info.training.samples)} samples`;
  return info.kind === 'pictures'
    ? `${samples}, ${info.rows}×${info.columns} pixels, ${info.classes} classes`
    : `${samples}, ${info.features.length} features, ${info.classes.length} classes`;
}
