import type { Dataset } from '../../src/core/dataset.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { classCount } from '../../src/core/spec.ts';

/** A sample that was classified wrongly. */
export interface Mistake {
  readonly sample: number;
  readonly label: number;
  readonly predicted: number;
  /** Probability of the predicted class. */
  readonly confidence: number;
}

/** The mistakes of a network on a data set, the most confident first. */
export function confidentMistakes(mlp: Mlp, dataset: Dataset): Mistake[] {
  const classes = classCount(mlp.spec);
  const { labels, probabilities } = mlp.predictBatch(dataset.inputs);
  const mistakes: Mistake[] = [];
  labels.forEach((predicted, sample) => {
    const label = dataset.labels[sample] ?? 0;
    const confidence = probabilities[sample * classes + predicted] ?? 0;
    if (predicted !== label) mistakes.push({ sample, label, predicted, confidence });
  });
  return mistakes.sort((a, b) => b.confidence - a.confidence || a.sample - b.sample);
}
