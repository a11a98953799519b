/** Splitting and scaling, which the command and the service share. */
import { describe, expect, it } from 'vitest';
import { splitShuffled } from '../../src/core/split.ts';
import { csvDataset } from '../../src/data/csv.ts';
import { applyScaling, digitsDataset, ellipseDataset, trainingParts } from '../../src/data/index.ts';

const rows = Array.from({ length: 30 }, (_, n) => `${n},${(n * 7) % 11},${n < 15 ? 'no' : 'yes'}\n`);
const table = csvDataset(`a,b,k\n${rows.join('')}`, { name: 'x' });
const options = { validation: 10, seed: 3, shuffledSplit: true };

describe('the parts of a data set', () => {
  it('are drawn by the seed, and standardised by the training samples', () => {
    const { training, validation } = trainingParts(table, options);
    const split = splitShuffled(table, 10, 3);
    const { scaling } = training;
    if (scaling.kind !== 'standard') throw new Error(`not standardised: ${scaling.kind}`);
    for (const column of [0, 1]) {
      const values = Array.from({ length: 20 }, (_, n) => split.training.inputs[2 * n + column] ?? 0);
      const mean = values.reduce((sum, value) => sum + value, 0) / 20;
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      expect(scaling.mean[column]).toBeCloseTo(mean, 12);
      expect(scaling.standardDeviation[column]).toBeCloseTo(Math.sqrt(squares / 20), 12);
    }
    expect(training).toEqual(applyScaling(split.training, scaling));
    expect(validation).toEqual(applyScaling(split.validation, scaling));
    expect(trainingParts(table, { ...options, seed: 4 }).training.labels).not.toEqual(training.labels);
  });

  it('are not scaled on request; without a random split, the last samples are held out', () => {
    const { training, validation } = trainingParts(table, { ...options, shuffledSplit: false, scaling: 'none' });
    expect([training.scaling, validation?.scaling]).toEqual([{ kind: 'identity' }, { kind: 'identity' }]);
    expect([training.inputs, validation?.inputs]).toEqual([table.inputs.subarray(0, 40), table.inputs.subarray(40)]);
  });

  it('have no validation part if no samples are held out', () => {
    const { training, validation } = trainingParts(table, { ...options, validation: 0 });
    expect([training.labels.length, validation]).toEqual([30, undefined]);
  });

  it.each([digitsDataset({ samples: 20, seed: 1 }), ellipseDataset({ samples: 20, seed: 1 })])(
    '$name is not scaled',
    (dataset) => {
      const { training } = trainingParts(dataset, { validation: 5, seed: 1, shuffledSplit: false });
      expect(training.scaling).toEqual(dataset.scaling);
    },
  );
});
