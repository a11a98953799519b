/** The losses of regression against the float64 reference and central differences. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOSS_CODES, REGRESSION_LOSSES } from '../../src/core/loss.ts';
import { numericalGradient, regressionLoss, regressionLossGradient } from '../../src/reference/index.ts';
import { KERNEL_BUILDS, loadBuild, putFloats, testingExports } from '../support/kernels.ts';
import { expectClose } from '../support/numbers.ts';

const number = fc.float({ min: -4, max: 4, noNaN: true });
const pairs = fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 9 });

describe.each(KERNEL_BUILDS)('%s build', (build) => {
  const kernels = loadBuild(build);
  const call = testingExports(kernels);

  it.each(REGRESSION_LOSSES)('%s', (loss) => {
    const code = kernels.constant(LOSS_CODES[loss]);
    fc.assert(
      fc.property(pairs, (values) => {
        const [y, t] = [values.map(([output]) => output), values.map(([, target]) => target)];
        const [outputs, targets, delta] = [putFloats(kernels, y), putFloats(kernels, t), putFloats(kernels, y)];
        expectClose(call.regressionForward(code, outputs, targets, y.length), regressionLoss(loss, y, t), 1e-12);
        call.regressionBackward(code, delta, outputs, targets, y.length);
        expectClose(kernels.floats(delta, y.length), regressionLossGradient(loss, y, t), 1e-7);
        for (const address of [outputs, targets, delta]) kernels.free(address);
      }),
    );
  });

  it('adds squared and absolute errors times the weight', () => {
    const sums = kernels.allocate(4 * Float64Array.BYTES_PER_ELEMENT);
    const [y, t] = [putFloats(kernels, [3, -1]), putFloats(kernels, [1, 2])];
    call.addErrors(sums, y, t, 2, 1);
    call.addErrors(sums, y, t, 2, 0.5);
    expect([...new Float64Array(kernels.bytes(sums, 32).slice().buffer)]).toEqual([6, 3, 13.5, 4.5]);
  });
});

describe('the reference', () => {
  it.each(REGRESSION_LOSSES)('%s has the gradient of central differences', (loss) => {
    const [y, t] = [
      [0.5, -2, 1.25, 3],
      [0.25, 1, 1.5, -1],
    ];
    const numerical = numericalGradient((values) => regressionLoss(loss, values, t ?? []), y ?? []);
    expectClose(regressionLossGradient(loss, y ?? [], t ?? []), numerical, 1e-8);
    expect(numerical.every((slope) => slope !== 0)).toBe(true);
  });
});
