/** Recipes: JSON files with options of a command. */
import type { Command } from 'commander';
import { EdgeMlpError, errorMessage, formatValue } from '../src/core/errors.ts';
import { checkOptimizer } from '../src/core/optimizers.ts';
import { checkAugment, checkSchedule } from '../src/core/training-options.ts';
import { isRecord } from '../src/format/fields.ts';
import { readBytes } from './files.ts';
import { findField, flattenOption } from './training-options.ts';

/**
 * The options of a command, including those of its recipe. A recipe is an object such as
 * `{"epochs": 100, "learningRate": 0.03}`, with the names of the command's `--json` output. Typed options override it.
 * Throws EdgeMlpError "file" or "bad-data".
 */
export async function readOptions<Options extends object>(command: Command): Promise<Options> {
  const { recipe } = command.opts<{ recipe?: string }>();
  if (recipe !== undefined) applyRecipe(command, await readBytes(recipe), recipe);
  const options = command.opts<Options & { final?: boolean; validation?: number }>();
  if (options.final && options.validation !== undefined) {
    command.error('error: --final cannot be combined with --validation: --final trains on all samples.');
  }
  return options;
}

/** Sets options from the bytes of a recipe. Throws EdgeMlpError "bad-data". */
export function applyRecipe(command: Command, bytes: Uint8Array, path: string): void {
  const recipe = parseRecipe(new TextDecoder().decode(bytes), path);
  for (const [name, value] of Object.entries(flattenRecipe(recipe, path))) {
    const option = command.options.find((known) => known.attributeName() === name);
    if (option === undefined) {
      throw new EdgeMlpError('bad-data', `${path}: expected options of edge-mlp ${command.name()}, got ${name}`);
    }
    if (command.getOptionValueSource(name) === 'cli') continue;
    const text = formatRecipeValue(value);
    const isFlag = !option.required && !option.optional;
    if (isFlag !== (typeof value === 'boolean')) {
      const expected = isFlag ? 'true or false' : 'a value';
      throw new EdgeMlpError('bad-data', `${path}: ${name}: expected ${expected}, got ${text}`);
    }
    command.setOptionValueWithSource(name, isFlag ? value : readValue(option, text, `${path}: ${name}`), 'config');
  }
}

/** Replaces the objects `optimizer`, `schedule` and `augment` by values of flags. */
function flattenRecipe(recipe: Record<string, unknown>, path: string): Record<string, unknown> {
  const { optimizer, schedule, augment, ...flags } = recipe;
  let unions: Record<string, unknown>;
  try {
    unions = {
      ...(optimizer === undefined ? {} : flattenOption('optimizer', checkOptimizer(optimizer))),
      ...(schedule === undefined ? {} : flattenOption('schedule', checkSchedule(schedule))),
      ...(augment === undefined ? {} : flattenOption('augment', checkAugment(augment))),
    };
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${path}: ${errorMessage(cause)}`, { cause });
  }
  for (const name of Object.keys(flags)) {
    const place = findField(name);
    if (place === undefined) continue;
    const { option, field } = place;
    throw new EdgeMlpError(
      'bad-data',
      `${path}: expected "${field}" in the object "${option}", got the option ${name}`,
    );
  }
  return { ...flags, ...unions };
}

/** The value as it is typed: a list in CSV, because names may have commas. Class weights are an object. */
function formatRecipeValue(value: unknown): string {
  if (isRecord(value)) return JSON.stringify(value);
  return Array.isArray(value) ? value.map(quoteItem).join(',') || 'none' : formatValue(value);
}

function quoteItem(item: unknown): string {
  const text = formatValue(item);
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function readValue(option: Command['options'][number], text: string, name: string): unknown {
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, undefined as never);
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: ${errorMessage(cause)}`, { cause });
  }
}

function parseRecipe(text: string, path: string): Record<string, unknown> {
  try {
    const recipe: unknown = JSON.parse(text);
    if (isRecord(recipe)) return recipe;
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${path}: expected JSON, got: ${errorMessage(cause)}`, { cause });
  }
  throw new EdgeMlpError('bad-data', `${path}: expected an object of options such as {"epochs": 9}`);
}
