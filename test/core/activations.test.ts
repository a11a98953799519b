/** Activations of hidden layers: one for all, or one for each. */
import { describe, expect, it } from 'vitest';
import { defaultInitialisation } from '../../src/core/spec.ts';
import { HIDDEN_ACTIVATIONS, type HiddenActivations, Mlp } from '../../src/index.ts';
import { expectRefusal } from '../support/errors.ts';
import { loadBuild } from '../support/kernels.ts';
import { noise } from '../support/numbers.ts';

const kernels = loadBuild();

describe('the activation of a spec', () => {
  it.each([
    [['relu', 'relu'], 'relu'],
    [
      ['relu', 'tanh'],
      ['relu', 'tanh'],
    ],
    ['silu', 'silu'],
  ] as const)('%o becomes %o', (hiddenActivation, expected) => {
    using mlp = Mlp.create(kernels, { layers: [2, 3, 3, 2], hiddenActivation });
    expect(mlp.spec.hiddenActivation).toEqual(expected);
    expect(mlp.toJSON().hiddenActivation).toEqual(expected);
  });

  it('of a network without hidden layers may be an empty list', () => {
    using mlp = Mlp.create(kernels, { layers: [2, 2], hiddenActivation: [] });
    expect(mlp.spec.hiddenActivation).toBe('sigmoid');
  });

  it.each([
    [['relu'], 'hiddenActivation: expected one activation, or one for each of the 2 hidden layers, got 1: relu'],
    [['relu', 'tanh', 'elu'], 'got 3: relu+tanh+elu'],
    [['relu', 'swish'], 'hiddenActivation[1]: expected one of sigmoid, tanh'],
    [[], 'got 0: '],
    [undefined, undefined],
    [null, 'hiddenActivation: expected one of sigmoid'],
  ])('%o is refused: %s', (hiddenActivation, message) => {
    const create = () =>
      Mlp.create(kernels, { layers: [2, 3, 3, 2], hiddenActivation: hiddenActivation as HiddenActivations });
    if (message === undefined) create().dispose();
    else expectRefusal(create, 'bad-spec', message);
  });
});

describe('initial weights', () => {
  const weights = (hiddenActivation: HiddenActivations, hidden = [20, 30]) => {
    using mlp = Mlp.create(kernels, { layers: [10, ...hidden, 4], hiddenActivation, seed: 5 });
    return mlp.parameters().weights;
  };

  it('are drawn by the activation of each layer, the last by that of the last hidden layer', () => {
    const mixed = weights(['relu', 'tanh']);
    expect(mixed[0]).toEqual(weights('relu')[0]);
    expect(mixed[1]).toEqual(weights('tanh')[1]);
    expect(mixed[2]).toEqual(weights('tanh')[2]);
    expect(mixed[2]).not.toEqual(weights('relu')[2]);
  });

  it('have one name if all layers have the same', () => {
    expect(defaultInitialisation(['relu', 'gelu'])).toBe('he');
    expect(defaultInitialisation(['relu', 'tanh'])).toBe('by-activation');
    expect(HIDDEN_ACTIVATIONS.map((name) => defaultInitialisation(name))).toEqual([
      ...['normal', 'glorot', 'he', 'he', 'he', 'he', 'he', 'he', 'he'],
      'glorot',
    ]);
  });
});

it('int8 weights predict with several activations', () => {
  const hiddenActivation = ['gelu', 'elu', 'softplus'] as const;
  using mlp = Mlp.create(kernels, { layers: [12, 40, 30, 20, 5], hiddenActivation, seed: 2 });
  using int8 = mlp.quantize();
  const x = Float32Array.from(noise(24, 3));
  expect(int8.spec).toEqual(mlp.spec);
  const [exact, rounded] = [mlp, int8].map((network) => network.logits(x));
  const largest = Math.max(...(exact ?? []).map(Math.abs));
  exact?.forEach((value, i) => {
    expect(Math.abs(value - (rounded?.[i] ?? Number.NaN))).toBeLessThan(0.05 * largest);
  });
  expect(rounded).not.toEqual(exact);
});
