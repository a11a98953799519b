/** Readers of values in files, and the description of models. */
import { describe, expect, it } from 'vitest';
import { TRAINING_DEFAULTS } from '../../src/core/training-options.ts';
import { Field, isRecord, omitUndefined } from '../../src/format/fields.ts';
import { shortest } from '../../src/format/json.ts';
import {
  buildModelInfo,
  checkInfo,
  findKeptMetrics,
  type ModelInfo,
  readCorrections,
  readDataset,
  readEpoch,
  readProvenance,
  type TrainedModel,
} from '../../src/format/metadata.ts';
import { type Dataset, EdgeMlpError } from '../../src/index.ts';
import { noise } from '../support/numbers.ts';

const field = (value: unknown) => new Field(value, 'f');
const EPOCH = { epoch: 1, trainLoss: 2, trainAccuracy: 0.5, validationLoss: 3, validationAccuracy: 0.25 };
const DATASET = { name: 'set', samples: 3, columns: 2, sha256: 'abc' };
const CORRECTIONS = {
  examples: 0,
  steps: 30,
  learningRate: 0.2,
  seed: 0xffffffff,
  rehearsal: { data: 'd', samples: 2 },
};
const PROVENANCE = {
  version: '1',
  initialisation: 'he',
  from: 'hash',
  training: { seed: 1, epochs: 5 },
  dataset: DATASET,
  epochs: [EPOCH],
  test: { samples: 1, loss: 2, accuracy: 0.5 },
};

describe('a field', () => {
  it.each<[string, (f: Field) => unknown, unknown[], unknown[], string]>([
    ['text', (f) => f.text(), ['', 'a'], [1, null, undefined], 'a text'],
    ['number', (f) => f.number(), [0, -1.5], [Number.NaN, Number.POSITIVE_INFINITY, '1', null], 'a finite number'],
    ['number in a range', (f) => f.number('above 1', (v) => v > 1), [2], [1, '2'], 'above 1'],
    ['count', (f) => f.count(), [0, 7, 2 ** 53 - 1], [-1, 0.5, 2 ** 53, '1'], 'a whole number of at least 0'],
    ['count up to 5', (f) => f.count(5), [0, 5], [6, -1, 0.5], 'a whole number from 0 to 5'],
    ['flag', (f) => f.flag(), [true, false], [0, 'true', null], 'true or false'],
    ['choice', (f) => f.choice(['a', 'b']), ['a', 'b'], ['c', null, 0], 'one of a, b'],
    ['record', (f) => f.record(), [{}, { a: 1 }], [null, [], 'a', undefined], 'an object'],
  ])('%s', (_, read, accepted, refused, expected) => {
    for (const value of accepted) expect(read(field(value))).toBe(value);
    for (const value of refused) {
      expect(() => read(field(value))).toThrow(`f: expected ${expected}, got ${JSON.stringify(value) ?? 'nothing'}`);
    }
  });

  it('has members, elements, and values that may be null or missing', () => {
    expect(
      field({ a: { b: 1 } })
        .at('a')
        .at('b'),
    ).toEqual(new Field(1, 'f.a.b'));
    expect(field([5, 6]).list()).toEqual([new Field(5, 'f[0]'), new Field(6, 'f[1]')]);
    expect(field([5, 6]).list(2).length).toBe(2);
    expect(() => field([5, 6]).list(3)).toThrow('f: expected a list of 3, got [5,6]');
    expect(() => field({ length: 0 }).list()).toThrow('f: expected a list, got {"length":0}');
    expect([field(null).nullable((f) => f.text()), field('a').nullable((f) => f.text())]).toEqual([null, 'a']);
    expect(field(undefined).optional((f) => f.text())).toBeUndefined();
    expect(field('a').optional((f) => f.text())).toBe('a');
    expect(() => field(null).optional((f) => f.text())).toThrow('a text');
    expect([field(0).present, field(null).present, field(undefined).present]).toEqual([true, true, false]);
    expect(() => field('x'.repeat(99)).flag()).toThrow(/got "x{59} …$/);
    expect(() => field(1).text()).toThrow(EdgeMlpError);
    expect(omitUndefined({ a: 1, b: undefined, c: null })).toEqual({ a: 1, c: null });
    expect([{}, [], null, 'a'].map(isRecord)).toEqual([true, false, false, false]);
  });
});

describe('metadata', () => {
  it('are read back', () => {
    expect(readEpoch(field(EPOCH))).toEqual(EPOCH);
    const without = { ...EPOCH, validationLoss: null, validationAccuracy: null };
    expect(readEpoch(field(without))).toEqual(without);
    expect(readDataset(field(DATASET))).toEqual(DATASET);
    expect(readDataset(field({ ...DATASET, sha256: null })).sha256).toBeNull();
    expect(readCorrections(field(CORRECTIONS))).toEqual(CORRECTIONS);
    expect(readCorrections(field({ ...CORRECTIONS, rehearsal: null })).rehearsal).toBeNull();
    expect(readProvenance(field(PROVENANCE))).toEqual(PROVENANCE);
    const { from: _, ...fresh } = { ...PROVENANCE, test: null };
    expect(Object.keys(readProvenance(field(fresh)))).not.toContain('from');
    expect(readProvenance(field(fresh))).toEqual(fresh);
    expect(readProvenance(field({ ...PROVENANCE, keptEpoch: 1 })).keptEpoch).toBe(1);
  });

  it.each<[(f: Field) => unknown, object, object]>([
    [readEpoch, EPOCH, { epoch: -1, trainLoss: null, trainAccuracy: 'x', validationLoss: 'x', validationAccuracy: [] }],
    [readDataset, DATASET, { name: 1, samples: 0.5, columns: -1, sha256: 1 }],
    [readCorrections, CORRECTIONS, { examples: -1, steps: 0.5, learningRate: 0, seed: 2 ** 32, rehearsal: 'x' }],
    [
      readProvenance,
      PROVENANCE,
      { version: 1, initialisation: 'zero', from: 1, training: { seed: 2 ** 32 }, dataset: 1, epochs: 1, test: 1 },
    ],
  ])('with one wrong value are refused: %o', (read, valid, wrong) => {
    for (const [name, value] of Object.entries(wrong)) {
      expect(() => read(field({ ...valid, [name]: value })), name).toThrow(`f.${name}`);
      if (name !== 'from') expect(() => read(field({ ...valid, [name]: undefined })), name).toThrow(`f.${name}`);
    }
  });

  it.each<[Partial<ModelInfo>, string]>([
    [{ pictures: 'stretched' as never }, 'pictures: expected one of as-is, centred'],
    [{ labelName: 5 as never }, 'labelName: expected a text'],
    [{ imageShape: [2, 2] }, 'imageShape: expected rows × columns = 2'],
    [{ imageShape: [2] as never }, 'imageShape: expected a list of 2'],
    [{ features: ['a'] }, 'features: expected a list of 2'],
    [{ tableColumns: [{ kind: 'number', name: 'a' }] }, 'tableColumns: expected columns of 2 inputs'],
    [
      { tableColumns: [{ kind: 'categories', name: 'a', categories: ['b', 'b'] }] },
      'tableColumns[0]: expected different categories',
    ],
    [
      { tableColumns: [{ kind: 'categories', name: 'a', categories: ['b', 'c'], fill: 'd' }] },
      'tableColumns[0].fill: expected one of b, c',
    ],
    [{ tableColumns: [{ kind: 'text', name: 'a' } as never] }, 'tableColumns[0].kind: expected one of number'],
    [
      { scaling: { kind: 'standard', mean: [1, 2], standardDeviation: [1] } },
      'standardDeviation: expected a list of 2',
    ],
  ])('%j are not written', (change, message) => {
    const info: ModelInfo = {
      spec: { layers: [2, 1], hiddenActivation: 'relu' },
      classes: ['a'],
      scaling: { kind: 'bytes' },
    };
    expect(() =>
      checkInfo({ ...info, imageShape: [1, 2], pictures: 'as-is', features: ['a', 'b'], labelName: 'l' }),
    ).not.toThrow();
    expect(() => checkInfo({ ...info, ...change })).toThrow(message);
  });

  it('of a trained model have what its data set has', () => {
    const dataset: Dataset = {
      ...{ name: 'set', inputs: new Uint8Array(6), labels: new Uint16Array(3), columns: 2, classes: ['a', 'b'] },
      ...{ scaling: { kind: 'bytes' as const }, imageShape: [1, 2] as const, pictures: 'as-is' as const },
      features: ['x', 'y'],
      ...{ labelName: 'l', sha256: 'abc' },
    };
    const timed = { ...EPOCH, seconds: 9 };
    const trained: TrainedModel = {
      ...{ version: '9', spec: { layers: [2, 2], hiddenActivation: 'relu' }, initialisation: 'he' },
      ...{ training: TRAINING_DEFAULTS, dataset, epochs: [timed] },
      test: { samples: 3, loss: 1, accuracy: 0.5, confusion: [], classes: [] },
    };
    const about = { classes: ['a', 'b'], scaling: { kind: 'bytes' }, imageShape: [1, 2], pictures: 'as-is' };
    const provenance = {
      ...{ version: '9', initialisation: 'he', training: TRAINING_DEFAULTS, dataset: DATASET, epochs: [EPOCH] },
      test: { samples: 3, loss: 1, accuracy: 0.5 },
    };
    const info = buildModelInfo(trained);
    expect(info).toStrictEqual({ spec: trained.spec, ...about, features: ['x', 'y'], labelName: 'l', provenance });
    for (const test of [null, undefined]) expect(buildModelInfo({ ...trained, test }).provenance?.test).toBeNull();
    expect(buildModelInfo({ ...trained, from: 'hash' }).provenance?.from).toBe('hash');
    expect(buildModelInfo({ ...trained, keptEpoch: 1 }).provenance?.keptEpoch).toBe(1);
  });
});

describe('the measures of the weights of a model', () => {
  const epochs = [0.5, 0.75, 0.25].map((validationAccuracy, i) => ({ ...EPOCH, epoch: i + 1, validationAccuracy }));
  const provenance = readProvenance(field({ ...PROVENANCE, epochs }));
  const training = { ...provenance.training, patience: 9 };

  it('are those of the kept epoch, or of the last one', () => {
    expect(findKeptMetrics(provenance)).toEqual(epochs[2]);
    expect(findKeptMetrics({ ...provenance, keptEpoch: 1, training })).toEqual(epochs[0]);
  });

  it('are those of the best epoch in files of version 0.1 with patience', () => {
    expect(findKeptMetrics({ ...provenance, training })).toEqual(epochs[1]);
  });

  it.each([0, 4, 1.5, '1', null])('refuse %j as the kept epoch', (keptEpoch) => {
    const request = () => readProvenance(field({ ...PROVENANCE, epochs, keptEpoch }));
    expect(request).toThrow(`f.keptEpoch: expected an epoch from 1 to 3, got ${JSON.stringify(keptEpoch)}`);
  });
});

it.each([
  [0, '0'],
  [-0, '-0'],
  [0.1, '0.1'],
  [1 / 3, '0.33333334'],
  [16777217, '16777216'],
  [3.4028235e38, '3.4028235e+38'],
  [100000, '100000'],
])('the shortest text of float32 %d is %s', (value, text) => {
  expect(shortest(Math.fround(value))).toBe(text);
});

it('no text with fewer digits is the same float32', () => {
  for (const value of [...noise(300, 4), ...noise(300, 5, 1e-20), ...noise(300, 6, 1e30)]) {
    const text = shortest(value);
    expect(Math.fround(Number(text))).toBe(value);
    const digits = text.replace(/e.*/, '').replace(/^-?0?\.?0*|\./g, '').length;
    if (digits > 1) expect(Math.fround(Number(value.toPrecision(digits - 1)))).not.toBe(value);
  }
});
