/** The metadata of a model file: JSON texts, of which every value is checked. */
import { type DatasetIdentity, identifyDataset } from '../core/checkpoint.ts';
import { type AnyDataset, type InputScaling, PICTURE_FITS, type PictureFit } from '../core/dataset.ts';
import { keptMetrics } from '../core/early-stopping.ts';
import { type AnyEvaluation, type Measures, pickMeasures } from '../core/measures.ts';
import type { EpochMetrics } from '../core/metrics.ts';
import { RECOGNITION_SCORES, type Recognition } from '../core/recognition.ts';
import {
  checkSpec,
  classCount,
  HIDDEN_ACTIVATIONS,
  type HiddenActivations,
  INITIALISATIONS,
  type Initialisation,
  inputSize,
  type MlpSpec,
  outputSize,
} from '../core/spec.ts';
import { countInputs, type TableColumn } from '../core/table-columns.ts';
import type { Target } from '../core/targets.ts';
import { pickTrainingOptions, type TrainingOptions } from '../core/training-options.ts';
import { Field, omitUndefined } from './fields.ts';

/** The description of a network: everything except its weights. */
export interface ModelInfo {
  /** Layers and activation. */
  readonly spec: MlpSpec;
  /** Names of the classes, by label; empty for regression. */
  readonly classes: readonly string[];
  /** For regression: names and standardisation of the targets. */
  readonly targets?: readonly Target[];
  /** Scaling of the inputs. */
  readonly scaling: InputScaling;
  /** Rows and columns, if the inputs are an image. */
  readonly imageShape?: readonly [rows: number, columns: number];
  /** How an image becomes inputs. Default: centred. */
  readonly pictures?: PictureFit;
  /** Names of the inputs, for instance the headers of a CSV file. */
  readonly features?: readonly string[];
  /**
   * Columns of the table that became the inputs, if one of them has categories or a value for missing cells. Default:
   * each feature is a column of numbers.
   */
  readonly tableColumns?: readonly TableColumn[];
  /** Name of the label, for instance the header of the label column of a CSV file. */
  readonly labelName?: string;
  /** Name of the column with the weights of the training samples. */
  readonly weightName?: string;
  /** How samples of no class are recognized (`calibrateRecognition`). Default: every sample is of one of the classes. */
  readonly recognition?: Recognition;
  /** How the network was trained; absent in models of other programs. */
  readonly provenance?: Provenance;
  /** Corrections that the network has learnt after its training. */
  readonly corrections?: Corrections;
}

/** Corrections after the training. */
export interface Corrections {
  /** Number of corrections. */
  readonly examples: number;
  /** SGD steps for each correction. */
  readonly steps: number;
  /** Learning rate of these steps. */
  readonly learningRate: number;
  /** Seed of the choice of samples. */
  readonly seed: number;
  /** Kept samples of the training data, against forgetting. */
  readonly rehearsal: { readonly data: string; readonly samples: number } | null;
}

/** How a network was trained. The same training gives bit-identical weights. */
export interface Provenance {
  /** Version of edge-mlp. */
  readonly version: string;
  /** Initialisation of the weights. */
  readonly initialisation: Initialisation;
  /** SHA-256 of the initial weights, if they are those of another model. */
  readonly from?: string;
  /** The training options, with the names of that version of edge-mlp. */
  readonly training: { readonly seed: number } & Readonly<Record<string, unknown>>;
  /** The training set. */
  readonly dataset: DatasetIdentity;
  /** Measures of each epoch. */
  readonly epochs: readonly EpochMetrics[];
  /** The epoch, from 1, whose weights the model has, if training with patience chose one. Default: the last one. */
  readonly keptEpoch?: number;
  /** Measures of the final weights on the test samples of the data set; null if they were not measured. */
  readonly test: Measures | null;
}

/** The form of a model's samples, for `jsonSamples`. */
export function describeSamples(info: ModelInfo) {
  const { spec, scaling, labelName } = info;
  return { columns: inputSize(spec), scaling, tableColumns: listColumns(info), labelName };
}

/** The columns of the inputs: those of the table, or a number for each feature; undefined for unnamed inputs. */
export function listColumns({
  tableColumns,
  features,
}: {
  readonly tableColumns?: readonly TableColumn[] | undefined;
  readonly features?: readonly string[] | undefined;
}): readonly TableColumn[] | undefined {
  return tableColumns ?? features?.map((name): TableColumn => ({ kind: 'number', name }));
}

export interface TrainedModel {
  /** Version of edge-mlp. */
  readonly version: string;
  readonly spec: MlpSpec;
  readonly initialisation: Initialisation;
  /** SHA-256 of the initial weights, if they are those of another model. */
  readonly from?: string | undefined;
  readonly training: TrainingOptions;
  /** The training set. */
  readonly dataset: AnyDataset;
  readonly epochs: readonly EpochMetrics[];
  /** The epoch whose weights the network has, with patience. */
  readonly keptEpoch?: number | undefined;
  readonly test: AnyEvaluation | null | undefined;
}

/** The description of a trained model. It has no time and no machine: the same run gives the same file. */
export function buildModelInfo(trained: TrainedModel): ModelInfo {
  const { version, spec, initialisation, from, training, dataset, epochs, keptEpoch, test } = trained;
  const { classes, targets, scaling, imageShape, pictures, features, tableColumns, labelName, weightName } = dataset;
  return {
    spec,
    classes,
    scaling,
    ...omitUndefined({ targets, imageShape, pictures, features, tableColumns, labelName, weightName }),
    provenance: {
      version,
      initialisation,
      ...omitUndefined({ from }),
      training: { ...pickTrainingOptions(training) },
      dataset: identifyDataset(dataset),
      epochs: epochs.map(({ epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy, validationR2 }) => {
        const measures = { epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy };
        return { ...measures, ...omitUndefined({ validationR2 }) };
      }),
      ...omitUndefined({ keptEpoch }),
      test: test == null ? null : pickMeasures(test),
    },
  };
}

/** Checks information before it is written, as reading does. Throws EdgeMlpError "bad-model" or "bad-spec". */
export function checkInfo(info: ModelInfo): void {
  const { spec, classes, targets, scaling, imageShape, pictures, features, tableColumns, recognition } = info;
  readSpec(new Field(spec, 'spec'));
  readClasses(new Field(classes, 'classes'), spec);
  readTargets(new Field(targets, 'targets'), spec);
  readScaling(new Field(scaling, 'scaling'), spec);
  new Field(imageShape, 'imageShape').optional((field) => readImageShape(field, spec));
  new Field(pictures, 'pictures').optional(readPictures);
  new Field(features, 'features').optional((field) => readFeatures(field, spec));
  new Field(tableColumns, 'tableColumns').optional((field) => readTableColumns(field, spec));
  new Field(recognition, 'recognition').optional((field) => readRecognition(field, spec));
  for (const key of ['labelName', 'weightName'] as const) new Field(info[key], key).optional((field) => field.text());
}

export function readSpec(field: Field): MlpSpec {
  return checkSpec({
    layers: field
      .at('layers')
      .list()
      .map((size) => size.count()),
    hiddenActivation: readActivations(field.at('hiddenActivation')),
    task: field.at('task').optional((task) => task.choice(['regression'])),
  });
}

/** One activation for all hidden layers, or a list with one for each. */
export function readActivations(field: Field): HiddenActivations {
  return Array.isArray(field.value)
    ? field.list().map((name) => name.choice(HIDDEN_ACTIVATIONS))
    : field.choice(HIDDEN_ACTIVATIONS);
}

export function readClasses(field: Field, spec: MlpSpec): string[] {
  return field.list(classCount(spec)).map((name) => name.text());
}

/** The targets of a regression; undefined for a network with classes, which has none. */
export function readTargets(field: Field, spec: MlpSpec): Target[] | undefined {
  if (spec.task !== 'regression') return field.present ? field.fail('nothing, as the network has classes') : undefined;
  return field.list(outputSize(spec)).map(readTarget);
}

export function readTarget(field: Field): Target {
  return {
    name: field.at('name').text(),
    mean: field.at('mean').number(),
    standardDeviation: field.at('standardDeviation').number('a number above 0', (value) => value > 0),
  };
}

export function readScaling(field: Field, spec: MlpSpec): InputScaling {
  const kind = field.at('kind').choice(['bytes', 'identity', 'standard']);
  if (kind !== 'standard') return { kind };
  const row = (key: string) => field.at(key).list(inputSize(spec));
  const mean = row('mean').map((value) => value.number());
  return {
    kind,
    mean,
    standardDeviation: row('standardDeviation').map((value) => value.number('a number above 0', (v) => v > 0)),
  };
}

export function readImageShape(field: Field, spec: MlpSpec): [number, number] {
  const [rows = 0, columns = 0] = field.list(2).map((side) => side.count());
  return rows * columns === inputSize(spec) ? [rows, columns] : field.fail(`rows × columns = ${inputSize(spec)}`);
}

export function readPictures(field: Field): PictureFit {
  return field.choice(PICTURE_FITS);
}

export function readFeatures(field: Field, spec: MlpSpec): string[] {
  return field.list(inputSize(spec)).map((name) => name.text());
}

export function readTableColumns(field: Field, spec: MlpSpec): TableColumn[] {
  const columns = field.list().map(readTableColumn);
  const inputs = countInputs(columns);
  return inputs === inputSize(spec) ? columns : field.fail(`columns of ${inputSize(spec)} inputs`);
}

function readTableColumn(field: Field): TableColumn {
  const kind = field.at('kind').choice(['number', 'categories']);
  const name = field.at('name').text();
  const fill = field.at('fill');
  if (kind === 'number') return { kind, name, ...omitUndefined({ fill: fill.optional((value) => value.number()) }) };
  const categories = field
    .at('categories')
    .list()
    .map((category) => category.text());
  if (categories.length === 0 || new Set(categories).size < categories.length) field.fail('different categories');
  return { kind, name, categories, ...omitUndefined({ fill: fill.optional((value) => value.choice(categories)) }) };
}

export function readRecognition(field: Field, spec: MlpSpec): Recognition {
  if (spec.task === 'regression') field.fail('nothing, as the network is a regression');
  return {
    score: field.at('score').choice(RECOGNITION_SCORES),
    threshold: field.at('threshold').number('a number from 0 to 1', (value) => value >= 0 && value <= 1),
  };
}

export function readProvenance(field: Field): Provenance {
  const from = field.at('from').optional((hash) => hash.text());
  const version = field.at('version').text();
  const epochs = field.at('epochs').list().map(readEpoch);
  return {
    version,
    initialisation: field.at('initialisation').choice(INITIALISATIONS),
    ...omitUndefined({ from }),
    training: { ...field.at('training').record(), seed: field.at('training').at('seed').count(0xffffffff) },
    dataset: readDataset(field.at('dataset')),
    epochs,
    ...omitUndefined({ keptEpoch: field.at('keptEpoch').optional((kept) => readKeptEpoch(kept, epochs.length)) }),
    test: field.at('test').nullable(readMeasures),
  };
}

function readKeptEpoch(field: Field, epochs: number): number {
  return field.number(`an epoch from 1 to ${epochs}`, (n) => Number.isInteger(n) && n >= 1 && n <= epochs);
}

/** Measures of the epoch whose weights a model has. Files of version 0.1 do not name the epoch that patience chose. */
export function findKeptMetrics({ epochs, keptEpoch, training }: Provenance): EpochMetrics | undefined {
  if (keptEpoch !== undefined) return epochs[keptEpoch - 1];
  return keptMetrics(epochs, typeof training.patience === 'number' ? training.patience : 0);
}

export function readMeasures(field: Field): Measures {
  const measures = { samples: field.at('samples').count(), loss: field.at('loss').number() };
  if (!field.at('rmse').present) return { ...measures, accuracy: field.at('accuracy').number() };
  const [rmse, mae, r2] = ['rmse', 'mae', 'r2'].map((name) => field.at(name).number()) as [number, number, number];
  return { ...measures, rmse, mae, r2 };
}

export function readCorrections(field: Field): Corrections {
  return {
    examples: field.at('examples').count(),
    steps: field.at('steps').count(),
    learningRate: field.at('learningRate').number('a number above 0', (value) => value > 0),
    seed: field.at('seed').count(0xffffffff),
    rehearsal: field.at('rehearsal').nullable((rehearsal) => ({
      data: rehearsal.at('data').text(),
      samples: rehearsal.at('samples').count(),
    })),
  };
}

export function readDataset(field: Field): DatasetIdentity {
  return {
    name: field.at('name').text(),
    samples: field.at('samples').count(),
    columns: field.at('columns').count(),
    sha256: field.at('sha256').nullable((hash) => hash.text()),
  };
}

export function readEpoch(field: Field): EpochMetrics {
  return {
    epoch: field.at('epoch').count(),
    trainLoss: field.at('trainLoss').number(),
    trainAccuracy: field.at('trainAccuracy').nullable((accuracy) => accuracy.number()),
    validationLoss: field.at('validationLoss').nullable((loss) => loss.number()),
    validationAccuracy: field.at('validationAccuracy').nullable((accuracy) => accuracy.number()),
    ...omitUndefined({
      validationR2: field.at('validationR2').optional((r2) => r2.nullable((value) => value.number())),
    }),
  };
}
