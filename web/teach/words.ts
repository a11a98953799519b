/** What Teach says. */
import type { Learner, Version } from '../../src/client/index.ts';
import type { Prediction } from '../../src/core/mlp.ts';
import { areDigits, formatCount, integer, nameClass, percent } from '../words.ts';
import type { Lesson, Pupil } from './pupil.ts';

export function factsWords({ model, version, layers, rehearsal }: Learner): string {
  const kept =
    rehearsal === null
      ? 'nothing is kept against forgetting'
      : `rehearses ${integer(rehearsal.samples)} samples of ${rehearsal.data}`;
  return `From ${model} version ${version}, ${layers.join('-')}; ${kept}.`;
}

export function modelWords({ version, layers, testAccuracy }: Version): string {
  const measured = testAccuracy === null ? '' : `, ${percent(testAccuracy)} of its test samples right`;
  return `version ${version}, ${layers.join('-')}${measured}`;
}

/** `7 (81.2 %)`. */
function guessWords({ label, probabilities }: Prediction, classes: readonly string[]): string {
  return `${classes[label] ?? label} (${percent(probabilities[label] ?? 0)})`;
}

/** What a lesson has changed for this very sample. */
export function describeChange(
  { label, before }: Pick<Lesson, 'label' | 'before'>,
  after: Prediction,
  classes: readonly string[],
): { verdict: string; change: string } {
  const verdict =
    after.label === label
      ? `Learnt: it is ${nameClass(classes, label)}.`
      : `Not yet: it still reads ${classes[after.label] ?? after.label}. Teach it once more.`;
  const of = (prediction: Prediction) => {
    const rest = `, with ${percent(prediction.probabilities[label] ?? 0)} for ${classes[label] ?? label}`;
    return guessWords(prediction, classes) + (prediction.label === label ? '' : rest);
  };
  return { verdict, change: `Before: ${of(before)}. Now: ${of(after)}.` };
}

/** How many of the lessons are read rightly now, and how many were by the model that the learner came from. */
export function describeScore({ lessons, network, origin, learner }: Pupil): string {
  if (network === undefined || learner === undefined || lessons.length === 0) return '';
  const right = (by: typeof network) =>
    lessons.filter(({ sample, label }) => by.predict(sample.inputs).label === label).length;
  const thing = areDigits(learner.classes) ? 'digit' : 'example';
  if (lessons.length === 1) {
    const now = `It ${right(network) === 1 ? 'reads' : 'does not yet read'} the ${thing} that you have taught`;
    return origin === undefined
      ? `${now}.`
      : `${now}; the model that it came from ${right(origin) === 1 ? 'does, too' : 'does not'}.`;
  }
  const now = `Of the ${integer(lessons.length)} ${thing}s that you have taught, it reads ${integer(right(network))} now`;
  return origin === undefined ? `${now}.` : `${now}; the model that it came from reads ${integer(right(origin))}.`;
}

/** Those that are in the learner and not shown; where there is nothing, what to do. */
export function describeEarlier({ lessons, learner }: Pupil, drawn: boolean): string {
  const earlier = (learner?.examples ?? 0) - lessons.length;
  if (earlier > 0)
    return `${formatCount(earlier, 'example')} of earlier visits ${earlier === 1 ? 'is' : 'are'} in it, too.`;
  if (lessons.length > 0) return '';
  if (!drawn) return 'Nothing yet. Give it numbers; where its answer is wrong, say what it is.';
  const what = areDigits(learner?.classes ?? []) ? 'a digit' : 'something';
  return `Nothing yet. Draw ${what}; where it is read wrongly, say what it is.`;
}
