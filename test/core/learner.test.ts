/** Learning from corrections: bit-identical replays, and no partial results. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { weightsSha256 } from '../../cli/hash.ts';
import { pick } from '../../src/core/dataset.ts';
import { decodeParameters, parameterBytes } from '../../src/core/parameters.ts';
import { csvDataset } from '../../src/data/csv-table.ts';
import { scaleTargets } from '../../src/data/scaling.ts';
import {
  type Dataset,
  evaluate,
  evaluateRegression,
  type LearningOptions,
  learn,
  Mlp,
  replay,
  slice,
  train,
  unscaleTargets,
} from '../../src/index.ts';
import { noisyDataset } from '../support/datasets.ts';
import { BUILD_NAMES, loadBuild } from '../support/kernels.ts';
import { expectClose } from '../support/numbers.ts';
import { digits } from '../support/training.ts';

const SPEC = { layers: [784, 12, 10], seed: 2 };
const kept = slice(digits, 0, 100);
const corrections = slice(digits, 100, 140);
const QUICK = { steps: 3 };

/** The hash of the weights after each correction. */
function course(mlp: Mlp, set: Dataset, rehearsal: Dataset | undefined, options: Partial<LearningOptions>): string[] {
  return Array.from(set.labels, (_, n) => {
    learn(mlp, slice(set, 0, n + 1), rehearsal, options);
    return weightsSha256(mlp.parameters());
  });
}

describe.each(BUILD_NAMES)('a learner: %s', (build) => {
  it('gives the same bits when it is replayed from any snapshot', () => {
    const kernels = loadBuild(build);
    const mlp = Mlp.create(kernels, SPEC);
    const few = slice(corrections, 0, 6);
    const snapshots = [mlp.parameters()];
    const hashes: string[] = [];
    for (let n = 1; n <= 6; n++) {
      learn(mlp, slice(few, 0, n), kept, QUICK);
      snapshots.push(mlp.parameters());
      hashes.push(weightsSha256(mlp.parameters()));
    }
    expect(new Set(hashes).size).toBe(6);
    fc.assert(
      fc.property(fc.nat(6), fc.nat(6), (from, more) => {
        const parameters = snapshots[from];
        if (parameters === undefined) throw new Error('no snapshot');
        const until = Math.min(6, from + more);
        replay(mlp, { examples: from, parameters }, slice(few, 0, until), kept, QUICK);
        expect(weightsSha256(mlp.parameters())).toBe(until === 0 ? weightsSha256(parameters) : hashes[until - 1]);
      }),
      { numRuns: 20 },
    );
    mlp.dispose();
    expect(kernels.allocatedBytes).toBe(0);
  });
});

describe('a learner', () => {
  /** If these hashes change, stored learners cannot be replayed: list it in CHANGELOG.md. */
  it.each([
    ['with kept samples', kept, '3328f2db62f549521f8e5b6eb3c8c85bb88e3299e6c25a0c1b8a5d0223266c93'],
    ['without kept samples', undefined, '0f672785f720711ca7dc0a869f88c64e73ef35bc4229522d70ab639da384d4e2'],
  ])('has the pinned hash after three corrections, %s', (_, rehearsal, pinned) => {
    const hashes = course(Mlp.create(loadBuild(), SPEC), slice(corrections, 0, 3), rehearsal, {});
    expect(hashes.at(-1)).toBe(pinned);
  });

  it('gives other bits for another seed, order, label or kept set', () => {
    const few = slice(corrections, 0, 3);
    const hash = (set: Dataset, rehearsal: Dataset | undefined, options: Partial<LearningOptions>) =>
      course(Mlp.create(loadBuild(), SPEC), set, rehearsal, options).at(-1);
    const turned = { ...few, labels: few.labels.map((label) => (label + 1) % 10) };
    const hashes = [
      hash(few, kept, QUICK),
      hash(few, kept, { ...QUICK, seed: 9 }),
      hash(pick(few, [1, 0, 2]), kept, QUICK),
      hash(turned, kept, QUICK),
      hash(few, slice(kept, 1, 100), QUICK),
      hash(few, undefined, QUICK),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hash(few, kept, QUICK)).toBe(hashes[0]);
  });

  it('gives the same result for bytes and scaled numbers', () => {
    const few = slice(corrections, 0, 2);
    const numbers = { ...few, inputs: Float32Array.from(few.inputs, (byte) => byte / 255) };
    const [one, other] = [few, numbers].map((set) => course(Mlp.create(loadBuild(), SPEC), set, kept, QUICK));
    expect(other).toEqual(one);
  });

  it('learns corrections, and does not forget', () => {
    const mlp = Mlp.create(loadBuild(), { layers: [784, 20, 10], seed: 4 });
    for (const _ of train(mlp, digits, { epochs: 5 }));
    const before = evaluate(mlp, digits).accuracy;
    // The network has not seen digits upside down.
    const hand = {
      ...corrections,
      inputs: Uint8Array.from(corrections.inputs).reverse(),
      labels: corrections.labels.slice().reverse(),
    };
    const errors = 1 - evaluate(mlp, hand).accuracy;
    course(mlp, hand, kept, {});
    expect(1 - evaluate(mlp, hand).accuracy).toBeLessThan(errors / 4);
    expect(evaluate(mlp, digits).accuracy).toBeGreaterThan(before - 0.15);
  });

  it('learns samples of two features, which are not images', () => {
    const set = noisyDataset({ samples: 5, columns: 2, classes: 3 });
    const mlp = Mlp.create(loadBuild(), { layers: [2, 4, 3] });
    expect(new Set(course(mlp, set, undefined, {})).size).toBe(5);
  });

  it.each([
    { steps: 1, corrected: 1, rehearsed: 12 },
    { steps: 4, corrected: 1, rehearsed: 12 },
    { steps: 3, corrected: 5, rehearsed: 2 },
  ])('takes gradient steps on the correction: %j', (options) => {
    const set = noisyDataset({ samples: 1, columns: 3, classes: 2 });
    const [learner, stepper] = [0, 1].map(() => Mlp.create(loadBuild(), { layers: [3, 4, 2], seed: 5 }));
    if (learner === undefined || stepper === undefined) throw new Error('no network');
    learn(learner, set, undefined, { ...options, learningRate: 0.5 });
    // All samples of a step are the only correction, so that the mean gradient is that of the sample.
    for (let step = 0; step < options.steps; step++) {
      const { weights, biases } = stepper.parameters();
      const gradient = stepper.gradients(set.inputs, set.labels);
      const descend = (values: readonly Float32Array[], by: readonly Float32Array[]) =>
        values.map((row, l) => row.map((value, i) => value - 0.5 * (by[l]?.[i] ?? 0)));
      stepper.setParameters({
        weights: descend(weights, gradient.weights),
        biases: descend(biases, gradient.biases),
      });
    }
    expectClose(learner.parameters().weights, stepper.parameters().weights, 1e-6);
    expectClose(learner.parameters().biases, stepper.parameters().biases, 1e-6);
  });

  describe('of a regression', () => {
    const targets = [
      { name: 'price', mean: 1000, standardDeviation: 200 },
      { name: 'area', mean: 50, standardDeviation: 10 },
    ];
    const rows = Array.from({ length: 6 }, (_, i) => `${i % 3},${i % 2},${900 + 60 * i},${45 + 2 * i}\n`);
    const read = (text: string) =>
      scaleTargets(csvDataset(`a,b,price,area\n${text}`, { name: 'houses', targets: ['price', 'area'] }), targets);
    const set = read(rows.join(''));
    const create = () => Mlp.create(loadBuild(), { layers: [2, 8, 2], task: 'regression', seed: 3 });

    it('moves the prediction to the value in the unit of the table', () => {
      const mlp = create();
      const correction = read('2,1,1300,35\n');
      const measure = () =>
        [...unscaleTargets(mlp.predictValues(correction.inputs), targets)].map((value, i) =>
          Math.abs(value - (i === 0 ? 1300 : 35)),
        );
      const [price = 0, area = 0] = measure();
      learn(mlp, correction, undefined);
      expect(measure()[0]).toBeLessThan(price / 2);
      expect(measure()[1]).toBeLessThan(area / 2);
    });

    it.each([
      ['with kept samples', slice(set, 3, 6)],
      ['without kept samples', undefined],
    ])('gives the same bits when it is replayed, %s', (_, rehearsal) => {
      const mlp = create();
      const [start, middle, end] = [0, 1, 3].map((n) => {
        if (n > 0) replay(mlp, { examples: 0, parameters: create().parameters() }, slice(set, 0, n), rehearsal, QUICK);
        return mlp.parameters();
      });
      if (start === undefined || middle === undefined || end === undefined) throw new Error('no snapshot');
      replay(mlp, { examples: 1, parameters: middle }, slice(set, 0, 3), rehearsal, QUICK);
      expect(mlp.parameters()).toEqual(end);
      const other = { ...set, labels: set.labels.map((label, i) => (i === 1 ? label + 1 : label)) };
      replay(mlp, { examples: 0, parameters: start }, slice(other, 0, 3), rehearsal, QUICK);
      expect(mlp.parameters()).not.toEqual(end);
    });

    it('rehearses the targets of kept samples', () => {
      const kept = slice(set, 0, 5);
      const correction = read('2,1,1300,35\n');
      const errors = [undefined, kept].map((rehearsal) => {
        const mlp = create();
        for (const _ of train(mlp, set, { epochs: 200, batchSize: 3, learningRate: 0.1 }));
        learn(mlp, correction, rehearsal);
        return evaluateRegression(mlp, kept).rmse;
      });
      expect(errors[1]).toBeLessThan(0.8 * (errors[0] ?? 0));
    });

    it('refuses classes', () => {
      const classes = noisyDataset({ samples: 1, columns: 2, classes: 2 });
      expect(() => learn(create(), classes, undefined)).toThrow(
        'noise: expected targets, as the network is a regression',
      );
      expect(() => learn(create(), set, classes)).toThrow('noise: expected targets, as the network is a regression');
      const classifier = Mlp.create(loadBuild(), { layers: [2, 4, 2] });
      expect(() => learn(classifier, set, undefined)).toThrow('houses: expected classes, as the network classifies');
    });
  });

  it('weighs corrections and kept samples', () => {
    const samples = noisyDataset({ samples: 9, columns: 3, classes: 2 });
    const [set, kept] = [slice(samples, 0, 1), slice(samples, 1, 9)];
    const hash = (factor: number, rest: number) => {
      const weigh = (data: Dataset, weight: number) => ({
        ...data,
        weights: Float32Array.from(data.labels, () => weight),
      });
      const mlp = Mlp.create(loadBuild(), { layers: [3, 4, 2] });
      learn(mlp, weigh(set, factor), weigh(kept, rest), QUICK);
      return weightsSha256(mlp.parameters());
    };
    expect(hash(2, 2)).toBe(hash(1, 1));
    expect(hash(2, 1)).not.toBe(hash(1, 1));
  });

  it('is unchanged after a correction that diverges', () => {
    const mlp = Mlp.create(loadBuild(), SPEC);
    const hash = weightsSha256(mlp.parameters());
    expect(() => learn(mlp, corrections, kept, { learningRate: 1e30 })).toThrow('diverged at step');
    expect(weightsSha256(mlp.parameters())).toBe(hash);
    expect(evaluate(mlp, digits).samples).toBe(600);
  });

  it('refuses an invalid correction', () => {
    const mlp = Mlp.create(loadBuild(), SPEC);
    expect(() => learn(mlp, slice(corrections, 0, 0), kept)).toThrow('digits: expected at least one sample, got none');
    expect(() => learn(mlp, corrections, kept, { steps: 0 })).toThrow('steps: expected a whole number of at least 1');
    const wrong = { ...corrections, labels: corrections.labels.map(() => 10) };
    expect(() => learn(mlp, wrong, kept, QUICK)).toThrow('expected labels from 0 to 9, got 10');
  });
});

describe('parameters as bytes', () => {
  it('give the same parameters', () => {
    const mlp = Mlp.create(loadBuild(), { layers: [5, 4, 3], seed: 3 });
    const bytes = parameterBytes(mlp.parameters());
    expect(decodeParameters(mlp.spec, bytes)).toEqual(mlp.parameters());
    expect(() => decodeParameters(mlp.spec, bytes.slice(4))).toThrow('parameters: expected 156 bytes, got 152');
  });
});
