/** A network's answer to a sample: a prediction of classes, or the values of a regression. */
import type { Prediction } from '../../src/core/mlp.ts';
import { describePrediction } from '../format.ts';
import type { Sample } from '../inputs/sample.ts';
import type { BrowserNetwork } from '../network.ts';
import { describeTargets, predictTargets, type TargetValues } from './target-values.ts';

export type Answer = { readonly sample: Sample } & (
  | { readonly prediction: Prediction }
  | { readonly values: TargetValues }
);

/** Throws EdgeMlpError "bad-shape" or "not-finite". */
export function answerSample(network: BrowserNetwork, sample: Sample): Answer {
  return network.info.targets === undefined
    ? { sample, prediction: network.mlp.predict(sample.inputs) }
    : { sample, values: predictTargets(network, sample.inputs) };
}

export function describeAnswer(answer: Answer, classes: readonly string[]): string {
  return 'values' in answer
    ? `Prediction: ${describeTargets(answer.values)}`
    : describePrediction(answer.prediction, classes);
}
