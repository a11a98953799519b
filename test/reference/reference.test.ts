import { describe, expect, it } from 'vitest';
import { QUESTION_THREE, scalarPasses } from '../../cli/assignment/question-three.ts';
import {
  backward,
  batchGradients,
  crossEntropy,
  crossEntropyFromLogits,
  crossEntropyGradient,
  forward,
  gradientStep,
  numericalGradient,
  type ReferenceMlp,
  softmax,
  softmaxCrossEntropyGradient,
  softmaxJacobian,
} from '../../src/reference/index.ts';
import { GOLDEN } from '../support/golden.ts';
import { expectClose, noise } from '../support/numbers.ts';

const LOGITS = [noise(2, 1, 2), noise(3, 2, 2), noise(10, 3, 4)];

describe('questions 1 and 2', () => {
  it.each(LOGITS.map((logits) => ({ logits })))('softmaxJacobian equals central differences: $logits', ({ logits }) => {
    const jacobian = softmaxJacobian(softmax(logits));
    jacobian.forEach((row, i) => {
      expectClose(
        row,
        numericalGradient((o) => softmax(o)[i] ?? Number.NaN, logits),
        1e-9,
      );
    });
    expect(Math.max(...jacobian.flat())).toBeGreaterThan(1e-3);
  });

  it('crossEntropyGradient equals central differences', () => {
    const y = softmax([0.3, -1, 2]);
    y.forEach((_, target) => {
      expectClose(
        crossEntropyGradient(y, target),
        numericalGradient((values) => crossEntropy(values, target), y, 1e-7),
        1e-6,
      );
    });
  });

  it.each(LOGITS.map((logits) => ({ logits })))(
    'both steps chained equal the one step, and central differences: $logits',
    ({ logits }) => {
      const y = softmax(logits);
      const jacobian = softmaxJacobian(y);
      logits.forEach((_, target) => {
        const lossGradient = crossEntropyGradient(y, target);
        const chained = logits.map((_, j) =>
          y.reduce((sum, _, i) => sum + (lossGradient[i] ?? 0) * (jacobian[i]?.[j] ?? Number.NaN), 0),
        );
        const combined = softmaxCrossEntropyGradient(y, target);
        expectClose(chained, combined, 1e-14);
        expectClose(
          combined,
          numericalGradient((o) => crossEntropyFromLogits(o, target), logits),
          1e-9,
        );
        expect(Math.max(...combined.map(Math.abs))).toBeGreaterThan(0.01);
      });
    },
  );

  it('keeps its loss if probabilities round to zero', () => {
    expect(crossEntropyFromLogits([1e4, -1e4], 1)).toBe(2e4);
    expect(softmax([1e4, -1e4])).toEqual([1, 0]);
  });
});

describe('question 3', () => {
  const g = 0.44039853898894116;

  it('prints the gradients to the last digit', () => {
    const { dV, db, dW, da, loss } = scalarPasses();
    expect(dV).toEqual([
      [-g, g],
      [-g, g],
      [-g, g],
    ]);
    expect(db).toEqual([-0.5, 0.5]);
    expect(dW.flat().every((value) => value === 0)).toBe(true);
    expect(da.every((value) => value === 0)).toBe(true);
    expect(loss).toBe(Math.LN2);
  });

  it('equals the general passes', () => {
    const { weights, biases, loss } = backward(
      QUESTION_THREE,
      forward(QUESTION_THREE, QUESTION_THREE.x),
      QUESTION_THREE.target,
    );
    const scalar = scalarPasses();
    expectClose(weights, [scalar.dW, scalar.dV], 1e-16);
    expectClose(biases, [scalar.da, scalar.db], 1e-16);
    expectClose(loss, scalar.loss, 1e-16);
  });
});

describe.each(GOLDEN)('PyTorch, $name', (golden) => {
  it('forward', () => {
    const passes = golden.x.map((row) => forward(golden, row));
    expectClose(
      passes.map(({ logits }) => logits),
      golden.logits,
      1e-12,
    );
    expectClose(
      passes.map(({ probabilities }) => probabilities),
      golden.probabilities,
      1e-12,
    );
  });

  it('loss and gradients', () => {
    const { loss, weights, biases } = batchGradients(golden, golden.x, golden.labels);
    expectClose(loss, golden.loss, 1e-12);
    expectClose(weights, golden.gradWeights, 1e-12);
    expectClose(biases, golden.gradBiases, 1e-12);
  });

  it('one and ten steps of gradient descent', () => {
    let mlp: ReferenceMlp = golden;
    for (let step = 1; step <= 10; step++) {
      mlp = gradientStep(mlp, batchGradients(mlp, golden.x, golden.labels), golden.learningRate);
      const expected = { 1: golden.after1Steps, 10: golden.after10Steps }[step];
      if (expected === undefined) continue;
      expectClose(mlp.weights, expected.weights, 1e-12);
      expectClose(mlp.biases, expected.biases, 1e-12);
      expectClose(batchGradients(mlp, golden.x, golden.labels).loss, expected.loss, 1e-12);
    }
  });
});
