/** Readers of option values. Each names what it expected; commander adds the option's name. */
import { InvalidArgumentError } from 'commander';
import { EdgeMlpError } from '../src/core/errors.ts';
import { MAX_THREADS } from '../src/core/paths.ts';

export function positiveInteger(text: string): number {
  return wholeNumber(text, 1, 'a whole number of at least 1');
}

export function countOrZero(text: string): number {
  return wholeNumber(text, 0, 'a whole number of at least 0');
}

export function threadCount(text: string): number {
  const value = wholeNumber(text, 1, `a whole number from 1 to ${MAX_THREADS}`);
  if (value <= MAX_THREADS) return value;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${MAX_THREADS}, got ${text}.`);
}

export function seedNumber(text: string): number {
  const value = wholeNumber(text, 0, 'a whole number from 0 to 4294967295');
  if (value > 0xffffffff) throw new InvalidArgumentError(`expected a whole number from 0 to 4294967295, got ${text}.`);
  return value;
}

export function positiveNumber(text: string): number {
  const value = toNumber(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError(`expected a number above 0, got ${text || 'nothing'}.`);
}

export function momentumNumber(text: string): number {
  const value = toNumber(text);
  if (value >= 0 && value < 1) return value;
  throw new InvalidArgumentError(`expected a number from 0 up to, but not including, 1, got ${text || 'nothing'}.`);
}

export function numberOrZero(text: string): number {
  const value = toNumber(text);
  if (value >= 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError(`expected a number of at least 0, got ${text || 'nothing'}.`);
}

/** Generated digits take 784 bytes each. */
export function digitCount(text: string): number {
  const value = countOrZero(text);
  if (value > 1_000_000) throw new InvalidArgumentError(`expected at most 1000000, got ${text}.`);
  return value;
}

export function fileName(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('expected the name of a file, got nothing.');
}

/** Sizes of hidden layers: 300, or 512,256; none makes softmax regression. */
export function hiddenSizes(text: string): number[] {
  if (text === 'none') return [];
  return text
    .split(',')
    .map((size) => wholeNumber(size.trim(), 1, 'sizes like 300 or 512,256, each at least 1, or none'));
}

function wholeNumber(text: string, least: number, expected: string): number {
  const value = toNumber(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new InvalidArgumentError(`expected ${expected}, got ${text || 'nothing'}.`);
}

/** Number() alone would read an empty text as 0. */
function toNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** Reads a list with commas between; each item by `read`. What is there twice is taken once. */
export function listReader<Value>(read: (text: string) => Value): (text: string) => Value[] {
  return (text) => {
    return distinct(text.split(',').map((item) => read(item.trim())));
  };
}

/** Each value once, in the order of the first ones. */
export function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** `count` seeds, starting with `first`. */
export function seedSequence(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

/** `count` seeds from `first` on. Throws `bad-argument` where they go beyond 32 bits. */
export function seedRange(first: number, count: number): number[] {
  if (first + count - 1 > 0xffffffff) {
    throw new EdgeMlpError(
      'bad-argument',
      `--seed: expected ${count} seeds up to 4294967295, got ${first} as the first`,
    );
  }
  return seedSequence(first, count);
}

/** A command as it can be typed again; what is undefined or false is left out. */
export function commandLine(command: string, options: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    const option = `--${kebab(name)}`;
    return value === true ? [option] : [option, quoted(String(value))];
  });
  return ['edge-mlp', command, ...words].join(' ');
}

/** As a POSIX shell wants it. */
export function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** An option as it is written on the command line: learningRate is learning-rate. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
