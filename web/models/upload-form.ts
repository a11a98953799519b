/** The form that uploads a model file as a new version. */
import { NAME } from '../../src/api/limits.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { showAndAnnounce } from '../announcer.ts';
import { findElement, onSubmit, showText } from '../dom.ts';
import { RequestRunner } from '../request-runner.ts';
import { createClient, describeError } from '../service.ts';
import { DescriptionFields } from './description-fields.ts';
import type { SelectedFiles } from './read-files.ts';

interface UploadedModel {
  readonly name: string;
  /** The number of the version, and whether it is live. */
  readonly text: string;
}

export class UploadForm {
  readonly #details = findElement('upload', HTMLDetailsElement);
  readonly #input = findElement('upload-files', HTMLInputElement);
  readonly #fileProblem = findElement('upload-files-problem');
  readonly #summary = findElement('upload-summary');
  readonly #name = findElement('upload-name', HTMLInputElement);
  readonly #nameProblem = findElement('upload-name-problem');
  readonly #start = findElement('upload-start', HTMLButtonElement);
  readonly #progress = findElement('upload-progress', HTMLProgressElement);
  readonly #errors = findElement('upload-errors');
  readonly #description = new DescriptionFields(findElement('upload-description'), () => void this.#check());
  readonly #requests = new RequestRunner('upload', { onBusyChange: () => this.#showBusy() });
  readonly #onUpload: (uploaded: UploadedModel) => void;
  #files: SelectedFiles | undefined;
  /** The name of the last file, unless the user has entered another one. */
  #suggested = '';
  #selections = 0;
  #visit = new AbortController();

  /** Files can be dropped on `host`. */
  constructor(host: HTMLElement, onUpload: (uploaded: UploadedModel) => void) {
    this.#onUpload = onUpload;
    this.#input.addEventListener('change', () => void this.#select([...(this.#input.files ?? [])]));
    this.#name.addEventListener('input', () => this.#name.ariaInvalid === 'true' && this.#checkName());
    host.addEventListener('drop', (event) => {
      event.preventDefault();
      this.#details.open = true;
      void this.#select([...(event.dataTransfer?.files ?? [])]);
    });
    onSubmit(findElement('upload-form'), () => void this.#submit());
  }

  /** Aborts a running upload. */
  close(): void {
    this.#visit.abort();
    this.#visit = new AbortController();
    this.#requests.reset();
    this.#showBusy();
  }

  async #select(files: readonly File[]): Promise<void> {
    if (files.length === 0) return;
    const selection = ++this.#selections;
    this.#files = undefined;
    this.#showProblem('');
    showText(this.#summary, 'Reading…');
    try {
      const selected = await (await import('./read-files.ts')).readFiles(files);
      if (selection !== this.#selections) return;
      this.#files = selected;
      this.#description.host.hidden = selected.describesItself;
      if (['', this.#suggested].includes(this.#name.value.trim())) this.#name.value = selected.suggestedName;
      this.#suggested = selected.suggestedName;
      await this.#check();
    } catch (error) {
      if (selection === this.#selections) this.#showProblem(describeError(error));
    }
  }

  /** Shows what the file is, or why it cannot be read. Returns whether it can be uploaded. */
  async #check(): Promise<boolean> {
    const files = this.#files;
    if (files === undefined) {
      if (this.#fileProblem.hidden) this.#showProblem('Choose a file.');
      return false;
    }
    try {
      const text = (await import('./read-files.ts')).describeFiles(files, this.#description.read());
      this.#showProblem('');
      showAndAnnounce(this.#summary, text);
      return true;
    } catch (error) {
      if (!(error instanceof EdgeMlpError)) throw error;
      this.#showProblem(describeError(error));
      return false;
    }
  }

  #showProblem(problem: string): void {
    showText(this.#summary, '');
    showAndAnnounce(this.#fileProblem, problem);
    this.#input.ariaInvalid = problem === '' ? null : 'true';
  }

  #checkName(): boolean {
    const valid = NAME.test(this.#name.value.trim());
    const expected =
      'Expected up to 64 letters, digits, dots, underscores or hyphens, starting with a letter or digit.';
    showAndAnnounce(this.#nameProblem, valid ? '' : expected);
    this.#name.ariaInvalid = valid ? null : 'true';
    return valid;
  }

  async #submit(): Promise<void> {
    const [hasFile, hasName] = [await this.#check(), this.#checkName()];
    if (!hasFile || this.#files === undefined) return this.#input.focus();
    if (!hasName) return this.#name.focus();
    const { bytes, externalData } = this.#files;
    const name = this.#name.value.trim();
    const { signal } = this.#visit;
    await this.#requests.run(async () => {
      const { models } = createClient(signal);
      const options = { ...this.#description.read(), externalData };
      const { version } = await models.publish(name, bytes, options);
      const { served } = await models.get(name);
      if (signal.aborted) return;
      this.#reset();
      const state = served === version ? 'It is live.' : 'It goes live when promoted.';
      this.#onUpload({ name, text: `Uploaded as ${name} version ${version}. ${state}` });
    }, this.#errors);
  }

  #showBusy(): void {
    this.#start.disabled = this.#requests.busy;
    this.#progress.hidden = !this.#requests.busy;
  }

  #reset(): void {
    this.#files = undefined;
    this.#input.value = this.#name.value = '';
    this.#description.host.hidden = true;
    this.#showProblem('');
    this.#details.open = false;
  }
}
