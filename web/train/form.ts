/** The form of a new job: what it asks for, checked field by field, and its start. */
import type { Client, DatasetInfo, Job, JobRequest } from '../../src/client/index.ts';
import { TRAINING_DEFAULTS } from '../../src/core/training-options.ts';
import { Attempt } from '../attempt.ts';
import { element, made, say } from '../dom.ts';
import { clientUntil, describeTrouble, wantsToken } from '../service.ts';
import { TokenField } from '../token-field.ts';
import { integer } from '../words.ts';
import { type FieldName, READERS } from './fields.ts';

const NAMES = Object.keys(READERS) as FieldName[];
/** The generated sets, and hidden layers that suit them. */
const GENERATED: Readonly<Record<string, { readonly text: string; readonly hidden: string }>> = {
  digits: { text: '12,000 digits of 28×28 pixels, generated from the seed', hidden: '100' },
  ellipse: { text: '4,000 points in and out of an ellipse, generated from the seed', hidden: '3' },
};
const HIDDEN = '100';

export class JobForm {
  readonly #form = element('job-form', HTMLFormElement);
  readonly #data = element('job-data', HTMLSelectElement);
  readonly #start = element('job-start', HTMLButtonElement);
  readonly #refused = element('job-refused', HTMLElement);
  readonly #token = new TokenField(element('job-token', HTMLElement), 'token');
  readonly #attempt = new Attempt();
  readonly #started: (job: Job) => void;
  #signal: AbortSignal = AbortSignal.abort();

  constructor(started: (job: Job) => void) {
    this.#started = started;
    const { epochs, learningRate, batchSize, seed } = TRAINING_DEFAULTS;
    this.fill({ data: 'digits', hidden: HIDDEN, epochs, learningRate, batchSize, seed, publish: '' });
    for (const name of NAMES) {
      const field = findInput(name);
      // Not as soon as a field is left: what appears then moves the button away under a click.
      field.addEventListener('input', () => field.ariaInvalid === 'true' && this.#check(name));
    }
    this.#data.addEventListener('change', () => void this.#chosen());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#submit();
    });
  }

  /** What it asks the service for is let go where `signal` is aborted. */
  open(signal: AbortSignal): void {
    this.#signal = signal;
    say(this.#refused, '');
    void this.#listData();
  }

  /** Puts a job's options, or the defaults, into the fields. */
  fill(options: Readonly<Record<string, unknown>>): void {
    for (const name of NAMES) {
      findInput(name).value = String(options[name] ?? '');
      this.#check(name);
    }
    this.#offer([...Object.keys(GENERATED), String(options.data)]);
    this.#data.value = String(options.data);
    void this.#describe();
  }

  async #listData(): Promise<void> {
    try {
      this.#offer(await this.#client.datasets.names());
    } catch (error) {
      if (!this.#signal.aborted) this.#sayData(`The list of data sets is not there. ${describeTrouble(error)}`);
    }
  }

  #offer(names: readonly string[]): void {
    const chosen = this.#data.value;
    const options = [...new Set(names)].map((name) => Object.assign(made('option', name), { value: name }));
    this.#data.replaceChildren(...options);
    if (names.includes(chosen)) this.#data.value = chosen;
  }

  /** Hidden layers of another set's size are changed, others are somebody's choice. */
  async #chosen(): Promise<void> {
    const hidden = findInput('hidden');
    const untouched = Object.values(GENERATED).some((set) => set.hidden === hidden.value.trim());
    if (untouched) hidden.value = GENERATED[this.#data.value]?.hidden ?? HIDDEN;
    this.#check('hidden');
    await this.#describe();
  }

  async #describe(): Promise<void> {
    const name = this.#data.value;
    const generated = GENERATED[name];
    this.#sayData(generated?.text ?? '');
    if (generated !== undefined) return;
    const text = await this.#client.datasets.get(name).then(inWords, (error: unknown) => describeTrouble(error));
    if (this.#data.value === name && !this.#signal.aborted) this.#sayData(text);
  }

  #sayData(text: string): void {
    element('job-data-help', HTMLElement).textContent = text;
  }

  async #submit(): Promise<void> {
    say(this.#refused, '');
    const wrong = NAMES.filter((name) => !this.#check(name));
    const [first] = wrong;
    if (first !== undefined) return findInput(first).focus();
    const options = this.#read();
    this.#start.disabled = true;
    try {
      const job = await this.#client.jobs.start(options, this.#attempt.keyFor(options));
      this.#attempt.answered();
      this.#started(job);
    } catch (error) {
      if (this.#signal.aborted) return;
      say(this.#refused, describeTrouble(error));
      if (wantsToken(error)) this.#token.focus();
    } finally {
      this.#start.disabled = false;
    }
  }

  #read(): JobRequest {
    const read = <Name extends FieldName>(name: Name) => {
      const reading = READERS[name](findInput(name).value);
      return 'value' in reading ? { [name]: reading.value } : {};
    };
    return Object.assign({ data: this.#data.value }, ...NAMES.map(read));
  }

  /** Says beside the field what is wrong with it. */
  #check(name: FieldName): boolean {
    const field = findInput(name);
    const reading = READERS[name](field.value);
    const problem = 'problem' in reading ? reading.problem : '';
    say(element(`job-${name}-problem`, HTMLElement), problem);
    field.ariaInvalid = problem === '' ? null : 'true';
    return problem === '';
  }

  get #client(): Client {
    return clientUntil(this.#signal);
  }
}

function findInput(name: FieldName): HTMLInputElement {
  return element(`job-${name}`, HTMLInputElement);
}

function inWords(info: DatasetInfo): string {
  const samples = `${integer(info.training.samples)} samples of`;
  if (info.kind === 'pictures') return `${samples} ${info.rows}×${info.columns} pixels in ${info.classes} classes`;
  return `${samples} ${info.features.length} numbers in ${info.classes.length} classes`;
}
