/** The form that starts a training job, in this browser or on the service. */
import type { JobRequest } from '../../src/client/index.ts';
import { completeOptions, type DataKind, defaultHidden } from '../../src/core/default-options.ts';
import { REGRESSION_LOSSES } from '../../src/core/loss.ts';
import { checkOptimizer, formatOptimizer, type Optimizer } from '../../src/core/optimizers.ts';
import { findElement, onSubmit, showText } from '../dom.ts';
import { startRun } from '../local/local-jobs.ts';
import { createRun } from '../local/local-run.ts';
import { type Place, PlaceChoice } from '../place-choice.ts';
import { Submission } from '../submission.ts';
import { TokenField } from '../token-field.ts';
import { JobData, type SelectedData } from './job-data.ts';
import { createJobField, FIELD_NAMES, FIELDS, type FieldElements, type FieldName } from './job-fields.ts';

/** Fewer units than in the command, so that jobs of the page end sooner. */
const PICTURES_HIDDEN = [100];
/** Fields that few jobs change. */
const RARE: readonly FieldName[] = ['activation', 'momentum', 'weightDecay', 'clipNorm', 'dropout'];
/** Fields whose defaults depend on the data and on the optimizer. */
const ADAPTED = ['hidden', 'epochs', 'batchSize', 'learningRate', 'weightDecay'] as const satisfies FieldName[];

const PLACES: Readonly<Record<Place, string>> = {
  browser: 'Training runs in this browser. The data do not leave it.',
  service: 'Training runs on the service and continues when you close this page.',
};

export class JobForm {
  readonly #fields = new Map<FieldName, FieldElements>();
  readonly #more = findElement('job-more-fields');
  readonly #tokenHost = findElement('job-token');
  readonly #problem = findElement('job-refused');
  readonly #submission: Submission;
  readonly #onStart: (id: string) => void;
  readonly #data: JobData;
  readonly #place: PlaceChoice;
  /** The data that were selected last. */
  #kind: DataKind = { kind: 'pictures', samples: 0 };
  /** The defaults that fields without changes show; undefined after `fill`, until the data are known. */
  #defaults: ReturnType<typeof chooseDefaults> | undefined;
  #signal: AbortSignal = AbortSignal.abort();

  constructor(onStart: (id: string) => void) {
    this.#onStart = onStart;
    this.#submission = new Submission({
      button: findElement('job-start', HTMLButtonElement),
      error: this.#problem,
      token: new TokenField(this.#tokenHost, 'token'),
    });
    const more = findElement('job-more', HTMLDetailsElement);
    for (const name of FIELD_NAMES) {
      const field = createJobField(name);
      this.#fields.set(name, field);
      if (RARE.includes(name)) this.#more.append(field.item);
      else more.before(field.item);
      // Checked on input, not on blur: a message that appears on blur moves the button away from the pointer.
      field.input.addEventListener('input', () => this.#edit(name, field.input));
    }
    this.#data = new JobData((data) => this.#adapt(data));
    this.#place = new PlaceChoice('job', () => this.#openPlace());
    const defaults = chooseDefaults({}, this.#kind);
    this.fill({ ...defaults, data: 'digits', activation: 'sigmoid', publish: '' });
    this.#defaults = defaults;
    onSubmit(findElement('job-form'), () => void this.#submit());
  }

  /** Requests are aborted with `signal`. */
  open(signal: AbortSignal): void {
    this.#signal = signal;
    this.#openPlace();
  }

  /** Trains on a file that was dropped on the page. */
  openFile(file: File): void {
    this.#place.value = 'browser';
    this.#openPlace();
    void this.#data.openFile(file);
  }

  /** Before `open`, which describes the data. */
  fill(options: Readonly<Record<string, unknown>>, place?: Place): void {
    this.#defaults = undefined;
    const values: typeof options = { loss: REGRESSION_LOSSES[0], ...options };
    for (const [name, { input }] of this.#fields) {
      input.value = formatValue(values[name]);
      this.#check(name);
    }
    this.#data.select(String(options.data));
    if (place !== undefined) this.#place.value = place;
  }

  #openPlace(): void {
    const { value: place } = this.#place;
    showText(this.#problem, '');
    findElement('job-place-help').textContent = PLACES[place];
    this.#tokenHost.hidden = place === 'browser';
    this.#hide('publish', place === 'browser');
    void this.#data.open(place, this.#signal);
  }

  #edit(name: FieldName, { ariaInvalid }: Element): void {
    if (ariaInvalid === 'true') this.#check(name);
    if (name === 'optimizer' && this.#read(name).optimizer !== undefined) this.#setDefaults();
  }

  #adapt({ kind, isRegression }: SelectedData): void {
    // Only regressions have a choice of the loss.
    this.#hide('loss', !isRegression);
    this.#kind = kind;
    this.#setDefaults();
  }

  /** Sets fields to their defaults for the data and the optimizer, unless the user has changed them. */
  #setDefaults(): void {
    const before = this.#defaults;
    const own = chooseDefaults({}, this.#kind);
    const replace = (name: 'optimizer' | (typeof ADAPTED)[number], after: typeof own) => {
      const input = this.#fields.get(name)?.input;
      if (before === undefined || input?.value.trim() !== formatValue(before[name])) return;
      input.value = formatValue(after[name]);
      this.#check(name);
    };
    replace('optimizer', own);
    const defaults = chooseDefaults(this.#read('optimizer'), this.#kind);
    for (const name of ADAPTED) replace(name, defaults);
    this.#defaults = { ...defaults, optimizer: own.optimizer };
  }

  #hide(name: FieldName, hidden: boolean): void {
    const item = this.#fields.get(name)?.item;
    if (item !== undefined) item.hidden = hidden;
  }

  async #submit(): Promise<void> {
    const [invalid] = FIELD_NAMES.filter((name) => !this.#check(name));
    if (invalid !== undefined) return this.#focus(invalid);
    const options: JobRequest = Object.assign(
      { data: this.#data.name },
      ...FIELD_NAMES.map((name) => this.#read(name)),
    );
    if (this.#place.value === 'browser') return this.#start(options);
    const job = await this.#submission.send(options, this.#signal, (client, key) => client.jobs.start(options, key));
    if (job !== undefined) this.#onStart(job.id);
  }

  #focus(name: FieldName): void {
    if (RARE.includes(name)) findElement('job-more', HTMLDetailsElement).open = true;
    this.#fields.get(name)?.input.focus();
  }

  async #start(options: JobRequest): Promise<void> {
    const { local } = this.#data;
    if (local === undefined) return this.#data.focus();
    const id = await this.#submission.run(this.#signal, async () => {
      const run = createRun(options, local.shape, local.table);
      await startRun(run);
      return run.job.id;
    });
    if (id !== undefined) this.#onStart(id);
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
    const problem = 'problem' in parsed && !field.item.hidden ? parsed.problem : '';
    showText(field.problem, problem);
    field.input.ariaInvalid = problem === '' ? null : 'true';
    return problem === '';
  }
}

/** The options that a job without them has, and the hidden layers of this form. */
function chooseDefaults(given: Pick<JobRequest, 'optimizer'>, kind: DataKind) {
  const optimizer = given.optimizer && checkOptimizer(given.optimizer);
  const hidden = kind.kind === 'pictures' ? PICTURES_HIDDEN : defaultHidden(kind);
  return { ...completeOptions(optimizer === undefined ? {} : { optimizer }, kind), hidden };
}

/** The text of a field. */
function formatValue(value: unknown): string {
  const isOptimizer = typeof value === 'object' && value !== null && 'kind' in value;
  return isOptimizer ? formatOptimizer(value as Optimizer) : String(value ?? '');
}
