/** Results of questions 1 to 3. */
import type { Kernels } from '../../src/core/kernels.ts';
import {
  crossEntropyGradient,
  softmax,
  softmaxCrossEntropyGradient,
  softmaxJacobian,
} from '../../src/reference/index.ts';
import { type Check, checkAgrees, gradientChecks, LOGITS, TARGET } from './gradient-checks.ts';
import { QUESTION_THREE, scalarPasses } from './question-three.ts';

export function derivativeFigures(kernels: Kernels) {
  const checks = gradientChecks(kernels);
  const probabilities = softmax(LOGITS);
  const jacobian = softmaxJacobian(probabilities);
  const lossGradient = crossEntropyGradient(probabilities, TARGET);
  return {
    1: {
      logits: LOGITS,
      target: TARGET,
      probabilities,
      softmaxJacobian: jacobian,
      crossEntropyGradient: lossGradient,
      checks: summarise(checks.filter(({ question }) => question === 1)),
    },
    2: {
      gradient: softmaxCrossEntropyGradient(probabilities, TARGET),
      /** By the chain rule from the two derivatives of question 1. */
      inTwoSteps: LOGITS.map((_, j) =>
        lossGradient.reduce((sum, d, i) => sum + d * (jacobian[i]?.[j] ?? Number.NaN), 0),
      ),
      checks: summarise(checks.filter(({ question }) => question === 2)),
    },
    3: {
      x: QUESTION_THREE.x,
      target: QUESTION_THREE.target,
      W: QUESTION_THREE.weights[0],
      V: QUESTION_THREE.weights[1],
      ...withoutNegativeZeros(scalarPasses()),
      checks: summarise(checks.filter(({ question }) => question === 3)),
    },
  };
}

function summarise(checks: readonly Check[]) {
  return {
    agree: checks.filter(checkAgrees).length,
    of: checks.length,
    largestDifference: checks.reduce((most, { derived, beside }) => Math.max(most, Math.abs(derived - beside)), 0),
  };
}

/** Replaces -0 by 0. */
function withoutNegativeZeros<Value extends object>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}
