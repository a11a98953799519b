/** Held-out samples: their number, and their classes. */
import { describe, expect, it } from 'vitest';
import { type Dataset, Random, splitShuffled, splitTail } from '../../src/index.ts';

/** One input for each sample: its number. */
function createSet(labels: readonly number[], classes = Math.max(...labels) + 1): Dataset {
  return {
    name: 'set',
    inputs: Float32Array.from(labels, (_, sample) => sample),
    labels: Uint16Array.from(labels),
    columns: 1,
    classes: Array.from({ length: classes }, (_, label) => String(label)),
    scaling: { kind: 'identity' },
  };
}

function countLabels({ labels, classes }: Dataset): number[] {
  return classes.map((_, label) => labels.filter((other) => other === label).length);
}

/** 60, 30 and 10 samples of three classes, sorted. */
const UNEVEN = createSet([...Array(60).fill(0), ...Array(30).fill(1), ...Array(10).fill(2)]);

describe('held-out samples', () => {
  it('are from 0 samples to one less than there are', () => {
    const four = createSet([0, 1, 0, 1]);
    for (const split of [splitTail, (set: Dataset, count: number) => splitShuffled(set, count, 1)]) {
      expect([0, 3].map((count) => split(four, count).validation.labels.length)).toEqual([0, 3]);
      for (const count of [-1, 4, 0.5]) {
        expect(() => split(four, count)).toThrow(
          `validation: expected a whole number from 0 to 3, as set has 4 samples, got ${count}`,
        );
      }
    }
  });

  it.each([
    [10, [6, 3, 1]],
    [50, [30, 15, 5]],
    [20, [12, 6, 2]],
  ])('%i of 100 have the proportions of the classes', (held, expected) => {
    for (const seed of [1, 2, 3]) {
      const { training, validation } = splitShuffled(UNEVEN, held, seed);
      expect(countLabels(validation)).toEqual(expected);
      expect([...training.inputs, ...validation.inputs].sort((a, b) => a - b)).toEqual([...UNEVEN.inputs]);
    }
  });

  it('leave a sample of every class in training, while another class has two', () => {
    const rare = createSet([0, 0, 0, 0, 0, 1, 2, 2]);
    for (const seed of [1, 2, 3, 4, 5]) {
      expect(countLabels(splitShuffled(rare, 5, seed).training)).toEqual([1, 1, 1]);
      expect(splitShuffled(rare, 7, seed).training.labels).toHaveLength(1);
    }
  });

  it('differ by seed, and include those of a smaller number', () => {
    const [ten, eleven, other] = [
      splitShuffled(UNEVEN, 10, 1),
      splitShuffled(UNEVEN, 11, 1),
      splitShuffled(UNEVEN, 10, 2),
    ];
    expect(ten.validation.inputs).not.toEqual(other.validation.inputs);
    expect(eleven.validation.inputs.subarray(1)).toEqual(ten.validation.inputs);
    expect(splitTail(splitShuffled(UNEVEN, 0, 1).training, 10)).toEqual(ten);
  });

  it('round the number of each class', () => {
    const set = createSet([...Array(90).fill(0), ...Array(10).fill(1)]);
    expect(countLabels(splitShuffled(set, 6, 1).validation)).toEqual([5, 1]);
    expect(countLabels(splitShuffled(set, 4, 1).validation)).toEqual([4, 0]);
  });

  it('are the last of a random order if there are no classes', () => {
    const set = createSet([...Array(40).fill(0), ...Array(10).fill(1)], 0);
    const order = [...new Random(7, 'split').permutation(50)];
    const { training, validation } = splitShuffled(set, 25, 7);
    expect([...training.inputs, ...validation.inputs]).toEqual(order);
  });
});
