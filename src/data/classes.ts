/** Classes from labels. */
import { EdgeMlpError, formatNumber, listNames } from '../core/errors.ts';

/** A column with more different labels is probably a column of numbers. */
export const MOST_CLASSES = 1000;

/** Throws EdgeMlpError "bad-data" for fewer than two or more than 1,000 classes. */
export function checkClasses(classes: readonly string[], name: string): void {
  if (classes.length < 2) {
    throw new EdgeMlpError('bad-data', `${name}: expected at least two classes, got ${listNames(classes)}`);
  }
  checkMostClasses(classes.length, name);
}

export function checkMostClasses(classes: number, name: string): void {
  if (classes <= MOST_CLASSES) return;
  const got = `${formatNumber(classes)} different labels: is the right column named?`;
  throw new EdgeMlpError('bad-data', `${name}: expected at most ${formatNumber(MOST_CLASSES)} classes, got ${got}`);
}

/** Distinct labels in the order of the classes: numbers by value, then texts. */
export function sortClasses(labels: Iterable<string>): string[] {
  return [...new Set(labels)].sort(compareLabels);
}

/** Texts by code unit: an order by locale would differ between machines. */
function compareLabels(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y) && x !== y) return x - y;
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
  return a < b ? -1 : Number(a > b);
}
