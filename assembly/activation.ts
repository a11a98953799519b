/** Activations of rows of memory, and the gradients with respect to their inputs. */
import { Elu, LeakyRelu, Relu, Sigmoid, Softplus, Tanh } from './activation-kinds';
import { Gelu, GeluTanh, Silu } from './gated-units';
import {
  ACTIVATION_ELU,
  ACTIVATION_GELU,
  ACTIVATION_GELU_TANH,
  ACTIVATION_LEAKY_RELU,
  ACTIVATION_RELU,
  ACTIVATION_SIGMOID,
  ACTIVATION_SILU,
  ACTIVATION_SOFTPLUS,
  ACTIVATION_TANH,
} from './records';
import { FLOAT_BYTES, PAIR_BYTES, storePair, VECTOR_BYTES } from './tile';

/** Whether the slope of an activation does not follow from its value. */
export function isGated(activation: u32): bool {
  return activation == ACTIVATION_GELU || activation == ACTIVATION_GELU_TANH || activation == ACTIVATION_SILU;
}

/** Applies an activation to `y` [length], in place. `length` is a multiple of 8. */
export function activate(activation: u32, y: usize, length: u32): void {
  if (activation == ACTIVATION_SIGMOID) forwardAll(changetype<Sigmoid>(0), y, length);
  else if (activation == ACTIVATION_TANH) forwardAll(changetype<Tanh>(0), y, length);
  else if (activation == ACTIVATION_RELU) forwardAll(changetype<Relu>(0), y, length);
  else if (activation == ACTIVATION_LEAKY_RELU) forwardAll(changetype<LeakyRelu>(0), y, length);
  else if (activation == ACTIVATION_ELU) forwardAll(changetype<Elu>(0), y, length);
  else if (activation == ACTIVATION_SOFTPLUS) forwardAll(changetype<Softplus>(0), y, length);
  else if (isGated(activation)) activateGated(activation, y, 0, length);
}

/** `activate` that also writes the derivative dy/dx to `slopes` [length]. */
export function activateWithSlopes(activation: u32, y: usize, slopes: usize, length: u32): void {
  if (isGated(activation)) {
    activateGated(activation, y, slopes, length);
    return;
  }
  activate(activation, y, length);
  fillOnes(slopes, length);
  activateBackward(activation, slopes, y, length);
}

/**
 * From the gradient with respect to y to the gradient with respect to x: `delta` [length] in place, `y` [length] is
 * read. For activations that are not gated.
 */
export function activateBackward(activation: u32, delta: usize, y: usize, length: u32): void {
  assert(!isGated(activation), 'the slope of the activation does not follow from its value');
  if (activation == ACTIVATION_SIGMOID) backwardAll(changetype<Sigmoid>(0), delta, y, length);
  else if (activation == ACTIVATION_TANH) backwardAll(changetype<Tanh>(0), delta, y, length);
  else if (activation == ACTIVATION_RELU) backwardAll(changetype<Relu>(0), delta, y, length);
  else if (activation == ACTIVATION_LEAKY_RELU) backwardAll(changetype<LeakyRelu>(0), delta, y, length);
  else if (activation == ACTIVATION_ELU) backwardAll(changetype<Elu>(0), delta, y, length);
  else if (activation == ACTIVATION_SOFTPLUS) backwardAll(changetype<Softplus>(0), delta, y, length);
}

function fillOnes(target: usize, length: u32): void {
  const ones = f32x4.splat(1);
  for (const end = target + length * FLOAT_BYTES; target < end; target += PAIR_BYTES) storePair(target, ones, ones);
}

/** `activateBackward` with the slopes that the forward pass wrote. */
export function multiplySlopes(delta: usize, slopes: usize, length: u32): void {
  for (const end = delta + length * FLOAT_BYTES; delta < end; delta += PAIR_BYTES, slopes += PAIR_BYTES) {
    const lower = f32x4.mul(v128.load(delta), v128.load(slopes));
    storePair(delta, lower, f32x4.mul(v128.load(delta, 16), v128.load(slopes, 16)));
  }
}

function activateGated(activation: u32, y: usize, slopes: usize, length: u32): void {
  if (activation == ACTIVATION_SILU) forwardGated(changetype<Silu>(0), y, slopes, length);
  else if (activation == ACTIVATION_GELU) forwardGated(changetype<Gelu>(0), y, slopes, length);
  else forwardGated(changetype<GeluTanh>(0), y, slopes, length);
}

function forwardAll<Activation>(activation: Activation, y: usize, length: u32): void {
  for (const end = y + length * FLOAT_BYTES; y < end; y += PAIR_BYTES) {
    storePair(y, activation.forward(v128.load(y)), activation.forward(v128.load(y, 16)));
  }
}

function backwardAll<Activation>(activation: Activation, delta: usize, y: usize, length: u32): void {
  for (const end = delta + length * FLOAT_BYTES; delta < end; delta += VECTOR_BYTES, y += VECTOR_BYTES) {
    v128.store(delta, activation.backward(v128.load(delta), v128.load(y)));
  }
}

/** y = x g(x), in place. Writes the slopes, unless their address is 0. */
function forwardGated<Unit>(unit: Unit, y: usize, slopes: usize, length: u32): void {
  for (const end = y + length * FLOAT_BYTES; y < end; y += PAIR_BYTES) {
    const lower = v128.load(y);
    const upper = v128.load(y, 16);
    const lowerGate = unit.gate(lower);
    const upperGate = unit.gate(upper);
    if (slopes) {
      storePair(slopes, unit.slope(lower, lowerGate), unit.slope(upper, upperGate));
      slopes += PAIR_BYTES;
    }
    storePair(y, f32x4.mul(lower, lowerGate), f32x4.mul(upper, upperGate));
  }
}
