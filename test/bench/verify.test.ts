/** Results within the tolerances pass; others are errors. */
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../bench/task.ts';
import { ACCURACY_BAND, LOSS_TOLERANCE, PROBABILITY_TOLERANCE, verify } from '../../bench/verify.ts';

const trainOutcome = (meanLosses: Record<string, number> | undefined, accuracy = 0.9): Outcome => ({
  kind: 'train',
  seconds: 1,
  peakBytes: 1,
  accuracy,
  ...(meanLosses === undefined ? {} : { meanLosses }),
});
const predictOutcome = (...probabilities: number[]): Outcome => ({ kind: 'predict', seconds: 1, probabilities });
const coldOutcome = (...probabilities: number[]): Outcome => ({
  kind: 'cold',
  importSeconds: 1,
  seconds: 1,
  probabilities,
});

const losses = trainOutcome({ 320: 2, 6400: 0.5 });

describe('a result within the tolerance returns a summary', () => {
  it.each([
    [trainOutcome({ 320: 2 * (1 + LOSS_TOLERANCE / 2) }), losses, 'loss after 320: 2.00200'],
    [trainOutcome(undefined, 0.9 - ACCURACY_BAND / 2), losses, 'accuracy 88.50 %, edge-mlp 90.00 %'],
    [predictOutcome(0.25, 0.75 + PROBABILITY_TOLERANCE / 2), predictOutcome(0.25, 0.75), '2 probabilities'],
    [coldOutcome(0.25, 0.75), coldOutcome(0.25, 0.75), '2 probabilities'],
  ])('%j', (got, reference, text) => expect(verify('peer', got, reference)).toBe(text));
});

describe('a different result throws an error with the contender and both values', () => {
  it.each([
    [
      trainOutcome({ 320: 2, 6400: 0.502 }),
      losses,
      'mean loss after 6400 samples: expected 0.5 within 0.0010, got 0.502',
    ],
    [trainOutcome({ 320: Number.NaN }), losses, 'mean loss after 320 samples: expected 2 within 0.0040, got NaN'],
    [trainOutcome({ 100: 2 }), losses, 'mean loss after 100 samples: expected NaN'],
    [trainOutcome({}), losses, 'losses: expected at least one, got none'],
    [trainOutcome(undefined, 0.8), losses, 'accuracy: expected 0.9 within 0.030, got 0.8'],
    [
      predictOutcome(0.25, 0.7499),
      predictOutcome(0.25, 0.75),
      'probability 1: expected 0.75 within 0.000010, got 0.7499',
    ],
    [predictOutcome(0.25), predictOutcome(0.25, 0.75), 'number of probabilities: expected 2, got 1'],
    [predictOutcome(), predictOutcome(), 'number of probabilities: expected 0, got 0'],
    [predictOutcome(0.25), losses, 'outcome: expected train, got predict'],
  ])('%j', (got, reference, message) => {
    expect(() => verify('peer', got, reference)).toThrow(`peer: ${message}`);
  });
});
