/** `train --resume`: the run of a checkpoint. */
import { PICTURE_FITS } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { checkActivation, INITIALISATIONS } from '../../src/core/spec.ts';
import type { TrainingOptions } from '../../src/core/training-options.ts';
import { DECIMALS } from '../../src/data/csv-cells.ts';
import { TABLE_TASKS } from '../../src/data/csv-columns.ts';
import { MISSING_POLICIES } from '../../src/data/csv-table.ts';
import { ENCODINGS } from '../../src/data/decode.ts';
import { UNKNOWN_POLICIES } from '../../src/data/row-reader.ts';
import { Field, isRecord, omitUndefined } from '../../src/format/fields.ts';
import type { TableFlags } from '../data/table-options.ts';
import { readModel } from '../model.ts';
import { kebab } from '../options.ts';
import { FLAG_DEFAULTS, flattenOption, OBJECT_OPTIONS, type TrainingFlags } from '../training-options.ts';
import type { History, Plan, RunOptions, Start } from './plan.ts';
import type { EpochEnd } from './run-spec.ts';

export interface RunFlags extends TrainingFlags, Omit<RunOptions, keyof TrainingOptions> {}

/** The command's own part of a checkpoint. */
export interface StoredRun extends History {
  readonly options: RunOptions;
}

/** Options that may change: more epochs, and another path of the same data. */
const MAY_DIFFER: readonly (keyof RunFlags)[] = ['epochs', 'data', 'test'];

/**
 * Reads a checkpoint. Throws EdgeMlpError "bad-model", or "checkpoint-mismatch" for a typed option with another value.
 */
export async function readResume(
  path: string,
  options: RunFlags,
  isGiven: (name: keyof RunFlags) => boolean,
): Promise<{ run: RunOptions; start: Start | undefined; resume: NonNullable<Plan['resume']> }> {
  const { info, parameters, checkpoint, run } = await readModel(path);
  if (checkpoint === undefined || !isRecord(run)) {
    throw new EdgeMlpError('bad-model', `${path}: expected a checkpoint of edge-mlp train, got a model file`);
  }
  const stored = readStoredRun(new Field(run, `${path}: run`));
  // The library's part of the checkpoint is validated, so it takes precedence.
  const { hiddenActivation, layers } = checkpoint.spec;
  const own = { ...stored.options, ...checkpoint.options, activation: hiddenActivation, hidden: layers.slice(1, -1) };
  const flags: Readonly<Record<string, unknown>> = Object.assign(
    { ...own },
    ...OBJECT_OPTIONS.map((option) => flattenOption(option, own[option])),
  );
  for (const name of Object.keys(options) as (keyof RunFlags)[]) {
    if (!isGiven(name) || !(name in FLAG_DEFAULTS || name in own) || MAY_DIFFER.includes(name)) continue;
    const given = name === 'activation' ? checkActivation(options.activation, layers.length - 2) : options[name];
    const [expected, got] = [valueText(flags[name]), valueText(given)];
    if (expected === got) continue;
    throw new EdgeMlpError('checkpoint-mismatch', `--${kebab(name)}: expected ${expected} as in ${path}, got ${got}`);
  }
  const from = info.provenance?.from;
  return {
    run: {
      ...own,
      ...(options.epochs !== undefined && isGiven('epochs') ? { epochs: options.epochs } : {}),
      ...(isGiven('data') ? { data: options.data } : {}),
      ...(isGiven('test') ? { test: options.test } : {}),
    },
    // A run with --from reads its data with the classes and scaling of the first model, which the checkpoint repeats.
    start: from === undefined ? undefined : { info, parameters, sha256: from },
    resume: { checkpoint, curve: stored.curve, seconds: stored.seconds, ends: stored.ends },
  };
}

function valueText(value: unknown): string {
  if (value === undefined) return 'none';
  if (isRecord(value)) return JSON.stringify(value);
  return Array.isArray(value) ? value.join(',') || 'none' : String(value);
}

function readEnd(field: Field): EpochEnd {
  const trainEndR2 = field.at('trainEndR2').optional((r2) => r2.number());
  return {
    trainEndLoss: field.at('trainEndLoss').number(),
    trainEndAccuracy: field.at('trainEndAccuracy').nullable((accuracy) => accuracy.number()),
    ...omitUndefined({ trainEndR2 }),
  };
}

type StoredOptions = Omit<RunOptions, keyof TrainingOptions | 'activation' | 'hidden'>;

function readTableFlags(options: Field): TableFlags {
  const text = (key: string) => options.at(key).optional((value) => value.text());
  const names = (key: string) => options.at(key).optional((list) => list.list().map((name) => name.text()));
  return {
    label: text('label'),
    target: names('target'),
    task: options.at('task').optional((value) => value.choice(TABLE_TASKS)),
    sampleWeight: text('sampleWeight'),
    features: names('features'),
    ignore: names('ignore'),
    categories: names('categories'),
    maxCategories: options.at('maxCategories').optional((value) => value.count()),
    missing: options.at('missing').optional((value) => value.choice(MISSING_POLICIES)),
    delimiter: text('delimiter'),
    decimal: options.at('decimal').optional((value) => value.choice(DECIMALS)),
    encoding: options.at('encoding').optional((value) => value.choice(ENCODINGS)),
    header: options.at('header').optional((value) => value.flag()),
    unknown: options.at('unknown').optional((value) => value.choice(UNKNOWN_POLICIES)),
  };
}

function readStoredRun(field: Field): History & { readonly options: StoredOptions } {
  const options = field.at('options');
  const [points, seconds] = [field.at('curve').list(), field.at('seconds').list()];
  const text = (key: string) => options.at(key).optional((value) => value.text());
  return {
    options: {
      data: text('data'),
      ...readTableFlags(options),
      pictures: options.at('pictures').optional((value) => value.choice(PICTURE_FITS)),
      scaling: options.at('scaling').optional((value) => value.choice(['standard', 'none'])),
      init: options.at('init').optional((value) => value.choice(INITIALISATIONS)),
      validation: options.at('validation').optional((value) => value.number('a number of at least 0', (n) => n >= 0)),
      test: text('test'),
      final: options.at('final').optional((value) => value.flag()),
    },
    curve: points.map((point) => ({ samples: point.at('samples').count(), loss: point.at('loss').number() })),
    seconds: seconds.map((value) => value.number('a number of at least 0', (s) => s >= 0)),
    ends: field.at('ends').optional((ends) => ends.list().map((end) => end.nullable(readEnd))) ?? [],
  };
}
