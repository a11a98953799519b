/** The text fields of the job form: labels, help and parsers. */
import { JOB_LIMITS, MAX_SEED, NAME } from '../../src/api/limits.ts';
import type { JobRequest } from '../../src/client/index.ts';
import { errorMessage } from '../../src/core/errors.ts';
import { REGRESSION_LOSSES } from '../../src/core/loss.ts';
import { checkOptimizer } from '../../src/core/optimizers.ts';
import { HIDDEN_ACTIVATIONS } from '../../src/core/spec.ts';
import { createElement, setOptions } from '../dom.ts';
import { createField, createHelp } from '../fields.ts';
import { formatInteger } from '../format.ts';

type Parsed<Value> = { readonly value: Value } | { readonly problem: string };

interface Field<Value> {
  readonly label: string;
  readonly help: string;
  /** The keyboard that phones show. */
  readonly keyboard: 'text' | 'numeric' | 'decimal';
  readonly parse: (text: string) => Parsed<Value>;
  /** Values of a list, instead of a text. The first one is the default. */
  readonly choices?: readonly string[];
}

/** Fields by job option. */
export const FIELDS = {
  hidden: { label: 'Hidden layers', help: 'for example 300, 100', keyboard: 'text', parse: parseHidden },
  activation: {
    label: 'Activation',
    help: 'one for all hidden layers, or one for each: relu, tanh',
    keyboard: 'text',
    parse: parseActivation,
  },
  epochs: {
    label: 'Epochs',
    help: 'passes over the data',
    keyboard: 'numeric',
    parse: integerParser(1, JOB_LIMITS.epochs),
  },
  optimizer: {
    label: 'Optimizer',
    help: 'sgd, adam or adamw; options as in adam beta1=0.8',
    keyboard: 'text',
    parse: parseOptimizer,
  },
  loss: {
    label: 'Loss',
    help: 'of the standardised targets',
    keyboard: 'text',
    parse: parseLoss,
    choices: REGRESSION_LOSSES,
  },
  learningRate: { label: 'Learning rate', help: 'step size', keyboard: 'decimal', parse: parsePositive },
  batchSize: {
    label: 'Batch size',
    help: 'samples per step',
    keyboard: 'numeric',
    parse: integerParser(1, JOB_LIMITS.batchSize),
  },
  momentum: { label: 'Momentum', help: 'coefficient of sgd', keyboard: 'decimal', parse: parseFraction },
  weightDecay: {
    label: 'Weight decay',
    help: 'factor; decoupled with adamw',
    keyboard: 'decimal',
    parse: parseNotNegative,
  },
  clipNorm: {
    label: 'Gradient norm',
    help: 'greatest norm of a gradient; 0: no limit',
    keyboard: 'decimal',
    parse: parseNotNegative,
  },
  dropout: {
    label: 'Dropout',
    help: 'probability of dropping a hidden unit',
    keyboard: 'decimal',
    parse: parseFraction,
  },
  seed: { label: 'Seed', help: 'same seed, same result', keyboard: 'numeric', parse: integerParser(0, MAX_SEED) },
  publish: { label: 'Publish as', help: 'model name (optional)', keyboard: 'text', parse: parseOptionalName },
} satisfies { readonly [Name in keyof JobRequest]?: Field<JobRequest[Name]> };

export type FieldName = keyof typeof FIELDS;
export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];

export interface FieldElements {
  readonly item: HTMLElement;
  readonly input: HTMLInputElement | HTMLSelectElement;
  readonly problem: HTMLElement;
}

export function createJobField(name: FieldName): FieldElements {
  const { label: text, help: helpText, keyboard, choices }: Field<unknown> = FIELDS[name];
  const id = `job-${name}`;
  const input = createElement(choices === undefined ? 'input' : 'select');
  Object.assign(input, { id, name, inputMode: keyboard, spellcheck: false, autocapitalize: 'none' });
  if (input instanceof HTMLSelectElement) setOptions(input, choices ?? []);
  const problem = createElement('p');
  Object.assign(problem, { id: `${id}-problem`, className: 'problem', hidden: true });
  return { item: createField(input, text, createHelp(id, helpText), problem), input, problem };
}

/** `300`, `300, 100`, or nothing for a network without hidden layers. */
function parseHidden(text: string): Parsed<readonly number[]> {
  const sizes = text
    .split(/[\s,-]+/)
    .filter((size) => size !== '' && size !== 'none')
    .map(Number);
  if (sizes.length > JOB_LIMITS.hiddenLayers)
    return { problem: `Expected at most ${JOB_LIMITS.hiddenLayers} layers, got ${sizes.length}.` };
  if (sizes.every((size) => Number.isInteger(size) && size >= 1 && size <= JOB_LIMITS.hiddenUnits))
    return { value: sizes };
  const range = `from 1 to ${formatInteger(JOB_LIMITS.hiddenUnits)}`;
  return { problem: `Expected whole numbers ${range}, separated by commas, for example 300, 100.` };
}

function integerParser(min: number, max: number): (text: string) => Parsed<number> {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return { value };
    return { problem: `Expected a whole number from ${min} to ${formatInteger(max)}.` };
  };
}

function parsePositive(text: string): Parsed<number> {
  const value = Number(text.replace(',', '.'));
  return Number.isFinite(value) && value > 0 ? { value } : { problem: 'Expected a number above 0, for example 0.03.' };
}

function parseFraction(text: string): Parsed<number> {
  const value = text.trim() === '' ? Number.NaN : Number(text.replace(',', '.'));
  if (value >= 0 && Math.fround(value) < 1) return { value };
  return { problem: 'Expected a number from 0 to less than 1, for example 0.2.' };
}

function parseNotNegative(text: string): Parsed<number> {
  const value = text.trim() === '' ? Number.NaN : Number(text.replace(',', '.'));
  return Number.isFinite(value) && value >= 0 ? { value } : { problem: 'Expected a number of at least 0.' };
}

/** The text of `formatOptimizer`. */
function parseOptimizer(text: string): Parsed<JobRequest['optimizer']> {
  const [kind = '', ...fields] = text.trim().split(/[\s,]+/);
  const options = fields.map((field) => field.split('=')).map(([name = '', value]) => [name, Number(value)]);
  try {
    return { value: checkOptimizer({ kind, ...Object.fromEntries(options) }) };
  } catch (error) {
    return { problem: `${errorMessage(error)}.` };
  }
}

function parseLoss(text: string): Parsed<JobRequest['loss']> {
  const value = REGRESSION_LOSSES.find((loss) => loss === text);
  return value === undefined ? { problem: `Expected ${REGRESSION_LOSSES.join(', ')}.` } : { value };
}

/** `relu`, or `relu, tanh` for two hidden layers. */
function parseActivation(text: string): Parsed<JobRequest['activation']> {
  const names = text.split(/[\s,+]+/).filter((name) => name !== '');
  const known = names.flatMap((name) => HIDDEN_ACTIVATIONS.find((activation) => activation === name) ?? []);
  const [first] = known;
  if (first === undefined || known.length < names.length) {
    return { problem: `Expected ${HIDDEN_ACTIVATIONS.join(', ')}.` };
  }
  return { value: known.length === 1 ? first : known };
}

function parseOptionalName(text: string): Parsed<string | undefined> {
  const name = text.trim();
  if (name === '') return { value: undefined };
  if (NAME.test(name)) return { value: name };
  return {
    problem: 'Expected up to 64 letters, digits, dots, underscores or hyphens, starting with a letter or digit.',
  };
}
