/** A wrong result fails: a loss, an accuracy, a probability, or none at all. */
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../bench/task.ts';
import { ACCURACY_BAND, LOSS_TOLERANCE, PROBABILITY_TOLERANCE, verify } from '../../bench/verify.ts';

const trained = (meanLosses: Record<string, number> | undefined, accuracy = 0.9): Outcome => ({
  kind: 'train',
  seconds: 1,
  peakBytes: 1,
  accuracy,
  ...(meanLosses === undefined ? {} : { meanLosses }),
});
const predicted = (...probabilities: number[]): Outcome => ({ kind: 'predict', seconds: 1, probabilities });
const started = (...probabilities: number[]): Outcome => ({
  kind: 'cold',
  importSeconds: 1,
  seconds: 1,
  probabilities,
});

const losses = trained({ 320: 2, 6400: 0.5 });

describe('what checkAgrees is told', () => {
  it.each([
    [trained({ 320: 2 * (1 + LOSS_TOLERANCE / 2) }), losses, 'loss after 320: 2.00200'],
    [trained(undefined, 0.9 - ACCURACY_BAND / 2), losses, 'accuracy 88.50 %, ours 90.00 %'],
    [predicted(0.25, 0.75 + PROBABILITY_TOLERANCE / 2), predicted(0.25, 0.75), '2 probabilities'],
    [started(0.25, 0.75), started(0.25, 0.75), '2 probabilities'],
  ])('%j', (got, reference, text) => expect(verify('peer', got, reference)).toBe(text));
});

describe('what differs is an error with contender, what, expected and got', () => {
  it.each([
    [trained({ 320: 2, 6400: 0.502 }), losses, 'mean loss after 6400 samples: expected 0.5 within 0.0010, got 0.502'],
    [trained({ 320: Number.NaN }), losses, 'mean loss after 320 samples: expected 2 within 0.0040, got NaN'],
    [trained({ 100: 2 }), losses, 'mean loss after 100 samples: expected NaN'],
    [trained({}), losses, 'losses: expected at least one, got none'],
    [trained(undefined, 0.8), losses, 'accuracy: expected 0.9 within 0.030, got 0.8'],
    [predicted(0.25, 0.7499), predicted(0.25, 0.75), 'probability 1: expected 0.75 within 0.000010, got 0.7499'],
    [predicted(0.25), predicted(0.25, 0.75), 'number of probabilities: expected 2, got 1'],
    [predicted(), predicted(), 'number of probabilities: expected 0, got 0'],
    [predicted(0.25), losses, 'kind of outcome: expected train, got predict'],
  ])('%j', (got, reference, message) => {
    expect(() => verify('peer', got, reference)).toThrow(`peer: ${message}`);
  });
});
