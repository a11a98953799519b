/** A contender that computes something else is not timed. Ours is what others are held to; the tests hold it to float64. */
import type { Outcome, TrainOutcome } from './task.ts';

/** Float32 rounding alone makes a difference: all begin alike and see the same samples in the same order. */
export const LOSS_TOLERANCE = 2e-3;
/** For the same weights. */
export const PROBABILITY_TOLERANCE = 1e-5;
/** Where another loss is trained on, and an accuracy is all that can be compared. */
export const ACCURACY_BAND = 0.03;

/** Throws where `got` differs from the reference by more than it may; says in a few words what was compared. */
export function verify(contender: string, got: Outcome, reference: Outcome): string {
  if (got.kind === 'train' && reference.kind === 'train')
    return got.meanLosses === undefined
      ? verifyAccuracy(contender, got, reference)
      : verifyLosses(contender, got.meanLosses, reference.meanLosses ?? {});
  if (got.kind !== 'train' && reference.kind !== 'train')
    return verifyProbabilities(contender, got.probabilities, reference.probabilities);
  throw new Error(`${contender}: kind of outcome: expected ${reference.kind}, got ${got.kind}`);
}

type Losses = NonNullable<TrainOutcome['meanLosses']>;

function verifyLosses(contender: string, got: Losses, reference: Losses): string {
  const losses = Object.entries(got);
  if (losses.length === 0) throw new Error(`${contender}: losses: expected at least one, got none`);
  for (const [samples, loss] of losses) {
    const expected = reference[samples] ?? Number.NaN;
    check(contender, `mean loss after ${samples} samples`, loss, expected, LOSS_TOLERANCE * expected);
  }
  return `loss after ${losses.map(([samples, loss]) => `${samples}: ${loss.toFixed(5)}`).join(', ')}`;
}

function verifyAccuracy(contender: string, got: TrainOutcome, reference: TrainOutcome): string {
  const { accuracy = Number.NaN } = got;
  check(contender, 'accuracy', accuracy, reference.accuracy ?? Number.NaN, ACCURACY_BAND);
  return `accuracy ${(100 * accuracy).toFixed(2)} %, ours ${(100 * (reference.accuracy ?? 0)).toFixed(2)} %`;
}

function verifyProbabilities(contender: string, got: readonly number[], reference: readonly number[]): string {
  if (got.length !== reference.length || got.length === 0)
    throw new Error(`${contender}: number of probabilities: expected ${reference.length}, got ${got.length}`);
  for (const [i, probability] of got.entries())
    check(contender, `probability ${i}`, probability, reference[i] ?? Number.NaN, PROBABILITY_TOLERANCE);
  return `${got.length} probabilities`;
}

/** NaN is never right. */
function check(contender: string, what: string, got: number, expected: number, tolerance: number): void {
  if (!(Math.abs(got - expected) <= tolerance))
    throw new Error(`${contender}: ${what}: expected ${expected} within ${tolerance.toPrecision(2)}, got ${got}`);
}
