/** Outputs of regressions: numbers, and the scaling of targets after the last layer. */
import { type Target, unscaledTargets } from '../../core/targets.ts';
import { absorbAfter, closeExpression } from './layers.ts';
import { chooseOutput, type Output } from './outputs.ts';
import { type Activations, badModel, type Elementwise } from './values.ts';

/** Standardised targets · standardDeviation + mean, in float32. */
export function targetSteps(targets: readonly Target[]): readonly Elementwise[] {
  return [
    { type: 'Mul', by: Float64Array.from(targets, ({ standardDeviation }) => Math.fround(standardDeviation)) },
    { type: 'Add', by: Float64Array.from(targets, ({ mean }) => Math.fround(mean)) },
  ];
}

/**
 * The network of a regression, and its targets. Files of this program have an output before the scaling of the targets
 * that their metadata state; the targets of other files are not scaled. Throws EdgeMlpError "bad-model".
 */
export function chooseValues(
  outputs: readonly Output[],
  stated: readonly Target[] | undefined,
): { network: Activations; targets: readonly Target[] } {
  const [values, plain] = outputs.map(({ value }) =>
    value.kind === 'activations' ? closeExpression(value) : undefined,
  );
  if (stated !== undefined && values !== undefined && plain !== undefined && isScaled(values, plain, stated)) {
    return { network: plain, targets: stated };
  }
  const { network } = chooseOutput(outputs);
  const count = network.linears.at(-1)?.outputs ?? 0;
  if (network.functions.at(-1) !== 'identity' || outputs.some(({ value }) => value.kind === 'label')) {
    throw badModel('outputs', 'numbers of a regression', 'classes or an activation');
  }
  const names =
    stated?.length === count ? stated.map(({ name }) => name) : Array.from({ length: count }, (_, i) => String(i));
  return { network, targets: unscaledTargets(names) };
}

function isScaled(values: Activations, plain: Activations, targets: readonly Target[]): boolean {
  const [last, scaled] = [plain.linears.at(-1), values.linears.at(-1)];
  if (last === undefined || scaled === undefined || last.outputs !== targets.length) return false;
  const expected = targetSteps(targets).reduce(absorbAfter, last);
  const earlier = plain.linears.slice(0, -1).every((linear, l) => linear === values.linears[l]);
  const same = (a: Float64Array, b: Float64Array) => a.length === b.length && a.every((each, i) => each === b[i]);
  const functions = values.functions.join() === plain.functions.join();
  return earlier && functions && same(expected.weight, scaled.weight) && same(expected.bias, scaled.bias);
}
