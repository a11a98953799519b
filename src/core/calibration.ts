/** Calibration: whether a classifier is right as often as its probabilities say. */
import type { ScoreOptions } from './scores.ts';

/** Predictions whose confidence is in one interval. */
export interface ConfidenceBin {
  /** Lower bound; the interval is (from, to]. */
  readonly from: number;
  /** Upper bound. */
  readonly to: number;
  /** Number of predictions. */
  readonly samples: number;
  /** Mean confidence; 0 without predictions. */
  readonly confidence: number;
  /** Fraction that is correct; 0 without predictions. */
  readonly accuracy: number;
}

/** A reliability diagram, and its distance from the diagonal. */
export interface Calibration {
  /** Intervals of confidence, of equal width. */
  readonly bins: readonly ConfidenceBin[];
  /** Mean difference between confidence and accuracy of the intervals, weighted by their samples. */
  readonly expectedCalibrationError: number;
}

/**
 * A reliability diagram and the expected calibration error (Guo, Pleiss, Sun and Weinberger, "On calibration of modern
 * neural networks", 2017, equations 2, 3 and 5). `confidences` [samples] are the probabilities of the predicted classes,
 * `correct` [samples] whether the predictions are correct. Means are weighted by the samples' weights.
 */
export function computeCalibration(
  confidences: ArrayLike<number>,
  correct: ArrayLike<boolean>,
  bins = 15,
  { weights }: ScoreOptions = {},
): Calibration {
  const sums = Array.from({ length: bins }, () => ({ samples: 0, weight: 0, confidence: 0, correct: 0 }));
  for (let i = 0; i < confidences.length; i++) {
    const confidence = confidences[i] ?? 0;
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1))];
    if (bin === undefined) continue;
    const weight = weights?.[i] ?? 1;
    bin.samples++;
    bin.weight += weight;
    bin.confidence += weight * confidence;
    if (correct[i]) bin.correct += weight;
  }
  const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  const gap = sums.reduce((total, bin) => total + Math.abs(bin.confidence - bin.correct), 0);
  return {
    bins: sums.map((bin, i) => ({
      from: i / bins,
      to: (i + 1) / bins,
      samples: bin.samples,
      confidence: ratio(bin.confidence, bin.weight),
      accuracy: ratio(bin.correct, bin.weight),
    })),
    expectedCalibrationError: ratio(
      gap,
      sums.reduce((total, { weight }) => total + weight, 0),
    ),
  };
}
