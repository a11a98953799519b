/** Compares a contender's results with those of edge-mlp, which the test suite checks against a float64 reference. */
import type { Outcome, TrainOutcome } from './task.ts';

/** Relative. Allows for float32 rounding: weights and sample order are the same for all contenders. */
export const LOSS_TOLERANCE = 2e-3;
/** Absolute, for predictions from the same weights. */
export const PROBABILITY_TOLERANCE = 1e-5;
/** Absolute, for contenders that train on a different loss. */
export const ACCURACY_BAND = 0.03;

/** Throws if `got` differs from the reference by more than the tolerance. Returns a summary of the compared values. */
export function verify(contender: string, got: Outcome, reference: Outcome): string {
  if (got.kind === 'train' && reference.kind === 'train')
    return got.meanLosses === undefined
      ? verifyAccuracy(contender, got, reference)
      : verifyLosses(contender, got.meanLosses, reference.meanLosses ?? {});
  if (got.kind !== 'train' && reference.kind !== 'train')
    return verifyProbabilities(contender, got.probabilities, reference.probabilities);
  throw new Error(`${contender}: outcome: expected ${reference.kind}, got ${got.kind}`);
}

type Losses = NonNullable<TrainOutcome['meanLosses']>;

function verifyLosses(contender: string, got: Losses, reference: Losses): string {
  const losses = Object.entries(got);
  if (losses.length === 0) throw new Error(`${contender}: losses: expected at least one, got none`);
  for (const [samples, loss] of losses) {
    const expected = reference[samples] ?? Number.NaN;
    checkValue(contender, `mean loss after ${samples} samples`, loss, expected, LOSS_TOLERANCE * expected);
  }
  return `loss after ${losses.map(([samples, loss]) => `${samples}: ${loss.toFixed(5)}`).join(', ')}`;
}

function verifyAccuracy(contender: string, got: TrainOutcome, reference: TrainOutcome): string {
  const { accuracy = Number.NaN } = got;
  checkValue(contender, 'accuracy', accuracy, reference.accuracy ?? Number.NaN, ACCURACY_BAND);
  return `accuracy ${(100 * accuracy).toFixed(2)} %, edge-mlp ${(100 * (reference.accuracy ?? 0)).toFixed(2)} %`;
}

function verifyProbabilities(contender: string, got: readonly number[], reference: readonly number[]): string {
  if (got.length !== reference.length || got.length === 0)
    throw new Error(`${contender}: number of probabilities: expected ${reference.length}, got ${got.length}`);
  for (const [i, probability] of got.entries())
    checkValue(contender, `probability ${i}`, probability, reference[i] ?? Number.NaN, PROBABILITY_TOLERANCE);
  return `${got.length} probabilities`;
}

/** NaN never passes. */
function checkValue(contender: string, what: string, got: number, expected: number, tolerance: number): void {
  if (!(Math.abs(got - expected) <= tolerance))
    throw new Error(`${contender}: ${what}: expected ${expected} within ${tolerance.toPrecision(2)}, got ${got}`);
}
