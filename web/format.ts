/** Numbers, names and predictions as text. */
import { formatNumber } from '../src/core/errors.ts';
import type { Prediction } from '../src/core/mlp.ts';
import { formatConfidence as formatProbability } from '../src/core/recognition.ts';

/** Predictions below this probability are marked as uncertain. */
const UNCERTAIN_BELOW = 0.6;

/** `0.812` as `81.2 %`, with a no-break space. */
export function formatPercent(share: number): string {
  return `${(100 * share).toFixed(1)}\u00a0%`;
}

/** `1234.5` as `1,235`. */
export function formatInteger(value: number): string {
  return formatNumber(Math.round(value));
}

/** The digits that float32 has: `22.53279`. */
export function formatSignificant(value: number): string {
  return String(Number(value.toPrecision(7)));
}

/** `1 epoch`, `3 epochs`, `2 classes`. */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatInteger(count)} ${count === 1 ? noun : plural}`;
}

/** `239 KB`, `1.2 MB`, in powers of 1024. */
export function formatBytes(bytes: number): string {
  const kilobytes = bytes / 1024;
  return kilobytes < 1000 ? `${Math.max(1, Math.round(kilobytes))} KB` : `${(kilobytes / 1024).toFixed(1)} MB`;
}

/** A time as ISO 8601 in the user's time zone and language, without the time of day. */
export function formatDate(time: string): string {
  return new Date(time).toLocaleDateString([], { dateStyle: 'medium' });
}

/** The first 8 of the characters of a job's or learner's id, which an id of this browser has after `local-`. */
export function shortenId(id: string): string {
  return id.replace(/^local-/, '').slice(0, 8);
}

export function areDigits(classes: readonly string[]): boolean {
  return classes.length === 10 && classes.every((name, label) => name === String(label));
}

/** A probability as in the command, with no-break spaces. */
export function formatConfidence(probability: number): string {
  return formatProbability(probability).replaceAll(' ', '\u00a0');
}

/** `7 (81.2 %)`. */
export function formatPrediction({ label, probabilities }: Prediction, classes: readonly string[]): string {
  return `${classes[label] ?? label} (${formatConfidence(probabilities[label] ?? 0)})`;
}

/** `Looks like a 7 · 81.2 % sure`, or `Maybe virginica · 51.2 % sure`. */
export function describePrediction(prediction: Prediction, classes: readonly string[]): string {
  const probability = prediction.probabilities[prediction.label] ?? 0;
  const verb = probability >= UNCERTAIN_BELOW ? 'Looks like' : 'Maybe';
  const name = addArticle(classes[prediction.label] ?? String(prediction.label));
  return `${verb} ${name} · ${formatConfidence(probability)} sure`;
}

/** The answer to a sample of no class: `Doesn't look like a digit`. */
export function describeRejection(classes: readonly string[]): string {
  if (areDigits(classes)) return "Doesn't look like a digit";
  const letters = classes.every((name) => /^\p{L}$/u.test(name));
  return letters ? "Doesn't look like a letter" : "Doesn't look like any of the classes";
}

/** `a 7`, `an 8`, `an M`; longer names get no article. */
export function addArticle(name: string): string {
  if (name.length > 1) return name;
  return `${/[8aefhilmnorsx]/i.test(name) ? 'an' : 'a'} ${name}`;
}
