/** Which checkpoints continue which runs. */
import { describe, expect, it } from 'vitest';
import { type Checkpoint, checkPlace, checkResumable } from '../../src/core/checkpoint.ts';
import { checkTrainingOptions, type TrainingOptionsInput } from '../../src/core/training-options.ts';
import { expectRefusal } from '../support/errors.ts';

const SPEC = { layers: [2, 1], hiddenActivation: 'sigmoid' } as const;
const PARAMETERS = { weights: [new Float32Array(2)], biases: [new Float32Array(1)] };
const METRICS = { trainLoss: 1, trainAccuracy: 0, validationLoss: null, validationAccuracy: null };

/** In the second of three epochs over ten samples, after a batch of four. */
function build(change: Partial<Checkpoint> = {}, options: TrainingOptionsInput = {}): Checkpoint {
  return {
    spec: SPEC,
    options: checkTrainingOptions({ epochs: 3, batchSize: 4, ...options }),
    dataset: { name: 'set', samples: 10, columns: 2, sha256: null },
    epoch: 1,
    step: 4,
    cursor: 4,
    lossSum: 3,
    correct: 2,
    history: [{ epoch: 1, ...METRICS }],
    parameters: PARAMETERS,
    ...change,
  };
}

describe('the place of a checkpoint', () => {
  it.each<Partial<Checkpoint>>([
    {},
    { cursor: 0, step: 3, correct: 0 },
    { cursor: 10, step: 6, correct: 10 },
    { epoch: 0, step: 1, history: [] },
    { epoch: 3, step: 9, cursor: 0, correct: 0, history: [1, 2, 3].map((epoch) => ({ epoch, ...METRICS })) },
  ])('%j is consistent', (change) => {
    expect(() => checkPlace(build(change))).not.toThrow();
  });

  it.each<[Partial<Checkpoint>, string]>([
    [{ epoch: 4 }, 'epoch: expected a whole number from 0 to 3, got 4'],
    [{ epoch: -1 }, 'epoch: expected'],
    [{ epoch: 0.5 }, 'epoch: expected'],
    [{ cursor: 11 }, 'cursor: expected a whole number from 0 to 10, got 11'],
    [{ cursor: -1 }, 'cursor: expected'],
    [{ correct: 5 }, 'correct: expected a whole number from 0 to 4, got 5'],
    [{ step: 5 }, 'step: expected 4, by epoch and cursor, got 5'],
    [{ cursor: 5 }, 'step: expected 5, by epoch and cursor, got 4'],
    [{ history: [] }, 'history: expected epochs 1 to 1, got '],
    [{ history: [{ epoch: 2, ...METRICS }] }, 'history: expected epochs 1 to 1, got 2'],
  ])('%j is refused', (change, message) => {
    expectRefusal(() => checkPlace(build(change)), 'checkpoint-mismatch', message);
  });

  it('counts steps of batches that are larger than the data set', () => {
    expect(() => checkPlace(build({ cursor: 0, correct: 0, step: 1 }, { batchSize: 64 }))).not.toThrow();
  });
});

describe('a run continues', () => {
  const resume = (checkpoint: Checkpoint, options: TrainingOptionsInput = {}, set: object = {}) =>
    checkResumable(
      checkpoint,
      SPEC,
      { ...checkpoint.dataset, ...set },
      checkTrainingOptions({ ...checkpoint.options, ...options }),
    );
  const VELOCITY = { velocity: PARAMETERS };

  it('with its own options, or with other epochs', () => {
    expect(() => resume(build())).not.toThrow();
    expect(() => resume(build(), { epochs: 2 })).not.toThrow();
    expect(() => resume(build(), { epochs: 9 })).not.toThrow();
    expect(() => resume(build({ cursor: 0, correct: 0, step: 3 }), { epochs: 1 })).not.toThrow();
    expect(() => resume(build(VELOCITY, { momentum: 0.5 }))).not.toThrow();
    expect(() => resume(build(VELOCITY, { weightDecay: 0.5 }))).not.toThrow();
    expect(() => resume(build(VELOCITY, { clipNorm: 0.5 }))).not.toThrow();
    const moments = { ...VELOCITY, secondMoment: PARAMETERS };
    expect(() => resume(build(moments, { optimizer: 'adamw' }))).not.toThrow();
    expect(() => resume(build({}, { schedule: { kind: 'cosine' } }))).not.toThrow();
  });

  it('with the same data, by hash or else by name', () => {
    const hashed = build({ dataset: { name: 'set', samples: 10, columns: 2, sha256: 'a' } });
    expect(() => resume(hashed, {}, { name: 'other' })).not.toThrow();
    expect(() => resume(hashed, {}, { sha256: 'b' })).toThrow('data set sha256');
    expect(() => resume(hashed, {}, { sha256: null })).not.toThrow();
    expect(() => resume(hashed, {}, { sha256: null, name: 'other' })).toThrow('data set name');
    expect(() => resume(build(), {}, { sha256: 'a', name: 'other' })).toThrow('data set name');
    expect(() => resume(build(), {}, { samples: 11 })).toThrow('data set samples');
    expect(() => resume(build(), {}, { columns: 3 })).toThrow('data set columns');
  });

  it.each<[Checkpoint, TrainingOptionsInput, string]>([
    [build(), { epochs: 1 }, 'epochs: expected at least 2, which the checkpoint has started, got 1'],
    [build(), { seed: 2 }, 'seed: the checkpoint was made with 1, got 2'],
    [build(), { batchSize: 5 }, 'batchSize'],
    [
      build({}, { schedule: { kind: 'cosine' } }),
      { epochs: 4 },
      'epochs: expected 3, as the run has schedule cosine, got 4',
    ],
    [build({}, { averageEpochs: 1 }), { epochs: 4 }, 'epochs: expected 3, as the run has averageEpochs, got 4'],
    [build({}, { momentum: 0.5 }), {}, 'the checkpoint: expected a velocity, by its training options, got none'],
    [build({}, { weightDecay: 0.5 }), {}, 'the checkpoint: expected a velocity'],
    [build({}, { clipNorm: 1 }), {}, 'the checkpoint: expected a velocity'],
    [build(VELOCITY, { optimizer: 'adam' }), {}, 'the checkpoint: expected a secondMoment'],
    [
      build({ ...VELOCITY, secondMoment: PARAMETERS }, { momentum: 0.5 }),
      {},
      'the checkpoint: expected no secondMoment',
    ],
    [build(VELOCITY), {}, 'the checkpoint: expected no velocity, by its training options, got one'],
    [
      build({ parameters: { weights: [new Float32Array(3)], biases: PARAMETERS.biases } }),
      {},
      'weights[0]: expected 1 × 2',
    ],
    [build({ step: 5 }), {}, 'step: expected 4'],
    [
      build({ spec: { layers: [2, 1], hiddenActivation: 'relu' } }),
      {},
      'hiddenActivation: the checkpoint was made with "relu"',
    ],
  ])('not otherwise, %#', (checkpoint, options, message) => {
    const code = message.startsWith('weights') ? 'bad-shape' : 'checkpoint-mismatch';
    expectRefusal(() => resume(checkpoint, options), code, message);
  });
});
