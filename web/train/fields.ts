/** What people write into the form, read and checked. The limits are those of the service: worker/jobs/spec.ts. */
import type { JobRequest } from '../../src/client/index.ts';

export type Reading<Value> = { readonly value: Value } | { readonly problem: string };

const MAX_LAYERS = 8;
const MAX_LAYER = 4096;
const MAX_SEED = 2 ** 32 - 1;
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i;

/** By the field's name; each fits the option of that name. */
export const READERS = {
  hidden: hiddenSizes,
  epochs: wholeNumber(1, 1000),
  learningRate: positiveNumber,
  batchSize: wholeNumber(1, 1000),
  seed: wholeNumber(0, MAX_SEED),
  publish: optionalName,
} satisfies { readonly [Name in keyof JobRequest]?: (text: string) => Reading<JobRequest[Name]> };

export type FieldName = keyof typeof READERS;

/** `300`, or `300, 100`, or nothing. */
function hiddenSizes(text: string): Reading<readonly number[]> {
  const sizes = text
    .split(/[\s,-]+/)
    .filter((size) => size !== '' && size !== 'none')
    .map(Number);
  if (sizes.length > MAX_LAYERS) return { problem: `Expected at most ${MAX_LAYERS} layers, got ${sizes.length}.` };
  const wrong = sizes.find((size) => !Number.isInteger(size) || size < 1 || size > MAX_LAYER);
  if (wrong === undefined) return { value: sizes };
  return { problem: `Expected whole numbers from 1 to ${MAX_LAYER} with commas between, for instance 300, 100.` };
}

function wholeNumber(least: number, most: number): (text: string) => Reading<number> {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return { value };
    return { problem: `Expected a whole number from ${least} to ${most.toLocaleString('en-US')}.` };
  };
}

function positiveNumber(text: string): Reading<number> {
  const value = Number(text.replace(',', '.'));
  return Number.isFinite(value) && value > 0 ? { value } : { problem: 'Expected a number above 0, for instance 0.03.' };
}

function optionalName(text: string): Reading<string | undefined> {
  const name = text.trim();
  if (name === '') return { value: undefined };
  if (NAME.test(name)) return { value: name };
  return { problem: 'Expected letters, digits, dots, underscores and hyphens, a letter or digit first, 64 at most.' };
}
