/** A training run before its first step: options, data and network. */

import { checkPictures } from '../../src/core/augmentation.ts';
import type { Checkpoint } from '../../src/core/checkpoint.ts';
import { countOutputs, type Dataset, type PictureFit, sampleCount } from '../../src/core/dataset.ts';
import { checkGivenOptions, completeOptions, defaultHidden, readDataKind } from '../../src/core/default-options.ts';
import { checkPatience } from '../../src/core/early-stopping.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import type { Parameters } from '../../src/core/parameters.ts';
import type { LossPoint } from '../../src/core/recorder.ts';
import {
  defaultInitialisation,
  type HiddenActivations,
  type Initialisation,
  type MlpSpec,
} from '../../src/core/spec.ts';
import {
  pickTrainingOptions,
  type TrainingOptions,
  type TrainingOptionsInput,
} from '../../src/core/training-options.ts';
import { type DataSummary, summarizeData } from '../../src/data/data-summary.ts';
import { countValidation } from '../../src/data/parts.ts';
import { buildModelInfo, type ModelInfo, type TrainedModel } from '../../src/format/metadata.ts';
import { checkAvailable, loadToTrainOn } from '../data/model-data.ts';
import { loadLike, loadSource, splitSource } from '../data/source.ts';
import { pickTableFlags, type TableFlags } from '../data/table-options.ts';
import { weightsSha256 } from '../hash.ts';
import { readModel, VERSION } from '../model.ts';
import { note } from '../terminal.ts';
import type { EpochEnd } from './run-spec.ts';

/** Options of a run besides those of its training. */
interface NetworkAndData extends TableFlags {
  readonly data?: string | undefined;
  readonly pictures?: PictureFit | undefined;
  readonly scaling?: 'standard' | 'none' | undefined;
  readonly hidden?: readonly number[] | undefined;
  readonly activation: HiddenActivations;
  readonly init?: Initialisation | undefined;
  readonly validation?: number | undefined;
  /** A file or folder of test samples. */
  readonly test?: string | undefined;
  readonly final?: boolean | undefined;
}

/** Options that determine the result of a run. A checkpoint stores them. */
export interface RunOptions extends TrainingOptions, NetworkAndData {}

/** Options before the data are known: absent ones take defaults that depend on the data. */
export interface RunRequest extends TrainingOptionsInput, NetworkAndData {
  readonly seed: number;
}

/** Measurements before an interruption, for the report of the resumed run. */
export interface History {
  readonly curve: readonly LossPoint[];
  /** Seconds of training for each epoch, including the unfinished one. */
  readonly seconds: readonly number[];
  /** The training set at the end of each epoch; null for epochs that were not measured. */
  readonly ends: readonly (EpochEnd | null)[];
}

export interface Plan {
  readonly run: RunOptions;
  readonly summary: DataSummary;
  readonly training: Dataset;
  readonly validation: Dataset | undefined;
  /** With --test, or with --final if the data have test samples. */
  readonly test: Dataset | undefined;
  /** [inputs, hidden …, outputs] */
  readonly layers: readonly number[];
  readonly initialisation: Initialisation;
  /** --from: SHA-256 of the initial weights. */
  readonly from: string | undefined;
  /** --from: the initial weights. */
  readonly start: Parameters | undefined;
  readonly resume: (History & { readonly checkpoint: Checkpoint }) | undefined;
}

/** A model whose training a run continues. */
export interface Start {
  readonly info: ModelInfo;
  readonly parameters: Parameters;
  /** SHA-256 of its weights. */
  readonly sha256: string;
}

/** Throws EdgeMlpError "bad-model" or "file". */
export async function readStart(path: string): Promise<Start> {
  const { info, parameters } = await readModel(path);
  return { info, parameters, sha256: weightsSha256(parameters) };
}

/** Checks what does not depend on the data, before they are loaded. Throws EdgeMlpError "bad-argument". */
export function checkRunOptions(run: RunRequest, start?: Start): void {
  checkGivenOptions(pickTrainingOptions(run));
  const regression = run.target !== undefined || run.task === 'regression' || start?.info.targets !== undefined;
  if (run.loss !== undefined && !regression) {
    throw new EdgeMlpError('bad-argument', '--loss: expected a regression: name the column with --target');
  }
  if (run.classWeight !== undefined && regression) {
    throw new EdgeMlpError('bad-argument', '--class-weight: expected classes, got a regression: use --sample-weight');
  }
  checkPatience(run, !run.final && run.validation !== 0);
}

/** Loads the data of a run. Throws the errors of `loadSource`. */
export async function makePlan(
  run: RunRequest,
  options: { readonly dataDir: string | undefined; readonly start: Start | undefined; readonly resume: Plan['resume'] },
): Promise<Plan> {
  const { dataDir, start, resume } = options;
  if (resume !== undefined && run.data !== undefined) await checkAvailable(run.data, "the checkpoint's training data");
  const dataOptions = { ...run, dataDir };
  const data = start === undefined ? await loadSource(dataOptions) : await loadToTrainOn(start.info, dataOptions);
  const test = run.test === undefined ? data.test : await loadLike(data.training, run.test, pickTableFlags(run));
  const source = { ...data, test };
  const validation = run.final ? 0 : (run.validation ?? countValidation(sampleCount(source.training)));
  const scaling = start?.info.scaling ?? run.scaling;
  const parts = splitSource(source, { ...run, scaling, validation, targets: start?.info.targets });
  if (run.final && parts.test === undefined) {
    note(`${source.name} has no test samples: the final model is not evaluated.`);
  }
  const initialisation = run.init ?? defaultInitialisation(run.activation);
  const kind = readDataKind(parts.training);
  const hidden = run.hidden ?? defaultHidden(kind);
  const training = completeOptions(pickTrainingOptions(run), kind);
  if (training.augment.kind !== 'none') checkPictures(parts.training);
  return {
    run: { ...run, ...training, data: source.name, hidden, init: initialisation, ...(run.final ? {} : { validation }) },
    summary: summarizeData(source),
    training: parts.training,
    validation: parts.validation,
    test: run.final || run.test !== undefined ? parts.test : undefined,
    layers: [parts.training.columns, ...hidden, countOutputs(parts.training)],
    initialisation,
    from: start?.sha256,
    start: start?.parameters,
    resume,
  };
}

export function describeRun(
  spec: MlpSpec,
  plan: Plan,
  results: Pick<TrainedModel, 'epochs' | 'keptEpoch' | 'test'>,
): ModelInfo {
  const { run, training, initialisation, from } = plan;
  return buildModelInfo({
    version: VERSION,
    spec,
    initialisation,
    from,
    training: run,
    dataset: training,
    ...results,
  });
}
