import { describe, expect, it } from 'vitest';
import { StepRecorder } from '../../src/core/step-series.ts';

describe('the measures of steps', () => {
  it.each([
    ['every step', 30, 12, 1],
    ['whole strides', 1_500_000, 10, 2],
    ['a last stride that is not whole', 1_500_000, 11, 2],
    ['none', 1_500_000, 0, 2],
  ])('a run that ends early has only the steps that it took: %s', (_, planned, taken, stride) => {
    const recorder = new StepRecorder(planned);
    recorder.add({
      loss: Float32Array.from({ length: taken }, (_, step) => step),
      accuracy: new Float32Array(taken).fill(1),
    });
    const { steps, loss, accuracy, stride: used } = recorder.series;
    expect([steps, used]).toEqual([taken, stride]);
    const means = Array.from({ length: Math.ceil(taken / stride) }, (_, i) => {
      const [first, last] = [i * stride, Math.min(taken, (i + 1) * stride) - 1];
      return (first + last) / 2;
    });
    expect([...loss]).toEqual(means);
    expect([...accuracy]).toEqual(means.map(() => 1));
  });
});
