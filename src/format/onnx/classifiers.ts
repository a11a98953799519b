/** Operators at the end of classifiers: probabilities, labels, and names of classes. */
import type { Call } from './call.ts';
import { requireFloats } from './elementwise.ts';
import { resolveAxis } from './folding.ts';
import { closeExpression, withElementwise, withLinear } from './layers.ts';
import { FLOAT, INT64, STRING } from './messages.ts';
import { type Activations, describeKind, featureCount, formatShape, type Value } from './values.ts';

/** Functions that only outputs have. */
export const PROBABILITIES: ReadonlySet<string> = new Set(['Softmax', 'LogSoftmax', 'pair', 'reversed pair']);

/** Whether an axis has all features of a sample. */
function hasAllFeatures({ shape }: Activations, axis: number): boolean {
  return axis > 0 && shape[axis] !== undefined && featureCount(shape) === shape[axis];
}

/** Before version 13, the axes from `axis` on are one, and `axis` is 1 by default. */
export function softmax(call: Call): Activations {
  const x = requireFloats(call, call.activations(0));
  const { shape } = x;
  const axis = resolveAxis(call, call.int('axis', call.opset < 13 ? 1 : -1), shape.length);
  const coerced = axis > 0 && shape.slice(1, axis).every((size) => size === 1);
  if (call.opset < 13 ? !coerced : !hasAllFeatures(x, axis)) {
    call.refuse('the axis of the classes', `axis ${axis} of ${formatShape(shape)}`);
  }
  return endWith(call, x, call.node.type);
}

function endWith(call: Call, given: Activations, name: string): Activations {
  const x = closeExpression(given);
  const linear = x.functions.at(-1) === 'identity' && x.linears.length > 0;
  if (!linear) call.refuse('a linear layer before it', x.functions.at(-1) ?? 'none');
  return { ...x, functions: [...x.functions.slice(0, -1), name] };
}

/** The class with the highest probability. */
export function argMax(call: Call): Value {
  const of = closeExpression(requireFloats(call, call.activations(0)));
  const axis = resolveAxis(call, call.int('axis', 0), of.shape.length);
  if (!hasAllFeatures(of, axis)) {
    call.refuse('the axis of the classes', `axis ${axis} of ${formatShape(of.shape)}`);
  }
  const end = of.functions.at(-1) ?? '';
  if (of.waiting.length === 0 && (end === 'identity' || PROBABILITIES.has(end)))
    return { kind: 'label', type: INT64, of };
  return call.refuse('the outputs of the network', 'other numbers');
}

/** The names of labels: ArrayFeatureExtractor, or Gather of names. */
export function nameLabel(call: Call): Value {
  const [names, label] = [call.constant(0, 'names of classes'), call.input(1)];
  if (label.kind !== 'label') return call.refuse('labels', describeKind(label));
  const classes = names.texts.length > 0 ? names.texts : [...names.values].map(String);
  return { ...label, type: names.type, classes };
}

/** A map of probabilities, with the names of the classes. */
export function zipMap(call: Call): Value {
  const x = call.activations(0);
  const [texts = [], numbers = []] = [call.strings('classlabels_strings'), call.ints('classlabels_int64s')];
  const classes = texts.length > 0 ? texts : numbers.map(String);
  return classes.length > 0 ? { ...x, classes, map: true } : call.refuse('names of classes', 'none');
}

/** Probabilities, which add up to 1, divided by their sum. */
export function normalizer(call: Call): Value {
  const x = call.activations(0);
  const last = x.functions.at(-1) ?? '';
  const sum = call.text('norm', 'MAX') === 'L1' && PROBABILITIES.has(last) && last !== 'LogSoftmax';
  return sum ? x : call.refuse('L1 of probabilities that add up to 1', `${call.text('norm', 'MAX')} of other numbers`);
}

/** ai.onnx.ml: labels, and scores W x + b or their probabilities. */
export function linearClassifier(call: Call): readonly Value[] {
  const x = call.activations(0);
  const [weights, intercepts] = [call.floats('coefficients') ?? [], call.floats('intercepts') ?? []];
  const [texts = [], numbers = []] = [call.strings('classlabels_strings'), call.ints('classlabels_ints')];
  const classes = texts.length > 0 ? texts : numbers.map(String);
  const outputs = intercepts.length;
  const inputs = weights.length / outputs;
  const transform = call.text('post_transform', 'NONE');
  if (outputs < 2 || outputs !== classes.length || !Number.isInteger(inputs) || x.shape.length !== 2) {
    call.refuse('coefficients, an intercept and a name for each class, 2 or more', 'others');
  }
  const linear = { inputs, outputs, weight: Float64Array.from(weights), bias: Float64Array.from(intercepts) };
  const scores = withLinear(call, { ...x, type: FLOAT }, linear);
  const named = { ...transformScores(call, scores, transform), classes };
  return [{ kind: 'label', type: texts.length > 0 ? STRING : INT64, of: named, classes }, named];
}

function transformScores(call: Call, scores: Activations, transform: string): Activations {
  if (transform === 'NONE') return scores;
  if (transform === 'SOFTMAX') return endWith(call, scores, 'Softmax');
  const { weight, bias, outputs } = scores.linears.at(-1) ?? call.refuse('a linear layer', 'none');
  const half = weight.length / 2;
  const mirrored =
    bias[0] === -(bias[1] ?? 0) && weight.subarray(0, half).every((w, i) => w === -(weight[half + i] ?? 0));
  if (transform !== 'LOGISTIC' || outputs !== 2 || !mirrored) {
    call.refuse('post_transform NONE or SOFTMAX, or LOGISTIC of scores -z and z', `${transform} of ${outputs} scores`);
  }
  // [σ(-z), σ(z)] is the softmax of [-z / 2, z / 2].
  return endWith(call, withElementwise(call, scores, [{ type: 'Mul', by: Float64Array.of(0.5) }]), 'Softmax');
}
