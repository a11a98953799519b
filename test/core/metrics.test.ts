import { expect, it } from 'vitest';
import { computeAccuracy } from '../../src/core/metrics.ts';
import { computeCalibration } from '../../src/index.ts';

it('the expected calibration error is the mean distance of confidence and accuracy, by hand', () => {
  const confidences = [0.95, 0.85, 0.65, 0.55, 0.5, 1];
  const correct = [true, false, true, true, false, true];
  const { bins, expectedCalibrationError } = computeCalibration(confidences, correct, 2);
  expect(bins).toEqual([
    { from: 0, to: 0.5, samples: 1, confidence: 0.5, accuracy: 0 },
    { from: 0.5, to: 1, samples: 5, confidence: expect.closeTo(0.8, 12), accuracy: 0.8 },
  ]);
  expect(expectedCalibrationError).toBeCloseTo(0.5 / 6, 12);
});

it('the calibration error of no predictions is 0', () => {
  expect(computeCalibration([], []).expectedCalibrationError).toBe(0);
});

it('has 15 intervals without their lower bounds by default; 0 is in the first', () => {
  const { bins } = computeCalibration([0, 1 / 15, 1.001 / 15, 14 / 15, 1], [true, true, false, false, true]);
  expect(bins.length).toBe(15);
  expect(bins.map(({ samples }) => samples)).toEqual([2, 1, ...Array(11).fill(0), 1, 1]);
  expect(bins[0]).toEqual({ from: 0, to: 1 / 15, samples: 2, confidence: 1 / 30, accuracy: 1 });
  expect(bins[5]).toEqual({ from: 5 / 15, to: 6 / 15, samples: 0, confidence: 0, accuracy: 0 });
});

it('the accuracy is the share of the diagonal', () => {
  expect(
    computeAccuracy([
      [3, 1, 0],
      [2, 4, 0],
      [0, 5, 5],
    ]),
  ).toBe(12 / 20);
});
