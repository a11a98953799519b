/** The fields of a new learner in this browser: the model or the classes that it starts from. */

import { EdgeMlpError } from '../../src/core/errors.ts';
import { findElement, setChoices, showText } from '../dom.ts';
import { shortenId } from '../format.ts';
import type { LocalRun } from '../local/local-run.ts';
import { getValue, listValues } from '../local/storage.ts';
import { loadNetwork, parseNetwork } from '../network.ts';
import { copyModel, createDrawingLearner, createNumbersLearner, type LocalLearner } from './local-learner.ts';

const STARTS: Readonly<Record<string, { readonly text: string; readonly help: string }>> = {
  drawings: {
    text: 'My own classes, by drawing',
    help: 'Draw a few examples of each class. The network learns each one at once.',
  },
  numbers: { text: 'My own classes, by numbers', help: 'Enter rows of numbers with their classes.' },
  mnist: { text: 'The model of digits', help: 'Draw digits, and correct wrong predictions.' },
};
const MAX_CLASSES = 60;
const MAX_COLUMNS = 64;

export class LocalLearnerForm {
  readonly #start: HTMLSelectElement;
  readonly #help = findElement('teach-model-help');
  readonly #classes = createListField('teach-classes', 2, MAX_CLASSES);
  readonly #columns = createListField('teach-columns', 1, MAX_COLUMNS);
  #isOpen = false;

  constructor(start: HTMLSelectElement) {
    this.#start = start;
  }

  async open(): Promise<void> {
    this.#isOpen = true;
    const starts = Object.entries(STARTS).map(([value, { text }]) => [value, text] as const);
    setChoices(this.#start, starts);
    this.describe();
    const runs = await listValues<LocalRun>('run').catch(() => []);
    // Closed in the meantime: the select lists the models of the service.
    if (!this.#isOpen) return;
    const models = runs.filter(({ job, evaluation }) => job.state.status === 'succeeded' && !isRegression(evaluation));
    const choices = models.map(({ job }) => [job.id, `Job ${shortenId(job.id)}: ${job.spec.data}`] as const);
    setChoices(this.#start, [...starts, ...choices]);
  }

  close(): void {
    this.#isOpen = false;
    this.#classes.item.hidden = this.#columns.item.hidden = true;
  }

  describe(): void {
    const { value } = this.#start;
    this.#help.textContent = STARTS[value]?.help ?? 'Correct wrong predictions of this model.';
    this.#classes.item.hidden = value !== 'drawings' && value !== 'numbers';
    this.#columns.item.hidden = value !== 'numbers';
  }

  /** Undefined after a problem, which is shown below its field. Throws EdgeMlpError. */
  async create(): Promise<LocalLearner | undefined> {
    const { value } = this.#start;
    if (value === 'mnist') return copyModel(value, await loadNetwork());
    if (value === 'drawings') {
      const classes = this.#classes.read();
      return classes && createDrawingLearner(classes, await loadNetwork());
    }
    if (value === 'numbers') {
      const [classes, columns] = [this.#classes.read(), this.#columns.read()];
      return classes && columns && createNumbersLearner(classes, columns);
    }
    const bytes = await getValue<Uint8Array>('checkpoint', value);
    if (bytes === undefined)
      throw new EdgeMlpError('data-missing', 'The model of this job was deleted: choose another');
    const name = `job ${shortenId(value)}`;
    return copyModel(name, await parseNetwork(bytes, name));
  }
}

function isRegression(evaluation: LocalRun['evaluation']): boolean {
  return evaluation !== undefined && 'targets' in evaluation;
}

/** A field with names that are separated by commas. `read` returns undefined after showing a problem. */
function createListField(id: string, least: number, most: number) {
  const input = findElement(id, HTMLInputElement);
  const problem = findElement(`${id}-problem`);
  const read = (): string[] | undefined => {
    const names = input.value
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    const repeated = names.find((name, i) => names.indexOf(name) !== i);
    const count = names.length >= least && names.length <= most;
    const text = !count
      ? `Expected ${least} to ${most} names, separated by commas, got ${names.length}.`
      : repeated === undefined
        ? ''
        : `Expected different names, got ${repeated} twice.`;
    showText(problem, text);
    input.ariaInvalid = text === '' ? null : 'true';
    if (text === '') return names;
    input.focus();
    return undefined;
  };
  return { item: findElement(`${id}-field`), read };
}
