/** Texts of the Teach view. */
import type { Learner, Version } from '../../src/client/index.ts';
import type { Prediction } from '../../src/core/mlp.ts';
import { areDigits, formatCount, formatInteger, formatPercent, formatPrediction } from '../format.ts';
import { isLocal } from '../local/local-run.ts';
import type { BrowserNetwork } from '../network.ts';
import type { LearnerSession } from './learner-session.ts';
import type { TaughtExample } from './taught-example.ts';

export function describeLearner({ id, model, version, layers, rehearsal }: Learner): string {
  if (isLocal(id)) return `Starts from ${model} (${layers.join('-')}). Learns in this browser.`;
  const data = rehearsal && `Rehearses ${formatCount(rehearsal.samples, 'sample')} of ${rehearsal.data}`;
  return `Based on ${model} version ${version} (${layers.join('-')}). ${data ?? 'Rehearses no samples'}.`;
}

export function describeVersion({ version, layers, testAccuracy }: Version): string {
  const accuracy = testAccuracy === null ? '' : `, test accuracy ${formatPercent(testAccuracy)}`;
  return `Version ${version}, ${layers.join('-')}${accuracy}`;
}

/** The change that teaching the example made to its prediction, as text. */
export function describeChange(
  { label, before }: Pick<TaughtExample, 'label' | 'before'>,
  after: Prediction,
  classes: readonly string[],
): { summary: string; details: string } {
  const name = classes[label] ?? label;
  const describe = (prediction: Prediction) => {
    const target = `, ${name} (${formatPercent(prediction.probabilities[label] ?? 0)})`;
    return formatPrediction(prediction, classes) + (prediction.label === label ? '' : target);
  };
  return {
    summary:
      after.label === label
        ? `Learned: ${name}.`
        : `Not learned yet: the prediction is ${classes[after.label] ?? after.label}. Teach the example again.`,
    details: `Before: ${describe(before)}. Now: ${describe(after)}.`,
  };
}

/** How many taught examples the learner and its base model predict correctly. */
export function describeScore({ examples, network, baseNetwork }: LearnerSession): string {
  if (network === undefined || examples.length === 0) return '';
  const count = ({ mlp }: BrowserNetwork) =>
    examples.filter(({ sample, label }) => mlp.predict(sample.inputs).label === label).length;
  const base = baseNetwork === undefined ? '' : ` Base model: ${formatInteger(count(baseNetwork))}.`;
  return `Correct: ${formatInteger(count(network))} of ${formatInteger(examples.length)}.${base}`;
}

/** The examples that are not listed, or what to do if there are none. */
export function describeOthers({ examples, learner }: LearnerSession, drawn: boolean): string {
  const earlier = (learner?.examples ?? 0) - examples.length;
  if (earlier > 0) return `Not listed: ${formatCount(earlier, 'example')} from earlier visits.`;
  if (examples.length > 0) return '';
  const image = areDigits(learner?.classes ?? []) ? 'Draw a digit.' : 'Draw something.';
  return `No examples yet. ${drawn ? image : 'Enter values.'} If the prediction is wrong, choose the correct label.`;
}
