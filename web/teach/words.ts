/** What Teach says. */
import type { Learner, Version } from '../../src/client/index.ts';
import type { Prediction } from '../../src/core/mlp.ts';
import { counted, integer, percent } from '../words.ts';
import type { Lesson, Pupil } from './pupil.ts';

export function factsWords({ model, version, layers, rehearsal }: Learner): string {
  const kept =
    rehearsal === null
      ? 'nothing is kept against forgetting'
      : `rehearses ${integer(rehearsal.samples)} samples of ${rehearsal.data}`;
  return `From ${model} version ${version}, ${layers.join('-')}; ${kept}.`;
}

export function modelWords({ version, layers, testAccuracy }: Version): string {
  const measured = testAccuracy === null ? '' : `, ${percent(testAccuracy)} of its test digits right`;
  return `version ${version}, ${layers.join('-')}${measured}`;
}

/** `7 (81.2 %)`. */
export function guessWords({ label, probabilities }: Prediction): string {
  return `${label} (${percent(probabilities[label] ?? 0)})`;
}

/** What a lesson has changed for this very drawing. */
export function changeWords(
  { label, before }: Pick<Lesson, 'label' | 'before'>,
  after: Prediction,
): { verdict: string; change: string } {
  const verdict =
    after.label === label ? `Learnt: it is a ${label}.` : `Not yet: it still reads ${after.label}. Teach it once more.`;
  const of = (prediction: Prediction) => {
    const rest = `, with ${percent(prediction.probabilities[label] ?? 0)} for ${label}`;
    return guessWords(prediction) + (prediction.label === label ? '' : rest);
  };
  return { verdict, change: `Before: ${of(before)}. Now: ${of(after)}.` };
}

/** How many of the lessons are read rightly now, and how many were by the model that the learner came from. */
export function scoreWords({ lessons, network, origin, learner }: Pupil): string {
  if (network === undefined || learner === undefined || lessons.length === 0) return '';
  const right = (by: typeof network) =>
    lessons.filter(({ pixels, label }) => by.predict(pixels).label === label).length;
  if (lessons.length === 1) {
    const now = `It ${right(network) === 1 ? 'reads' : 'does not yet read'} the digit that you have taught`;
    return origin === undefined
      ? `${now}.`
      : `${now}; the model that it came from ${right(origin) === 1 ? 'does, too' : 'does not'}.`;
  }
  const now = `Of the ${integer(lessons.length)} digits that you have taught, it reads ${integer(right(network))} now`;
  return origin === undefined ? `${now}.` : `${now}; the model that it came from reads ${integer(right(origin))}.`;
}

/** Those that are in the learner and not shown. */
export function earlierWords({ lessons, learner }: Pupil): string {
  const earlier = (learner?.examples ?? 0) - lessons.length;
  if (earlier > 0)
    return `${counted(earlier, 'example')} of earlier visits ${earlier === 1 ? 'is' : 'are'} in it, too.`;
  return lessons.length > 0 ? '' : 'Nothing yet. Draw a digit; where it is read wrongly, say what it is.';
}
