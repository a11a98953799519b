import { describe, expect, it } from 'vitest';
import { countSteps, createSeries, recordingStride, StepRecorder, stretchMeans } from '../../src/core/step-series.ts';

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

describe('a series of steps', () => {
  it.each([
    [1, 1],
    [1_000_000, 1],
    [1_000_001, 2],
    [2_000_000, 2],
    [2_000_001, 5],
    [5_000_001, 10],
    [10_000_001, 20],
    [20_000_001, 50],
    [50_000_001, 100],
  ])('of %i steps has a stride of %i', (steps, stride) => {
    expect(recordingStride(steps)).toBe(stride);
  });

  it('has the means of its strides, in pieces or at once', () => {
    const planned = 2_000_003;
    const measures = {
      loss: Float32Array.from({ length: planned }, (_, step) => step % 7),
      accuracy: Float32Array.from({ length: planned }, (_, step) => step % 3),
    };
    const whole = createSeries(measures);
    expect([whole.steps, whole.stride, whole.loss.length, whole.accuracy.length]).toEqual([
      planned,
      5,
      400_001,
      400_001,
    ]);
    expect([...whole.loss.slice(0, 3)]).toEqual([10 / 5, 14 / 5, 18 / 5].map(Math.fround));
    expect([...whole.accuracy.slice(0, 2)]).toEqual([4 / 5, 1].map(Math.fround));
    const last = [planned - 3, planned - 2, planned - 1];
    expect(whole.loss.at(-1)).toBe(Math.fround(last.reduce((sum, step) => sum + (step % 7), 0) / 3));
    const recorder = new StepRecorder(planned);
    for (let at = 0; at < planned; at += 333_333) {
      recorder.add({
        loss: measures.loss.subarray(at, at + 333_333),
        accuracy: measures.accuracy.subarray(at, at + 333_333),
      });
    }
    expect(recorder.series).toEqual(whole);
  });

  it('has means over multiples of its stride', () => {
    const series = {
      steps: 11,
      stride: 2,
      loss: Float32Array.of(1, 2, 3, 4, 5, 6),
      accuracy: Float32Array.of(6, 5, 4, 3, 2, 1),
    };
    expect(stretchMeans(series, 'loss', 4)).toEqual([1.5, 3.5, (5 * 2 + 6) / 3]);
    expect(stretchMeans(series, 'accuracy', 2)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(stretchMeans(series, 'loss', 20)).toEqual([(2 * 15 + 6) / 11]);
  });

  it('counts the last, smaller step', () => {
    expect([countSteps(10, 5), countSteps(11, 5), countSteps(1, 5)]).toEqual([2, 3, 1]);
  });
});
