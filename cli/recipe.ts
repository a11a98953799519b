/** Options from a file: what a run is made of, kept beside the model that it makes. */
import type { Command } from 'commander';
import { EdgeMlpError } from '../src/core/errors.ts';
import { isRecord } from '../src/format/fields.ts';
import { readBytes } from './files.ts';

/**
 * Takes the options of a JSON object, named as in the command's own `--json`: `{"epochs": 100, "learningRate": 0.03}`. What is typed
 * beside it counts. Every value is read as if it were typed. Throws `file`, `bad-data`, or commander's error for a bad value.
 */
export async function applyRecipe(command: Command, path: string): Promise<void> {
  const recipe = parse(new TextDecoder().decode(await readBytes(path)), path);
  for (const [name, value] of Object.entries(recipe)) {
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
