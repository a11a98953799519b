/** Numbers, names and answers as the page writes them. */
import type { Prediction } from '../src/core/mlp.ts';

/** Below this share of certainty the page says that it does not know. */
const UNSURE_BELOW = 0.6;

/** A line does not break before the sign. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}\u00a0%`;
}

/** Thousands set apart. */
export function integer(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `1 epoch`, `3 epochs`. */
export function formatCount(count: number, thing: string): string {
  return `${integer(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** The number of a job or a learner is 64 letters long; so many tell them apart. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** Whether the classes are the ten digits. */
export function areDigits(classes: readonly string[]): boolean {
  return classes.length === 10 && classes.every((name, label) => name === String(label));
}

/** A class within a sentence: `a 7`, `setosa`. */
export function nameClass(classes: readonly string[], label: number): string {
  return areDigits(classes) ? `a ${label}` : (classes[label] ?? String(label));
}

/** What a network makes of a sample, as a sentence. */
export function describePrediction({ label, probabilities }: Prediction, classes: readonly string[]): string {
  const certainty = probabilities[label] ?? 0;
  const unsure = certainty < UNSURE_BELOW ? 'Not sure, perhaps' : 'This is';
  return `${unsure} ${classes[label] ?? label}, ${percent(certainty)}`;
}
