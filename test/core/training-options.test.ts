/** Limits and defaults of the training options. */
import { describe, expect, it } from 'vitest';
import {
  checkTrainingOptions,
  pickTrainingOptions,
  type TrainingOptionsInput,
} from '../../src/core/training-options.ts';
import { expectRefusal } from '../support/errors.ts';

const AFFINE = { shift: 1.2, rotation: 7, scale: 0.09, shear: 0.1 };
const NOT_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, '1', null, 1e39];
const WHOLE = [-1, 0.5, 1.5, 2 ** 53];

/** Options in which one number is `value`; `name` is `kind.field` for the fields of an optimizer, a schedule or an augmentation. */
function give(name: string, value: unknown): TrainingOptionsInput {
  const [group = '', kind = '', field = ''] = name.split('.');
  return (kind === '' ? { [group]: value } : { [group]: { kind, [field]: value } }) as TrainingOptionsInput;
}

describe.each([
  { name: 'epochs', accepted: [1, 2, 1000], refused: [0, ...WHOLE] },
  { name: 'batchSize', accepted: [1, 2, 60_000], refused: [0, ...WHOLE] },
  { name: 'learningRate', accepted: [1e-45, 0.03, 1, 1e38], refused: [0, -0.1, 1e-46] },
  { name: 'momentum', accepted: [0, 0.5, 0.999999], refused: [1, -1e-9, 1 - 1e-9, 2] },
  { name: 'weightDecay', accepted: [0, 0.5, 3], refused: [-1e-9, -1] },
  { name: 'clipNorm', accepted: [0, 1e-3, 5], refused: [-1e-9] },
  { name: 'dropout', accepted: [0, 1e-3, 0.5, 0.999999], refused: [1, -1e-9, 1 - 1e-9, 2] },
  { name: 'optimizer.adam.beta1', accepted: [0, 0.9, 0.999999], refused: [1, -1e-9, 1 - 1e-9] },
  { name: 'optimizer.adamw.beta2', accepted: [0, 0.999], refused: [1, -1e-9, 2] },
  { name: 'optimizer.adam.epsilon', accepted: [1e-45, 1e-8, 1], refused: [0, -1, 1e-46] },
  { name: 'warmupEpochs', accepted: [0, 1, 4], refused: WHOLE },
  { name: 'averageEpochs', accepted: [0, 1, 5], refused: [...WHOLE, 6] },
  { name: 'patience', accepted: [0, 1, 9], refused: WHOLE },
  { name: 'seed', accepted: [0, 1, 2 ** 32 - 1], refused: [-1, 0.5, 2 ** 32] },
  { name: 'schedule.step.gamma', accepted: [1e-3, 0.5, 1], refused: [0, 1.001, -1] },
  { name: 'schedule.step.every', accepted: [1, 30], refused: [0, ...WHOLE] },
  { name: 'schedule.exponential.gamma', accepted: [1e-3, 1], refused: [0, 1.001] },
  { name: 'augment.shift.shift', accepted: [0, 0.5, 40], refused: [-1e-9] },
  { name: 'augment.affine.rotation', accepted: [0, 7, 45], refused: [-1e-9, 45.001] },
  { name: 'augment.affine.scale', accepted: [0, 0.99], refused: [-1e-9, 1] },
  { name: 'augment.affine.shear', accepted: [0, 2], refused: [-1e-9] },
  { name: 'augment.elastic.alpha', accepted: [0, 2], refused: [-1e-9] },
  { name: 'augment.elastic.sigma', accepted: [1, 2], refused: [0.999, 0, -1] },
])('$name', ({ name, accepted, refused }) => {
  const label = name.replace(/\.\w+(?=\.)/, '');

  it.each(accepted)('accepts %d', (value) => {
    expect(checkTrainingOptions(give(name, value))).toMatchObject(give(name, value));
  });

  it.each([...refused, ...NOT_NUMBERS.filter((value) => value !== null || !name.includes('.'))])(
    'refuses %d',
    (value) => {
      expectRefusal(() => checkTrainingOptions(give(name, value)), 'bad-argument', `${label}: expected `);
    },
  );
});

it('have defaults', () => {
  expect(checkTrainingOptions({})).toEqual({
    epochs: 5,
    learningRate: 0.03,
    batchSize: 1,
    optimizer: { kind: 'sgd' },
    momentum: 0,
    nesterov: false,
    weightDecay: 0,
    clipNorm: 0,
    dropout: 0,
    schedule: { kind: 'constant' },
    warmupEpochs: 0,
    averageEpochs: 0,
    patience: 0,
    augment: { kind: 'none' },
    seed: 1,
  });
  const { schedule, augment } = checkTrainingOptions({ schedule: { kind: 'step' }, augment: { kind: 'elastic' } });
  expect(schedule).toEqual({ kind: 'step', gamma: 0.1, every: 30 });
  expect(augment).toEqual({ kind: 'elastic', ...AFFINE, alpha: 24, sigma: 5 });
  expect(checkTrainingOptions({ augment: { kind: 'affine' } }).augment).toEqual({ kind: 'affine', ...AFFINE });
  expect(checkTrainingOptions({ augment: { kind: 'shift' } }).augment).toEqual({ kind: 'shift', shift: 1.2 });
  expect(checkTrainingOptions({ schedule: { kind: 'exponential' } }).schedule).toEqual({
    kind: 'exponential',
    gamma: 0.1,
  });
  expect(checkTrainingOptions({ schedule: { kind: 'cosine' } }).schedule).toEqual({ kind: 'cosine' });
});

it.each([
  { kind: 'adam', weightDecay: 0 },
  { kind: 'adamw', weightDecay: 0.01 },
] as const)(
  'have the defaults of PyTorch for $kind, which options that are given override',
  ({ kind, weightDecay }) => {
    const optimizer = { kind, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    expect(checkTrainingOptions({ optimizer: kind })).toMatchObject({ optimizer, learningRate: 0.001, weightDecay });
    expect(checkTrainingOptions({ optimizer: { kind, beta2: 0.99 } }).optimizer).toEqual({ ...optimizer, beta2: 0.99 });
    const given = { learningRate: 0.5, weightDecay: 0 };
    expect(checkTrainingOptions({ optimizer: kind, ...given })).toMatchObject(given);
    expect(checkTrainingOptions({ optimizer: 'sgd' })).toEqual(checkTrainingOptions({}));
  },
);

it('can be picked from an object with other properties', () => {
  const source = { epochs: 3, momentum: undefined, validation: 'x' } as unknown as TrainingOptionsInput;
  expect(Object.entries(pickTrainingOptions(source))).toEqual([['epochs', 3]]);
});

it.each<[TrainingOptionsInput, string | undefined]>([
  [{ nesterov: true, momentum: 0.1 }, undefined],
  [{ nesterov: 1 as never }, 'nesterov: expected true or false, got 1'],
  [{ optimizer: 'adam', momentum: 0, nesterov: false }, undefined],
  [{ optimizer: 'adam', momentum: 0.9 }, 'momentum cannot be combined with optimizer adam, whose momentum is beta1'],
  [{ optimizer: 'adamw', nesterov: true }, 'nesterov cannot be combined with optimizer adamw'],
  [{ optimizer: 'adagrad' as never }, 'optimizer.kind: expected one of sgd, adam, adamw, got adagrad'],
  [{ optimizer: 1 as never }, 'optimizer: expected an object such as {"kind": "adamw", "beta1": 0.9, '],
  [
    { optimizer: { kind: 'sgd', beta1: 0.9 } as never },
    'optimizer: expected the fields kind for the kind "sgd", got beta1, a field of adam, adamw',
  ],
  [{ patience: 1, averageEpochs: 0 }, undefined],
  [{ patience: 0, averageEpochs: 1 }, undefined],
  [{ patience: 1, averageEpochs: 1 }, 'averageEpochs cannot be combined with patience'],
  [{ epochs: 2, averageEpochs: 2 }, undefined],
  [{ schedule: null as never }, undefined],
  [
    { schedule: [] as never },
    'schedule: expected an object such as {"kind": "exponential", "gamma": 0.1}, got a list of 0',
  ],
])('%j are combined, or refused', (options, message) => {
  const check = () => checkTrainingOptions(options);
  if (message === undefined) expect(check).not.toThrow();
  else expectRefusal(check, 'bad-argument', message);
});
