/** Defaults that depend on the data. */
import { describe, expect, it } from 'vitest';
import { checkGivenOptions, completeOptions, defaultHidden, readDataKind } from '../../src/core/default-options.ts';
import { checkTrainingOptions, type TrainingOptionsInput } from '../../src/core/training-options.ts';
import { csvDataset } from '../../src/data/csv.ts';
import { digitsDataset, ellipseDataset } from '../../src/data/index.ts';
import { expectRefusal } from '../support/errors.ts';

const complete = (samples: number, given: TrainingOptionsInput = {}) =>
  completeOptions(given, { kind: 'table', samples });

it('pictures and the generated sets have the defaults of the assignment', () => {
  for (const dataset of [digitsDataset({ samples: 20, seed: 1 }), ellipseDataset({ samples: 20, seed: 1 })]) {
    expect(completeOptions({}, readDataKind(dataset))).toEqual(checkTrainingOptions({}));
    const given = { optimizer: 'adam', epochs: 2 } as const;
    expect(completeOptions(given, readDataKind(dataset))).toEqual(checkTrainingOptions(given));
  }
  expect(defaultHidden({ kind: 'pictures' })).toEqual([300]);
  expect(defaultHidden({ kind: 'ellipse' })).toEqual([3]);
});

describe('tables', () => {
  it('are data sets without a picture shape, other than the ellipse', () => {
    const dataset = csvDataset('x,kind\n1,a\n2,b\n', { name: 'points.csv' });
    expect(readDataKind(dataset)).toEqual({ kind: 'table', samples: 2 });
    expect(defaultHidden({ kind: 'table' })).toEqual([100]);
  });

  it.each([
    { samples: 2, batchSize: 1, epochs: 1000 },
    { samples: 31, batchSize: 1, epochs: 130 },
    { samples: 32, batchSize: 2, epochs: 250 },
    { samples: 150, batchSize: 8, epochs: 211 },
    { samples: 1797, batchSize: 32, epochs: 71 },
    { samples: 1e6, batchSize: 32, epochs: 20 },
  ])('of $samples rows: batches of $batchSize, $epochs epochs of Adam', ({ samples, batchSize, epochs }) => {
    expect(complete(samples)).toEqual(checkTrainingOptions({ optimizer: 'adam', batchSize, epochs }));
  });

  it('keep every option that is given', () => {
    expect(complete(150, { epochs: 3, batchSize: 5 })).toMatchObject({ epochs: 3, batchSize: 5 });
    expect(complete(150, { batchSize: 150 })).toMatchObject({ epochs: 1000 });
    expect(complete(150, { optimizer: 'adamw' })).toMatchObject({ optimizer: { kind: 'adamw' }, weightDecay: 0.01 });
    expect(complete(150, { learningRate: 0.5 })).toMatchObject({ optimizer: { kind: 'adam' }, learningRate: 0.5 });
  });

  it.each<TrainingOptionsInput>([{ optimizer: 'sgd' }, { momentum: 0.5 }, { momentum: 0.5, nesterov: true }])(
    'have 20,000 steps of SGD with one sample, if SGD is meant: %j',
    (given) => {
      expect(complete(150, given)).toEqual(checkTrainingOptions({ ...given, batchSize: 1, epochs: 134 }));
    },
  );
});

it('options are checked before the data are known', () => {
  expect(() => checkGivenOptions({ averageEpochs: 100, momentum: 0.5, nesterov: true })).not.toThrow();
  const refuse = (given: TrainingOptionsInput, message: string) =>
    expectRefusal(() => checkGivenOptions(given), 'bad-argument', message);
  refuse({ averageEpochs: 3, epochs: 2 }, 'averageEpochs: expected at most the 2 epochs of the run, got 3');
  refuse({ optimizer: 'adam', momentum: 0.5 }, 'momentum cannot be combined with optimizer adam');
  refuse({ learningRate: 0 }, 'learningRate: expected a number above 0');
});
