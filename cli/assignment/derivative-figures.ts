/** Results of questions 1 to 3. */
import type { Kernels } from '../../src/core/kernels.ts';
import {
  crossEntropyGradient,
  softmax,
  softmaxCrossEntropyGradient,
  softmaxJacobian,
} from '../../src/reference/index.ts';
import { applyChainRule, type Check, checkAgrees, gradientChecks, LOGITS, TARGET } from './gradient-checks.ts';
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
      checks: summarise(checks, 1),
    },
    2: {
      gradient: softmaxCrossEntropyGradient(probabilities, TARGET),
      /** By the chain rule from the two derivatives of question 1. */
      inTwoSteps: applyChainRule(lossGradient, jacobian),
      checks: summarise(checks, 2),
    },
    3: {
      x: QUESTION_THREE.x,
      target: QUESTION_THREE.target,
      W: QUESTION_THREE.weights[0],
      V: QUESTION_THREE.weights[1],
      ...withoutNegativeZeros(scalarPasses()),
      checks: summarise(checks, 3),
    },
  };
}

function summarise(all: readonly Check[], question: Check['question']) {
  const checks = all.filter((check) => check.question === question);
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
