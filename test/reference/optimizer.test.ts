/** The optimizers in float64 against PyTorch. */
import { describe, expect, it } from 'vitest';
import { batchGradients, ReferenceOptimizer } from '../../src/reference/index.ts';
import { expectClose } from '../support/numbers.ts';
import { OPTIMIZER_RUNS } from '../support/optimizers.ts';

describe('200 steps have the losses of PyTorch', () => {
  it.each(OPTIMIZER_RUNS)('$golden.name, $options', ({ golden, options, losses }) => {
    expect(losses).toHaveLength(200);
    const rule = new ReferenceOptimizer(options);
    let mlp = golden;
    const got = losses.map(() => {
      const gradients = batchGradients(mlp, golden.x, golden.labels);
      mlp = { ...golden, ...rule.step(mlp, gradients) };
      return gradients.loss;
    });
    // Relative, as losses fall by four orders of magnitude.
    expectClose(got, losses, 1e-10, 0);
  });
});
