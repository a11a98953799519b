/** Options from a file: what a run is made of, kept beside the model that it makes. */
import type { Command } from 'commander';
import { EdgeMlpError, errorMessage } from '../src/core/errors.ts';
import { checkAugment, checkSchedule } from '../src/core/training-options.ts';
import { isRecord } from '../src/format/fields.ts';
import { readBytes } from './files.ts';
import { flattenOption, optionOfFlag } from './training-options.ts';

/**
 * Takes the options of a JSON object, named as in the command's own `--json`: `{"epochs": 100, "learningRate": 0.03}`. What is typed
 * beside it counts. Every value is read as if it were typed. Throws `file`, `bad-data`, or commander's error for a bad value.
 */
export async function applyRecipe(command: Command, path: string): Promise<void> {
  const recipe = parse(new TextDecoder().decode(await readBytes(path)), path);
  for (const [name, value] of Object.entries(flattenRecipe(recipe, path))) {
    const option = command.options.find((known) => known.attributeName() === name);
    if (option === undefined) {
      throw new EdgeMlpError('bad-data', `${path}: expected options of edge-mlp ${command.name()}, got ${name}`);
    }
    if (command.getOptionValueSource(name) === 'cli') continue;
    const text = Array.isArray(value) ? value.join(',') || 'none' : String(value);
    const isFlag = !option.required && !option.optional;
    if (isFlag !== (typeof value === 'boolean')) {
      throw new EdgeMlpError(
        'bad-data',
        `${path}: ${name}: expected ${isFlag ? 'true or false' : 'a value'}, got ${text}`,
      );
    }
    command.setOptionValueWithSource(name, isFlag ? value : readAs(option, text, `${path}: ${name}`), 'config');
  }
}

/** Schedule and augmentation as flags, like all other options. */
function flattenRecipe(recipe: Record<string, unknown>, path: string): Record<string, unknown> {
  const { schedule, augment, ...flags } = recipe;
  for (const name of Object.keys(flags)) {
    const place = optionOfFlag(name);
    if (place === undefined) continue;
    const { option, field } = place;
    throw new EdgeMlpError(
      'bad-data',
      `${path}: ${name}: expected "${field}" in the object "${option}" (as of version 0.2)`,
    );
  }
  try {
    return {
      ...flags,
      ...(schedule === undefined ? {} : flattenOption('schedule', checkSchedule(schedule))),
      ...(augment === undefined ? {} : flattenOption('augment', checkAugment(augment))),
    };
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${path}: ${errorMessage(cause)}`, { cause });
  }
}

function readAs(option: Command['options'][number], text: string, name: string): unknown {
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, undefined as never);
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function parse(text: string, path: string): Record<string, unknown> {
  try {
    const recipe: unknown = JSON.parse(text);
    if (isRecord(recipe)) return recipe;
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${path}: expected JSON, got: ${String(cause)}`, { cause });
  }
  throw new EdgeMlpError('bad-data', `${path}: expected an object of options`);
}
