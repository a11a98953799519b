/** Parsers of option values, and formatting of command lines. Commander adds the option's name to errors. */
import { type Command, InvalidArgumentError } from 'commander';
import { EdgeMlpError } from '../src/core/errors.ts';
import { MAX_RUNS } from '../src/core/grid.ts';
import { type ClassWeight, checkClassWeight } from '../src/core/sample-weights.ts';
import { HIDDEN_ACTIVATIONS, type HiddenActivations } from '../src/core/spec.ts';
import { isRecord } from '../src/format/fields.ts';

/** Heading of the options without a group in the help: commander's own. */
export const OTHER_GROUP = 'Options:';
const MAX_SEED = 0xffffffff;

export const positiveInteger = integerReader(1);
export const countOrZero = integerReader(0);
export const seedNumber = integerReader(0, MAX_SEED);
export const positiveNumber = numberReader('a number above 0', (value) => value > 0);
export const coefficient = numberReader(
  'a number from 0 up to, but not including, 1',
  (value) => value >= 0 && value < 1,
);
export const numberOrZero = numberReader('a number of at least 0', (value) => value >= 0);
/** Validation samples: a number, or a fraction below 1. */
export const validationSize = numberReader(
  'a whole number, or a fraction below 1',
  (value) => value === 0 || isHeldOut(value),
);
/** The same, and not 0. */
export const heldOutSize = numberReader('a whole number of at least 1, or a fraction below 1', isHeldOut);
const layerSize = numberReader(
  'layer sizes of at least 1, such as 300 or 512,256, or none',
  (value) => Number.isSafeInteger(value) && value >= 1,
);

/** Sizes of hidden layers: `300`, `512,256`, or `none` for softmax regression. */
export function hiddenSizes(text: string): number[] {
  return text === 'none' ? [] : text.split(',').map((size) => layerSize(size.trim()));
}

/** Activations of hidden layers: `relu` for all, or one for each joined by `separator`, as in `relu,tanh`. */
export function activationReader(separator: string): (text: string) => HiddenActivations {
  const read = choice(HIDDEN_ACTIVATIONS);
  return (text) => {
    const names = text.split(separator).map((name) => read(name.trim()));
    const [first = 'sigmoid'] = names;
    return names.length === 1 ? first : names;
  };
}

export function fileName(text: string): string {
  if (text.trim() !== '') return text;
  throw expectedError('a file name', text);
}

export function choice<const Name extends string>(choices: readonly Name[]): (text: string) => Name {
  return (text) => {
    const chosen = choices.find((name) => name === text);
    if (chosen !== undefined) return chosen;
    throw expectedError(`one of ${choices.join(', ')}`, text);
  };
}

/** Class weights: `balanced`, or `apple=2,pear=1`; in lists `apple=2+pear=1`, and `none`. JSON has any names. */
export function classWeights(text: string): ClassWeight | undefined {
  if (text === 'none') return undefined;
  try {
    if (text.startsWith('{')) return checkClassWeight(JSON.parse(text));
    if (text === 'balanced') return text;
    const pairs = text.split(/[,+]/).map((pair) => /^(.*)=([^=]*)$/.exec(pair) ?? []);
    return checkClassWeight(Object.fromEntries(pairs.map(([, name, weight = '']) => [name, readNumber(weight)])));
  } catch {
    throw expectedError('balanced, or weights of at least 0 such as apple=2,pear=1', text);
  }
}

/** A parser of whole numbers. */
export function integerReader(least: number, most?: number): (text: string) => number {
  const expected =
    most === undefined ? `a whole number of at least ${least}` : `a whole number from ${least} to ${most}`;
  return numberReader(expected, (value) => Number.isSafeInteger(value) && value >= least && value <= (most ?? value));
}

function numberReader(expected: string, accept: (value: number) => boolean): (text: string) => number {
  return (text) => {
    const value = readNumber(text);
    if (Number.isFinite(value) && accept(value)) return value;
    throw expectedError(expected, text);
  };
}

function isHeldOut(value: number): boolean {
  return value > 0 && (value < 1 || Number.isSafeInteger(value));
}

function readNumber(text: string): number {
  // Number('') is 0.
  return text.trim() === '' ? Number.NaN : Number(text);
}

function expectedError(expected: string, text: string): InvalidArgumentError {
  return new InvalidArgumentError(`expected ${expected}, got ${text || 'nothing'}.`);
}

/** A parser of comma-separated lists. Repeated values count once. */
export function listReader<Value>(read: (text: string) => Value): (text: string) => Value[] {
  return (text) => distinct(text.split(',').map((item) => read(item.trim())));
}

/** The first occurrence of each value. */
export function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** Number of runs with different seeds. */
export const seedCount = integerReader(1, MAX_RUNS);

/** `count` consecutive seeds. Throws EdgeMlpError "bad-argument" if the last one exceeds 32 bits. */
export function seedRange(first: number, count: number): number[] {
  if (first + count - 1 <= MAX_SEED) return Array.from({ length: count }, (_, i) => first + i);
  const greatest = MAX_SEED - count + 1;
  throw new EdgeMlpError('bad-argument', `--seed: expected at most ${greatest} with --seeds ${count}, got ${first}`);
}

/** A command that can be typed again, without options that are undefined. False is the option --no-NAME. */
export function commandLine(command: string, options: Readonly<Record<string, unknown>>): string {
  return ['edge-mlp', command, ...optionWords(options)].join(' ');
}

export function optionWords(options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const option = `--${value === false ? 'no-' : ''}${kebab(name)}`;
    return typeof value === 'boolean'
      ? [option]
      : [option, quoteWord(isRecord(value) ? JSON.stringify(value) : String(value))];
  });
}

/** Options that were typed, without those that do not affect the result. */
export function typedOptions(command: Command): Record<string, unknown> {
  const withoutEffect = ['dataDir', 'json', 'fresh', 'token'];
  const typed = Object.entries(command.opts()).filter(
    ([name]) => command.getOptionValueSource(name) === 'cli' && !withoutEffect.includes(name),
  );
  return Object.fromEntries(typed);
}

/** A word for a POSIX shell. */
export function quoteWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The spelling of an option on the command line: learningRate is learning-rate. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
