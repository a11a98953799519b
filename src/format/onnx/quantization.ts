/** int8 weights of QDQ graphs: DequantizeLinear of constants. */
import type { Call } from './call.ts';
import { constantValue, isFloat } from './folding.ts';
import { INT8, INT32, UINT8 } from './messages.ts';
import type { Constant, Levels } from './tensors.ts';
import { formatShape, type Value } from './values.ts';

/** (x - zero point) · scale, with one scale for all numbers, or one for each size of an axis. */
export function dequantizeLinear(call: Call): Value {
  const x = call.constant(0, 'quantized weights');
  if (![INT8, UINT8, INT32].includes(x.type)) call.refuse('weights of int8, uint8 or int32', formatShape(x.shape));
  const { scales, zeros, axis, type, index } = readScales(call, x);
  const values = x.values.map((q, k) => q - (zeros[index(k)] ?? 0));
  const weights = constantValue(
    type,
    x.shape,
    values.map((level, k) => Math.fround(level * (scales[index(k)] ?? 0))),
  );
  const levels: Levels = { values, scales, axis };
  return weights.kind === 'constant' ? { ...weights, constant: { ...weights.constant, levels } } : weights;
}

/** The nearest integers, of two the even one, within the range of their type. */
export function quantizeLinear(call: Call): Value {
  const x = call.constant(0, 'weights, as rounded activations are not supported,');
  if (!isFloat(x.type)) call.refuse('float weights', 'others');
  const zero = call.input(2);
  const type = zero.kind === 'constant' ? zero.constant.type : UINT8;
  if (type !== INT8 && type !== UINT8) call.refuse('int8 or uint8', 'another type');
  const { scales, zeros, index } = readScales(call, x);
  const [least, greatest] = type === INT8 ? [-128, 127] : [0, 255];
  const round = (value: number, k: number) => roundEven(value / (scales[index(k)] ?? 1)) + (zeros[index(k)] ?? 0);
  return constantValue(
    type,
    x.shape,
    x.values.map((value, k) => Math.min(Math.max(round(value, k), least), greatest)),
  );
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

function readScales(call: Call, { shape }: Constant) {
  const scale = call.constant(1, 'a scale');
  const zero = call.input(2).kind === 'absent' ? undefined : call.constant(2, 'a zero point');
  const single = scale.shape.length === 0 || (scale.shape.length === 1 && scale.values.length === 1);
  const given = call.int('axis', 1);
  const axis = single ? undefined : given < 0 ? given + shape.length : given;
  const fits = axis === undefined || (scale.shape.length === 1 && scale.values.length === shape[axis]);
  const same = zero === undefined || zero.shape.join() === scale.shape.join();
  if (!fits || !same || !isFloat(scale.type) || call.int('block_size', 0) !== 0) {
    call.refuse('one scale and zero point, or one for each size of an axis', formatShape(scale.shape));
  }
  const stride = shape.slice((axis ?? 0) + 1).reduce((product, size) => product * size, 1);
  const index = (k: number) => (axis === undefined ? 0 : Math.floor(k / stride) % (shape[axis] ?? 1));
  return { scales: scale.values, zeros: zero?.values ?? new Float64Array(), axis, type: scale.type, index };
}
