/** Splitting and scaling a data set for training, in the command and in the service. */
import { type AnyDataset, type Dataset, type InputScaling, type Labels, sampleCount } from '../core/dataset.ts';
import { EdgeMlpError } from '../core/errors.ts';
import { hasSoftLabels } from '../core/soft-labels.ts';
import { type Split, splitShuffled, splitTail } from '../core/split.ts';
import type { Target } from '../core/targets.ts';
import { applyScaling, fitStandardScaling, fitTargets, scaleTargets } from './scaling.ts';
import { fillMissing, fitFills } from './table-inputs.ts';

/** Scaling of numbers: standardised by the training samples, or not scaled. */
export const SCALINGS = ['standard', 'none'] as const;
/** One of SCALINGS. */
export type Scaling = (typeof SCALINGS)[number];

/** How a data set is split and scaled. */
export interface PartOptions {
  /** Samples to hold out: a number, or a fraction below 1. */
  readonly validation: number;
  /** Seed of a random split. */
  readonly seed: number;
  /** Whether validation samples are drawn at random, for samples that may be sorted, or taken from the end. */
  readonly shuffledSplit: boolean;
  /**
   * A kind of scaling, or the scaling of the model that is trained. Default: standard; bytes and the ellipse set are
   * not scaled.
   */
  readonly scaling?: Scaling | InputScaling | undefined;
  /** Targets of the model that is trained. Default: those of the data set, standardised by the training samples. */
  readonly targets?: readonly Target[] | undefined;
}

/**
 * Splits a data set and scales both parts. The scaling of the training part applies to all other samples. Throws
 * EdgeMlpError "bad-argument".
 *
 * @example
 * ```ts
 * import { csvDataset } from 'edge-mlp/csv';
 * import { trainingParts } from 'edge-mlp/data';
 *
 * const dataset = csvDataset('x,kind\n1,a\n2,b\n3,a\n4,b\n5,a\n', { name: 'points.csv' });
 * const { training, validation } = trainingParts(dataset, { validation: 1, seed: 1, shuffledSplit: true });
 * console.log(training.labels.length, validation?.labels.length, training.scaling.kind); // 4 1 standard
 * ```
 */
export function trainingParts(
  dataset: Dataset,
  { validation, seed, shuffledSplit, scaling, targets }: PartOptions,
): { training: Dataset; validation: Dataset | undefined } {
  const held = countValidation(sampleCount(dataset), validation);
  const parts = shuffledSplit ? splitShuffled(dataset, held, seed) : splitTail(dataset, held);
  const split = fillParts(parts);
  const fitted = scalingFor(split.training, scaling);
  const fittedTargets = dataset.targets === undefined ? undefined : (targets ?? fitTargets(split.training));
  const scale = (part: Dataset) => scaleLike(part, { scaling: fitted, targets: fittedTargets });
  return { training: scale(split.training), validation: held > 0 ? scale(split.validation) : undefined };
}

/** Scales the inputs and targets of a data set as those of a training set or of a model. Throws EdgeMlpError. */
export function scaleLike(
  dataset: Dataset,
  { scaling, targets }: { readonly scaling: InputScaling; readonly targets?: readonly Target[] | undefined },
): Dataset {
  const scaled = applyScaling(dataset, scaling);
  return targets === undefined ? scaled : scaleTargets(scaled, targets);
}

/** Fills missing inputs of both parts with values of the training part. */
function fillParts({ training, validation }: Split): Split {
  const { fill, tableColumns } = training;
  if (fill === undefined || tableColumns === undefined) return { training, validation };
  const columns = fitFills(training, tableColumns, fill);
  return { training: fillMissing(training, columns), validation: fillMissing(validation, columns) };
}

function scalingFor(training: Dataset, scaling: Scaling | InputScaling = 'standard'): InputScaling {
  if (typeof scaling === 'object') return scaling;
  if (training.scaling.kind === 'bytes' || training.name === 'ellipse' || scaling === 'none') return training.scaling;
  return fitStandardScaling(training);
}

/**
 * Replaces the labels of a data set by those of a model for the same class names. Classes that are only numbered keep
 * their labels, and targets of a regression are unchanged. Throws EdgeMlpError "bad-data" for a class that the model does
 * not have.
 */
export function withClasses<Samples extends AnyDataset>(dataset: Samples, classes: readonly string[]): Samples {
  if (dataset.targets !== undefined) return dataset;
  const labels = dataset.classes.map((name) => classes.indexOf(name));
  const unknown = dataset.classes.find((_, i) => labels[i] === -1);
  if (unknown === undefined) return { ...dataset, classes, labels: moveLabels(dataset, labels, classes.length) };
  const numbered = (names: readonly string[]) => names.every((name, i) => name === String(i));
  if (numbered(dataset.classes) || numbered(classes)) {
    if (dataset.classes.length > classes.length) return dataset;
    return { ...dataset, classes, labels: moveLabels(dataset, [...dataset.classes.keys()], classes.length) };
  }
  const message = `${dataset.name}: expected the classes of the model, ${classes.join(', ')}, got ${unknown}`;
  throw new EdgeMlpError('bad-data', message);
}

/** The labels of a data set after class i became `moved[i]` of `classes` classes. */
function moveLabels(dataset: AnyDataset, moved: readonly number[], classes: number): Labels {
  const { labels } = dataset;
  const isSoft = hasSoftLabels(dataset);
  if (moved.every((label, i) => label === i) && (moved.length === classes || !isSoft)) return labels;
  if (!isSoft) return labels.map((label) => moved[label] ?? label);
  const probabilities = new Float32Array((labels.length / moved.length) * classes);
  labels.forEach((probability, i) => {
    probabilities[Math.floor(i / moved.length) * classes + (moved[i % moved.length] ?? 0)] = probability;
  });
  return probabilities;
}

/**
 * The number of validation samples for a number or a fraction below 1, of which at least one sample is held out. Default:
 * 5,000, or 10 % of a smaller data set.
 */
export function countValidation(samples: number, requested?: number): number {
  if (requested === undefined) return Math.min(5000, Math.floor(samples / 10));
  return requested > 0 && requested < 1 ? Math.max(1, Math.round(requested * samples)) : requested;
}
