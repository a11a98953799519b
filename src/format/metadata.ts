/** What a model file says of its network: written as JSON texts, read with every value checked. */
import { type Checkpoint, checkPlace, type DatasetIdentity } from '../core/checkpoint.ts';
import { type InputScaling, PICTURE_FITS, type PictureFit } from '../core/dataset.ts';
import type { EpochMetrics } from '../core/metrics.ts';
import {
  checkSpec,
  classCount,
  HIDDEN_ACTIVATIONS,
  INITIALISATIONS,
  type Initialisation,
  inputSize,
  type MlpSpec,
} from '../core/spec.ts';
import {
  checkTrainingOptions,
  TRAINING_OPTION_NAMES,
  type TrainingOptions,
  type TrainingOptionsInput,
} from '../core/training-options.ts';
import { Field } from './fields.ts';

/** Everything about a network but its numbers. */
export interface ModelInfo {
  /** Layers and activation. */
  readonly spec: MlpSpec;
  /** Names of the classes, by label. */
  readonly classes: readonly string[];
  /** What is made of a sample’s numbers before the first layer. */
  readonly scaling: InputScaling;
  /** Rows and columns, where an input is a picture. */
  readonly imageShape?: readonly [rows: number, columns: number];
  /** How a picture becomes such an input. Default: centred. */
  readonly pictures?: PictureFit;
  /** Names of the inputs, where they have some: the headers of a CSV file. */
  readonly features?: readonly string[];
  /** Name of what the classes are: the header of a CSV file's labels. */
  readonly labelName?: string;
  /** How the network came to be; absent where it was not trained by us. */
  readonly provenance?: Provenance;
  /** What it has learnt since then, one example after another; absent where that is nothing. */
  readonly corrections?: Corrections;
}

/** What a learner has learnt since its training. */
export interface Corrections {
  /** How many it has learnt from. */
  readonly examples: number;
  /** SGD steps for each. */
  readonly steps: number;
  /** Of these steps. */
  readonly learningRate: number;
  /** Of the order in which it saw samples. */
  readonly seed: number;
  /** Samples that were kept against forgetting. */
  readonly rehearsal: { readonly data: string; readonly samples: number } | null;
}

/** How a network came to be: enough to make it again, to the bit. */
export interface Provenance {
  /** Version of edge-mlp. */
  readonly version: string;
  /** How its weights were drawn. */
  readonly initialisation: Initialisation;
  /** SHA-256 of the weights that it began with, where these were another model's. */
  readonly from?: string;
  /** All options of the training, as they were named in that version. */
  readonly training: { readonly seed: number } & Readonly<Record<string, unknown>>;
  /** What it was trained on. */
  readonly dataset: DatasetIdentity;
  /** What each epoch came to. */
  readonly epochs: readonly EpochMetrics[];
  /** Measured on the data set's own test samples, with the final weights; null where it was not. */
  readonly test: { readonly samples: number; readonly loss: number; readonly accuracy: number } | null;
}

/** The place of a checkpoint in its run; the parameters lie in tensors. */
export type Place = Omit<Checkpoint, 'spec' | 'parameters' | 'velocity' | 'average' | 'best'>;

/** What is written can be read: the same checks. Throws `bad-model`, or `bad-spec` for the network. */
export function checkInfo({ spec, classes, scaling, imageShape, pictures, features, labelName }: ModelInfo): void {
  readSpec(new Field(spec, 'spec'));
  readClasses(new Field(classes, 'classes'), spec);
  readScaling(new Field(scaling, 'scaling'), spec);
  new Field(imageShape, 'imageShape').optional((field) => readImageShape(field, spec));
  new Field(pictures, 'pictures').optional(readPictures);
  new Field(features, 'features').optional((field) => readFeatures(field, spec));
  new Field(labelName, 'labelName').optional((field) => field.text());
}

export function readSpec(field: Field): MlpSpec {
  return checkSpec({
    layers: field
      .at('layers')
      .list()
      .map((size) => size.count()),
    hiddenActivation: field.at('hiddenActivation').choice(HIDDEN_ACTIVATIONS),
  });
}

export function readClasses(field: Field, spec: MlpSpec): string[] {
  return field.list(classCount(spec)).map((name) => name.text());
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

export function readProvenance(field: Field): Provenance {
  const from = field.at('from').optional((hash) => hash.text());
  return {
    version: field.at('version').text(),
    initialisation: field.at('initialisation').choice(INITIALISATIONS),
    ...(from === undefined ? {} : { from }),
    training: { ...field.at('training').record(), seed: field.at('training').at('seed').count(0xffffffff) },
    dataset: readDataset(field.at('dataset')),
    epochs: field.at('epochs').list().map(readEpoch),
    test: field.at('test').nullable((test) => ({
      samples: test.at('samples').count(),
      loss: test.at('loss').number(),
      accuracy: test.at('accuracy').number(),
    })),
  };
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

export function readPlace(field: Field): Place {
  const place = {
    options: readTrainingOptions(field.at('options')),
    dataset: readDataset(field.at('dataset')),
    epoch: field.at('epoch').count(),
    step: field.at('step').count(),
    cursor: field.at('cursor').count(),
    lossSum: field.at('lossSum').number('a number of at least 0', (value) => value >= 0),
    correct: field.at('correct').count(),
    history: field.at('history').list().map(readEpoch),
  };
  checkPlace(place);
  return place;
}

export function pickPlace({ options, dataset, epoch, step, cursor, lossSum, correct, history }: Checkpoint): Place {
  return { options, dataset, epoch, step, cursor, lossSum, correct, history };
}

function readTrainingOptions(field: Field): TrainingOptions {
  // The first six were there from the beginning; what is absent of the others is as if there were none.
  for (const name of ['epochs', 'learningRate', 'batchSize', 'momentum', 'weightDecay', 'seed'])
    field.at(name).number();
  return checkTrainingOptions(
    Object.fromEntries(TRAINING_OPTION_NAMES.map((name) => [name, field.at(name).value])) as TrainingOptionsInput,
  );
}

function readDataset(field: Field): DatasetIdentity {
  return {
    name: field.at('name').text(),
    samples: field.at('samples').count(),
    columns: field.at('columns').count(),
    sha256: field.at('sha256').nullable((hash) => hash.text()),
  };
}

function readEpoch(field: Field): EpochMetrics {
  return {
    epoch: field.at('epoch').count(),
    trainLoss: field.at('trainLoss').number(),
    trainAccuracy: field.at('trainAccuracy').number(),
    validationLoss: field.at('validationLoss').nullable((loss) => loss.number()),
    validationAccuracy: field.at('validationAccuracy').nullable((accuracy) => accuracy.number()),
  };
}
