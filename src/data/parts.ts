/** From a data set to what a run trains on and what it holds out: the same in the command and in the service. */
import { type Dataset, type InputScaling, splitShuffled, splitTail } from '../core/dataset.ts';
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
  /** Default: standard. Bytes and the ellipse set are left alone. */
  readonly scaling?: Scaling | undefined;
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

function scalingFor(training: Dataset, scaling: Scaling = 'standard'): InputScaling {
  if (training.scaling.kind === 'bytes' || training.name === 'ellipse' || scaling === 'none') return training.scaling;
  return fitStandardScaling(training);
}
