/** Values of the targets of a regression, in the units of its training data. */
import type { Inputs } from '../../src/core/dataset.ts';
import { nameTargets, unscaleTargets } from '../../src/core/targets.ts';
import { createElement } from '../dom.ts';
import { formatSignificant } from '../format.ts';
import type { BrowserNetwork } from '../network.ts';

/** The sentence names this many targets; the list below it has all of them. */
const MAX_NAMED = 3;

/** The value of each target under its name, as in the service's answer. */
export type TargetValues = Readonly<Record<string, number>>;

/** Predicts one sample. Throws EdgeMlpError "bad-shape" or "not-finite". */
export function predictTargets({ mlp, info: { targets = [] } }: BrowserNetwork, inputs: Inputs): TargetValues {
  return nameTargets(unscaleTargets(mlp.predictValues(inputs), targets), targets);
}

/** `price 22.5, area 80`. */
export function describeTargets(values: TargetValues): string {
  const entries = Object.entries(values);
  const named = entries.slice(0, MAX_NAMED).map(([name, value]) => `${name} ${formatSignificant(value)}`);
  const more = entries.length - MAX_NAMED;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Lists the values, unless the sentence with the only one is enough. */
export function listTargets(list: HTMLElement, values: TargetValues): void {
  const entries = Object.entries(values);
  list.hidden = entries.length < 2;
  list.replaceChildren(
    ...entries.map(([name, value]) =>
      createElement('div', createElement('dt', name), createElement('dd', formatSignificant(value))),
    ),
  );
}
