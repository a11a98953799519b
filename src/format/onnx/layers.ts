/** Linear layers, and operations on each feature, which linear layers absorb. */
import { MAX_LAYERS } from '../../core/spec.ts';
import type { Call } from './call.ts';
import { HIDDEN_NAMES, IDENTITY, recognise } from './expressions.ts';
import { type Activations, type Elementwise, type Expression, featureCount, type Linear, refuse } from './values.ts';

/** Limits the work for a small file: each operation is a pass over all weights. */
const MOST_WAITING = 8;

/** Adds a linear layer, which absorbs the operations that wait for it. */
export function withLinear(call: Call, given: Activations, linear: Linear): Activations {
  const value = closeExpression(given);
  const { linears, functions, waiting, shape } = value;
  if (linears.length === MAX_LAYERS - 1) call.refuse(`at most ${MAX_LAYERS - 1} layers of weights`, 'more');
  const last = functions.at(-1);
  if (last !== undefined && !HIDDEN_NAMES.has(last))
    call.refuse('no linear layer behind the outputs', `one after ${last}`);
  const before = linears.at(-1)?.outputs ?? featureCount(shape) ?? linear.inputs;
  if (before !== linear.inputs) call.refuse(`weights for ${before} inputs`, `weights for ${linear.inputs}`);
  const next = { ...value, shape: [...shape.slice(0, -1), linear.outputs], waiting: [], expression: IDENTITY };
  if (linears.length > 0) return { ...next, linears: [...linears, absorbAll(call, waiting, linear)] };
  if (waiting.length === 0) return { ...next, linears: [linear] };
  const { mean, deviation, rest } = findStandardisation(waiting, linear.inputs);
  const changed = mean.some((each) => each !== 0) || deviation.some((each) => each !== 1);
  return { ...next, linears: [absorbAll(call, rest, linear)], ...(changed ? { front: { mean, deviation } } : {}) };
}

/** Ends the function after the last linear layer: an activation, and operations that the next layer absorbs. */
export function closeExpression(value: Activations): Activations {
  const { functions, linears } = value;
  if (value.expression === undefined) return value;
  const { name, steps, last } = splitExpression(value.expression);
  if (name === undefined) {
    const got = 'another function of the outputs of a layer';
    if (last === undefined) throw new TypeError('the output of a linear layer is the identity');
    refuse(last, `one of the activations ${[...HIDDEN_NAMES].join(', ')}`, got);
  }
  const closed = { ...value, functions: [...functions, name], expression: undefined };
  if (name !== 'identity') return { ...closed, waiting: [...steps] };
  return { ...closed, linears: [...linears.slice(0, -1), steps.reduce(absorbAfter, linears.at(-1) ?? NO_LAYER)] };
}

const NO_LAYER: Linear = { inputs: 0, outputs: 0, weight: new Float64Array(), bias: new Float64Array() };

/** An activation, and the operations after it. */
function splitExpression(expression: Expression): {
  name: string | undefined;
  steps: readonly Elementwise[];
  last: Expression['node'];
} {
  const steps: Elementwise[] = [];
  for (let current = expression; ; current = current.before.expression) {
    const name = current === IDENTITY ? 'identity' : recognise(current);
    if (name !== undefined || current.before === undefined) return { name, steps, last: expression.node };
    steps.unshift(...current.before.steps);
  }
}

/** Whether only multiplications and additions followed the last linear layer. */
export function isAffine(expression: Expression): boolean {
  for (let current = expression; ; current = current.before.expression) {
    if (current === IDENTITY) return true;
    if (current.before === undefined) return false;
  }
}

/** Adds operations on each feature: the linear layer before them absorbs them, or they wait for the next one. */
export function withElementwise(call: Call, given: Activations, steps: readonly Elementwise[]): Activations {
  const value = closeExpression(given);
  const { linears, functions, waiting } = value;
  const last = linears.at(-1);
  if (last !== undefined && waiting.length === 0 && functions.at(-1) === 'identity') {
    const open = { ...value, functions: functions.slice(0, -1), expression: IDENTITY };
    return { ...open, linears: [...linears.slice(0, -1), steps.reduce(absorbAfter, last)] };
  }
  if (waiting.length + steps.length > MOST_WAITING) {
    call.refuse(`at most ${MOST_WAITING} operations before a linear layer`, 'more');
  }
  return { ...value, waiting: [...waiting, ...steps] };
}

/** f (W x + b) + d = (f W) x + (f b + d). */
export function absorbAfter(linear: Linear, step: Elementwise): Linear {
  const { inputs, outputs } = linear;
  const { factor, offset } = readStep(step);
  const bias = linear.bias.map((b, o) => b * factor(o) + offset(o));
  if (step.type === 'Add' || step.type === 'Sub') return { ...linear, bias };
  return { inputs, outputs, weight: linear.weight.map((w, k) => w * factor(Math.floor(k / inputs))), bias };
}

/** The last operation on the features is absorbed first. */
function absorbAll(call: Call, steps: readonly Elementwise[], linear: Linear): Linear {
  return [...steps].reverse().reduce((next, step) => absorbBefore(call, next, step), linear);
}

/** W (x · f + d) + b = (W · f) x + (b + W d). */
function absorbBefore(call: Call, linear: Linear, step: Elementwise): Linear {
  const { inputs, outputs, weight, bias } = linear;
  const { by } = step;
  if (by.length !== 1 && by.length !== inputs) call.refuse(`1 or ${inputs} numbers before it`, String(by.length));
  const { factor, offset } = readStep(step);
  const shifted = bias.map((b, o) => {
    let sum = b;
    for (let i = 0; i < inputs; i++) sum += (weight[o * inputs + i] ?? 0) * offset(i);
    return sum;
  });
  if (step.type === 'Add' || step.type === 'Sub') return { ...linear, bias: shifted };
  return { inputs, outputs, weight: weight.map((w, k) => w * factor(k % inputs)), bias: shifted };
}

/** x becomes x · factor + offset. */
function readStep({ type, by }: Elementwise): { factor: (i: number) => number; offset: (i: number) => number } {
  const at = (i: number) => by[by.length === 1 ? 0 : i] ?? Number.NaN;
  return {
    factor: (i) => (type === 'Mul' ? at(i) : type === 'Div' ? 1 / at(i) : 1),
    offset: (i) => (type === 'Add' ? at(i) : type === 'Sub' ? -at(i) : 0),
  };
}

/**
 * Operations on the input as (x - mean) / deviation, and the rest, which the first layer absorbs. A mean in the weights
 * would lose the digits of a small deviation. y = x · multiply / divide + add is sign · (x - mean) / deviation.
 */
function findStandardisation(
  waiting: readonly Elementwise[],
  inputs: number,
): { mean: Float64Array; deviation: Float64Array; rest: readonly Elementwise[] } {
  const row = (value: number) => new Float64Array(inputs).fill(value);
  const [mean, deviation, sign, constant] = [row(0), row(1), row(1), row(0)];
  for (let i = 0; i < inputs; i++) {
    const { shift, multiply, divide, add } = compose(waiting, i);
    const scale = divide / multiply;
    if (multiply === 0) {
      sign[i] = 0;
      constant[i] = add;
    } else {
      mean[i] = shift - add * scale;
      deviation[i] = Math.abs(scale);
      sign[i] = Math.sign(scale);
    }
  }
  const rest: Elementwise[] = [];
  if (sign.some((each) => each !== 1)) rest.push({ type: 'Mul', by: sign });
  if (constant.some((each) => each !== 0)) rest.push({ type: 'Add', by: constant });
  return { mean, deviation, rest };
}

/** The operations on one feature: (x - shift) · multiply / divide + add. */
function compose(waiting: readonly Elementwise[], i: number) {
  let [shift, multiply, divide, add] = [0, 1, 1, 0];
  for (const { type, by } of waiting) {
    const number = by[by.length === 1 ? 0 : i] ?? Number.NaN;
    const untouched = multiply === 1 && divide === 1 && add === 0;
    if (type === 'Sub' && untouched) shift += number;
    else if (type === 'Add' || type === 'Sub') add += type === 'Add' ? number : -number;
    else if (type === 'Mul') [multiply, add] = [multiply * number, add * number];
    else [divide, add] = [divide * number, add / number];
  }
  return { shift, multiply, divide, add };
}
