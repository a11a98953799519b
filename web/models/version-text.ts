/** Texts about a version of a model. */
import type { Version } from '../../src/client/index.ts';
import { formatCount, formatPercent } from '../format.ts';

/** The measure on test samples and its name, or one text without a measure. */
export function describeScore({ testAccuracy, testR2 }: Version): string[] {
  if (testAccuracy !== null) return [formatPercent(testAccuracy), 'test accuracy'];
  return testR2 === undefined ? ['no test score'] : [testR2.toFixed(4), 'test R²'];
}

/** `10 classes`, or the names of the targets. */
export function describeOutputs({ layers, targets }: Version): string {
  if (targets !== undefined) return targets.join(', ');
  return formatCount(layers.at(-1) ?? 0, 'class', 'classes');
}
