import { expect, it } from 'vitest';
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
