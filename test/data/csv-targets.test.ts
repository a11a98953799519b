/** Targets and sample weights in tables. */
import { describe, expect, it } from 'vitest';
import { type CsvOptions, csvDataset } from '../../src/data/csv-table.ts';
import { fitTargets, scaleTargets, trainingParts } from '../../src/data/index.ts';
import { unscaleTargets } from '../../src/index.ts';
import { expectRefusal } from '../support/errors.ts';

const read = (text: string, options: Partial<CsvOptions> = {}) => csvDataset(text, { name: 't.csv', ...options });
const TABLE = 'area,price,rooms,w\n50,100.5,2,1\n80,160,3,0.5\n65,131,2,2\n';

describe('a table with targets', () => {
  it('has their numbers, and the other columns as features', () => {
    const { labels, targets, classes, features, inputs, labelName } = read(TABLE, { targets: ['price'] });
    expect(labels).toEqual(Float32Array.of(100.5, 160, 131));
    expect(targets).toEqual([{ name: 'price', mean: 0, standardDeviation: 1 }]);
    expect([classes, features, labelName]).toEqual([[], ['area', 'rooms', 'w'], undefined]);
    expect(inputs).toEqual(Float32Array.of(50, 2, 1, 80, 3, 0.5, 65, 2, 2));
  });

  it('may have several, in the order of the option, and weights', () => {
    const { labels, targets, weights, features } = read(TABLE, { targets: ['rooms', 'price'], weightColumn: 'w' });
    expect(labels).toEqual(Float32Array.of(2, 100.5, 3, 160, 2, 131));
    expect(targets?.map(({ name }) => name)).toEqual(['rooms', 'price']);
    expect([weights, features]).toEqual([Float32Array.of(1, 0.5, 2), ['area']]);
  });

  it('with --task regression takes the label column, by default the last one without the weight', () => {
    expect(read(TABLE, { task: 'regression' }).targets?.[0]?.name).toBe('w');
    expect(read(TABLE, { task: 'regression', weightColumn: 'w' }).targets?.[0]?.name).toBe('rooms');
    expect(read(TABLE, { task: 'regression', labelColumn: 'price' }).targets?.[0]?.name).toBe('price');
  });

  it('grows: all rows of a long table', () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => `${i % 7},${i / 4},${1 + (i % 3)}`);
    const { labels, weights } = read(`x,y,w\n${rows.join('\n')}\n`, { targets: ['y'], weightColumn: 'w' });
    expect([labels.length, labels[9999], weights?.length, weights?.[9999]]).toEqual([10_000, 9999 / 4, 10_000, 1]);
  });

  it('drops rows without a target or a weight, or refuses them', () => {
    const text = 'x,y,w\n1,2,1\n2,NA,1\n3,4,?\n4,5,1\n';
    const options = { targets: ['y'], weightColumn: 'w' } as const;
    expect(read(text, { ...options, missing: 'drop' }).labels).toEqual(Float32Array.of(2, 5));
    for (const missing of ['refuse', 'mean'] as const) {
      expectRefusal(() => read(text, { ...options, missing }), 'bad-data', 'expected a value in each cell');
    }
  });
});

describe('a table with weights', () => {
  it('has classes, and the weights are not a feature', () => {
    const { labels, weights, weightName, features } = read('x,kind,w\n1,a,2\n2,b,1\n', {
      weightColumn: 'w',
      labelColumn: 'kind',
    });
    expect([labels, weights]).toEqual([Uint16Array.of(0, 1), Float32Array.of(2, 1)]);
    expect([weightName, features]).toEqual(['w', ['x']]);
  });
});

describe('numbers in the label column', () => {
  const table = (values: readonly (number | string)[]) => `x,y\n${values.map((y, i) => `${i % 5},${y}`).join('\n')}\n`;
  const many = (count: number, value: (i: number) => number | string) =>
    table(Array.from({ length: count }, (_, i) => value(i)));

  it.each([
    ['whole numbers of which most differ', many(442, (i) => (i * 7) % 214)],
    ['some fractions', many(1000, (i) => (i % 21) / 2)],
    ['more than 1,000 numbers', many(20_000, (i) => i % 1001)],
  ])('are refused with both ways out: %s', (_, text) => {
    expectRefusal(
      () => read(text),
      'bad-data',
      /predict the number with --task regression, or .*--task classification/,
    );
    expect(read(text, { task: 'regression' }).classes).toEqual([]);
  });

  it.each([
    ['few numbers', many(60, (i) => i % 20)],
    ['many samples for each', many(400, (i) => i % 40)],
    ['few fractions', many(100, (i) => (i % 5) / 2)],
    ['texts', many(100, (i) => `k${i % 50}`)],
  ])('are classes: %s', (_, text) => {
    expect(read(text).classes.length).toBeGreaterThan(4);
  });

  it('are classes with --task classification, up to 1,000', () => {
    expect(
      read(
        many(442, (i) => (i * 7) % 214),
        { task: 'classification' },
      ).classes,
    ).toHaveLength(214);
    const text = many(2000, (i) => i % 1500);
    expectRefusal(() => read(text, { task: 'classification' }), 'bad-data', 'expected at most 1,000 classes');
  });
});

describe('refusals', () => {
  it.each<[string, Partial<CsvOptions>, string]>([
    [
      'an unknown target',
      { targets: ['prize'] },
      'expected a column "prize", got area, price, rooms, w: did you mean price?',
    ],
    ['an unknown weight', { weightColumn: 'weight' }, 'expected a column "weight"'],
    [
      'a target that is a feature',
      { targets: ['price'], features: ['area', 'price'] },
      'price cannot be both a target and a feature',
    ],
    [
      'a weight that is a feature',
      { labelColumn: 'rooms', weightColumn: 'w', features: ['w'] },
      'w cannot be both a weight and a feature',
    ],
    ['a target that is ignored', { targets: ['price'], ignore: ['price'] }, 'price is a target and cannot be ignored'],
    [
      'a second target that is ignored',
      { targets: ['price', 'area'], ignore: ['area'] },
      'area is a target and cannot be ignored',
    ],
    [
      'weights that are ignored',
      { targets: ['price'], weightColumn: 'w', ignore: ['w'] },
      'w is a weight and cannot be ignored',
    ],
    ['weights that are the label', { labelColumn: 'w', weightColumn: 'w' }, 'w cannot be both the label and a weight'],
    ['a target twice', { targets: ['price', 'price'] }, 'price cannot be used twice'],
    ['a target and a label', { targets: ['price'], labelColumn: 'rooms' }, '--target cannot be combined with --label'],
    [
      'a target of a classification',
      { targets: ['price'], task: 'classification' },
      '--target cannot be combined with --task',
    ],
  ])('%s', (_, options, message) => {
    expect(() => read(TABLE, options)).toThrow(message);
  });

  it('texts and times as targets', () => {
    expectRefusal(
      () => read('x,y\n1,2\n3,red\n', { targets: ['y'] }),
      'bad-data',
      'line 3, column 2 (y): expected a number, got "red"',
    );
    const times = 'x,y\n1,1700000000\n2,1700000001\n3,1700000002\n';
    expectRefusal(() => read(times, { targets: ['y'] }), 'bad-data', 'expected numbers that float32 distinguishes');
  });
});

describe('standardised targets', () => {
  it('have mean 0 and deviation 1 over the training part, and validation is scaled alike', () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i},${1000 + i * i}`);
    const dataset = read(`x,y\n${rows.join('\n')}\n`, { targets: ['y'] });
    const { training, validation } = trainingParts(dataset, { validation: 8, seed: 2, shuffledSplit: true });
    const mean = Array.from(training.labels).reduce((sum, value) => sum + value, 0) / 32;
    expect(Math.abs(mean)).toBeLessThan(1e-6);
    expect(validation?.targets).toEqual(training.targets);
    const values = [training, validation].flatMap((part) => [
      ...unscaleTargets(part?.labels ?? [], part?.targets ?? []),
    ]);
    expect(values.map((value) => Math.round(value * 100) / 100).sort((a, b) => a - b)).toEqual(
      [...dataset.labels].sort((a, b) => a - b),
    );
  });

  it('that are constant are only shifted; the targets of a model are kept; other names are refused', () => {
    const dataset = read('x,y\n1,0.1\n2,0.1\n3,0.1\n', { targets: ['y'] });
    expect(fitTargets(dataset)).toMatchObject([{ standardDeviation: 1 }]);
    const known = [{ name: 'y', mean: 3, standardDeviation: 2 }];
    const options = { validation: 0, seed: 1, shuffledSplit: true, targets: known };
    expect(trainingParts(dataset, options).training.targets).toEqual(known);
    const other = [{ name: 'z', mean: 0, standardDeviation: 1 }];
    expectRefusal(() => scaleTargets(dataset, other), 'bad-data', 't.csv: expected the targets z, got y');
  });
});
