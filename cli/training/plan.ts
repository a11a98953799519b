/** A training run before its first step: from options, or from a checkpoint, to data and a network. */
import type { Checkpoint } from '../../src/core/checkpoint.ts';
import { type Dataset, PICTURE_FITS, type PictureFit, sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import type { Parameters } from '../../src/core/parameters.ts';
import type { LossPoint } from '../../src/core/recorder.ts';
import {
  defaultInitialisation,
  type HiddenActivation,
  INITIALISATIONS,
  type Initialisation,
} from '../../src/core/spec.ts';
import type { TrainingOptions } from '../../src/core/training-options.ts';
import { defaultValidation } from '../../src/data/parts.ts';
import { Field, isRecord } from '../../src/format/fields.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { checkThere, loadSource, loadToTrainOn, splitSource } from '../data/source.ts';
import { weightsSha256 } from '../hash.ts';
import { readModel } from '../model.ts';
import { kebab } from '../options.ts';
import { note } from '../terminal.ts';
import { FLAG_DEFAULTS, flattenOption, type TrainingFlags } from '../training-options.ts';

/** The options that make a run what it is; a checkpoint keeps them. */
export interface RunOptions extends TrainingOptions {
  readonly data?: string | undefined;
  readonly label?: string | undefined;
  readonly pictures?: PictureFit | undefined;
  readonly scaling?: 'standard' | 'none' | undefined;
  readonly hidden?: readonly number[] | undefined;
  readonly activation: HiddenActivation;
  readonly init?: Initialisation | undefined;
  readonly validation?: number | undefined;
  readonly final?: boolean | undefined;
}

/** The same as flags. */
export interface RunFlags extends TrainingFlags, Omit<RunOptions, keyof TrainingOptions> {}

/** What was measured before a run was stopped, so that its report and figures are whole. */
export interface History {
  readonly curve: readonly LossPoint[];
  /** Seconds of training of each epoch, the unfinished one included. */
  readonly seconds: readonly number[];
}

export interface Plan {
  readonly run: RunOptions;
  readonly training: Dataset;
  readonly validation: Dataset | undefined;
  /** With --final, where the data have test samples. */
  readonly test: Dataset | undefined;
  /** [inputs, hidden …, classes] */
  readonly layers: readonly number[];
  readonly initialisation: Initialisation;
  /** SHA-256 of the weights that it begins with, where these are another model's. */
  readonly from: string | undefined;
  /** These weights. */
  readonly start: Parameters | undefined;
  readonly resume: (History & { readonly checkpoint: Checkpoint }) | undefined;
}

/** What a checkpoint of ours holds beside the library's own. */
export interface StoredRun extends History {
  readonly options: RunOptions;
}

/** Another model's network, which a run goes on from: the data are made to fit it. */
export interface Start {
  readonly info: ModelInfo;
  readonly parameters: Parameters;
  /** Of its weights. */
  readonly sha256: string;
}

/** What a run begins with, beside its options. */
export interface Beginning {
  readonly dataDir: string | undefined;
  readonly start: Start | undefined;
  readonly resume: Plan['resume'];
}

/** Loads the data of a run. `given` are the options; those that a checkpoint keeps come from it. */
export async function makePlan(run: RunOptions, { dataDir, start, resume }: Beginning): Promise<Plan> {
  if (resume !== undefined && run.data !== undefined) await checkThere(run.data, 'the run was begun with');
  const where = { ...run, dataDir };
  const source = start === undefined ? await loadSource(where) : await loadToTrainOn(start.info, where);
  const held = run.final ? 0 : (run.validation ?? defaultValidation(sampleCount(source.training)));
  const scaling = start?.info.scaling ?? run.scaling;
  const parts = splitSource(source, { ...run, scaling, validation: held });
  if (run.final && parts.test === undefined)
    note(`${source.name} has no test samples: the final model is not measured.`);
  const initialisation = run.init ?? defaultInitialisation(run.activation);
  const hidden = run.hidden ?? (source.name === 'ellipse' ? [3] : [300]);
  return {
    run: { ...run, data: source.name, hidden, init: initialisation, ...(run.final ? {} : { validation: held }) },
    training: parts.training,
    validation: parts.validation,
    test: run.final ? parts.test : undefined,
    layers: [parts.training.columns, ...hidden, parts.training.classes.length],
    initialisation,
    from: start?.sha256,
    start: start?.parameters,
    resume,
  };
}

/** The network of a model file, to be trained on. Throws `bad-model` or `file`. */
export async function readStart(path: string): Promise<Start> {
  const { info, parameters } = await readModel(path);
  return { info, parameters, sha256: weightsSha256(parameters) };
}

/** Options that may be others in a resumed run: more epochs, and another place of the same data. */
const MAY_DIFFER: readonly (keyof RunFlags)[] = ['epochs', 'data'];

/**
 * Reads a checkpoint. Options that were given beside --resume must be its own.
 * Throws `bad-model` or `checkpoint-mismatch`.
 */
export async function readResume(
  path: string,
  options: RunFlags,
  given: (name: keyof RunFlags) => boolean,
): Promise<{ run: RunOptions; start: Start | undefined; resume: NonNullable<Plan['resume']> }> {
  const { info, parameters, checkpoint, run } = await readModel(path);
  if (checkpoint === undefined || !isRecord(run)) {
    throw new EdgeMlpError('bad-model', `${path}: expected a checkpoint of edge-mlp train, got a model without one`);
  }
  const stored = readStoredRun(new Field(run, `${path}: run`));
  // What the library keeps of the run is checked, and counts.
  const { hiddenActivation, layers } = checkpoint.spec;
  const own = { ...stored.options, ...checkpoint.options, activation: hiddenActivation, hidden: layers.slice(1, -1) };
  const flags = {
    ...own,
    ...flattenOption('schedule', own.schedule),
    ...flattenOption('augment', own.augment),
  };
  for (const name of Object.keys(options) as (keyof RunFlags)[]) {
    if (!given(name) || !(name in FLAG_DEFAULTS || name in own) || MAY_DIFFER.includes(name)) continue;
    const [expected, got] = [shown(flags[name]), shown(options[name])];
    if (expected === got) continue;
    throw new EdgeMlpError('checkpoint-mismatch', `--${kebab(name)}: ${path} was made with ${expected}, got ${got}`);
  }
  const from = info.provenance?.from;
  return {
    run: {
      ...own,
      ...(given('epochs') ? { epochs: options.epochs } : {}),
      ...(given('data') ? { data: options.data } : {}),
    },
    // The data are read as they were then: the checkpoint says how, like the model that was begun with.
    start: from === undefined ? undefined : { info, parameters, sha256: from },
    resume: { checkpoint, curve: stored.curve, seconds: stored.seconds },
  };
}

function shown(value: unknown): string {
  if (value === undefined) return 'none';
  if (value === true) return 'it';
  return Array.isArray(value) ? value.join(',') || 'none' : String(value);
}

type StoredOptions = Omit<RunOptions, keyof TrainingOptions | 'activation' | 'hidden'>;

function readStoredRun(field: Field): History & { readonly options: StoredOptions } {
  const options = field.at('options');
  const text = (key: string) => options.at(key).optional((value) => value.text());
  return {
    options: {
      data: text('data'),
      label: text('label'),
      pictures: options.at('pictures').optional((value) => value.choice(PICTURE_FITS)),
      scaling: options.at('scaling').optional((value) => value.choice(['standard', 'none'])),
      init: options.at('init').optional((value) => value.choice(INITIALISATIONS)),
      validation: options.at('validation').optional((value) => value.count()),
      final: options.at('final').optional((value) => value.flag()),
    },
    curve: field
      .at('curve')
      .list()
      .map((point) => ({ samples: point.at('samples').count(), loss: point.at('loss').number() })),
    seconds: field
      .at('seconds')
      .list()
      .map((value) => value.number('a number of at least 0', (s) => s >= 0)),
  };
}
