/** A network's answer to a sample: a prediction of classes, or the values of a regression. */
import type { Prediction } from '../../src/core/mlp.ts';
import { isRecognized } from '../../src/core/recognition.ts';
import { describePrediction, describeRejection } from '../format.ts';
import type { Sample } from '../inputs/sample.ts';
import type { BrowserNetwork } from '../network.ts';
import { describeTargets, predictTargets, type TargetValues } from './target-values.ts';

export type Answer = { readonly sample: Sample } & (
  | {
      readonly prediction: Prediction;
      /** False if the model has a recognition threshold and the sample is below. */
      readonly recognized: boolean;
    }
  | { readonly values: TargetValues }
);

/** Throws EdgeMlpError "bad-shape" or "not-finite". */
export function answerSample(network: BrowserNetwork, sample: Sample): Answer {
  if (network.info.targets !== undefined) return { sample, values: predictTargets(network, sample.inputs) };
  const prediction = network.mlp.predict(sample.inputs);
  return { sample, prediction, recognized: isRecognized(network.info, prediction.probabilities) };
}

export function describeAnswer(answer: Answer, classes: readonly string[]): string {
  if ('values' in answer) return `Prediction: ${describeTargets(answer.values)}`;
  return answer.recognized ? describePrediction(answer.prediction, classes) : describeRejection(classes);
}
