/** From a data set to what a run trains on and what it holds out: the same in the command and in the service. */
import { type AnyDataset, type Dataset, type InputScaling, splitShuffled, splitTail } from '../core/dataset.ts';
import { EdgeMlpError } from '../core/errors.ts';
import { applyScaling, fitStandardScaling } from './scaling.ts';

/** Ways to bring numbers to the network: standardised by the training samples, or as they are. */
export const SCALINGS = ['standard', 'none'] as const;
/** One of SCALINGS. */
export type Scaling = (typeof SCALINGS)[number];

/** How a data set is parted. */
export interface PartOptions {
  /** Samples to hold out. */
  readonly validation: number;
  /** Of a split at random. */
  readonly seed: number;
  /** Where the samples may lie in some order, validation samples are drawn at random; else the last are taken. */
  readonly shuffledSplit: boolean;
  /** Default: standard. Bytes and the ellipse set are left alone. Or that of a network that is trained on. */
  readonly scaling?: Scaling | InputScaling | undefined;
}

/**
 * Splits, then scales both parts; what the training part has as its scaling holds for all other samples, too.
 * Throws `bad-argument` where more is held out than there is.
 *
 * @example
 * ```ts
 * import { csvDataset, trainingParts } from 'edge-mlp/data';
 *
 * const dataset = csvDataset('x,kind\n1,a\n2,b\n3,a\n4,b\n5,a\n', { name: 'points.csv' });
 * const { training, validation } = trainingParts(dataset, { validation: 1, seed: 1, shuffledSplit: true });
 * console.log(training.labels.length, validation?.labels.length, training.scaling.kind); // 4 1 standard
 * ```
 */
export function trainingParts(
  dataset: Dataset,
  { validation, seed, shuffledSplit, scaling }: PartOptions,
): { training: Dataset; validation: Dataset | undefined } {
  const split = shuffledSplit ? splitShuffled(dataset, validation, seed) : splitTail(dataset, validation);
  const fitted = scalingFor(split.training, scaling);
  return {
    training: applyScaling(split.training, fitted),
    validation: validation > 0 ? applyScaling(split.validation, fitted) : undefined,
  };
}

function scalingFor(training: Dataset, scaling: Scaling | InputScaling = 'standard'): InputScaling {
  if (typeof scaling === 'object') return scaling;
  if (training.scaling.kind === 'bytes' || training.name === 'ellipse' || scaling === 'none') return training.scaling;
  return fitStandardScaling(training);
}

/**
 * The samples under a model's labels for the same names: sets may have them in another order, or only some. Names that are mere
 * numbers say nothing. Throws `bad-data` for a class that the model does not know.
 */
export function withClasses<Samples extends AnyDataset>(dataset: Samples, classes: readonly string[]): Samples {
  const labels = dataset.classes.map((name) => classes.indexOf(name));
  if (labels.every((label, i) => label === i)) return { ...dataset, classes };
  const unknown = dataset.classes.find((_, i) => labels[i] === -1);
  if (unknown === undefined) {
    return { ...dataset, classes, labels: dataset.labels.map((label) => labels[label] ?? label) };
  }
  const numbered = (names: readonly string[]) => names.every((name, i) => name === String(i));
  const meant = numbered(dataset.classes) || numbered(classes);
  if (meant) return dataset.classes.length <= classes.length ? { ...dataset, classes } : dataset;
  throw new EdgeMlpError(
    'bad-data',
    `${dataset.name}: expected classes of the model, ${classes.join(', ')}, got ${unknown}`,
  );
}
