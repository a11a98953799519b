/**
 * Stochastic gradient descent with momentum and weight decay, in the form of torch.optim.SGD
 * (Sutskever, Martens, Dahl and Hinton, 2013, without their factor on the gradient):
 *
 *   g = scale · gradient + weightDecay · w
 *   v = momentum · v + g
 *   w = w - learningRate · v, or with Nesterov's momentum w - learningRate · (g + momentum · v)
 */
import { FLOAT_BYTES, PAIR_BYTES, storePair } from './tile';

/**
 * One step over `length` parameters, a multiple of 8. `parameter` and `velocity` are updated; `gradient` is read and
 * set to zero for the next step. Weight decay applies to biases as well, as in PyTorch.
 */
export function sgdStep(
  parameter: usize,
  velocity: usize,
  gradient: usize,
  scale: f32,
  learningRate: f32,
  momentum: f32,
  weightDecay: f32,
  nesterov: bool,
  length: u32,
): void {
  assert(length % 8 == 0, 'parameters without whole pairs');
  const factor = f32x4.splat(scale);
  const rate = f32x4.splat(learningRate);
  const inertia = f32x4.splat(momentum);
  const decay = f32x4.splat(weightDecay);
  // Without Nesterov's momentum the step is 0 g + 1 v, which has the bits of v.
  const gradientShare = f32x4.splat(nesterov ? 1 : 0);
  const velocityShare = f32x4.splat(nesterov ? momentum : 1);
  const zero = f32x4.splat(0);
  const end = parameter + length * FLOAT_BYTES;
  for (; parameter < end; parameter += PAIR_BYTES, velocity += PAIR_BYTES, gradient += PAIR_BYTES) {
    const w0 = v128.load(parameter);
    const w1 = v128.load(parameter, 16);
    const g0 = f32x4.add(f32x4.mul(factor, v128.load(gradient)), f32x4.mul(decay, w0));
    const g1 = f32x4.add(f32x4.mul(factor, v128.load(gradient, 16)), f32x4.mul(decay, w1));
    const v0 = f32x4.add(f32x4.mul(inertia, v128.load(velocity)), g0);
    const v1 = f32x4.add(f32x4.mul(inertia, v128.load(velocity, 16)), g1);
    const step0 = f32x4.add(f32x4.mul(gradientShare, g0), f32x4.mul(velocityShare, v0));
    const step1 = f32x4.add(f32x4.mul(gradientShare, g1), f32x4.mul(velocityShare, v1));
    storePair(velocity, v0, v1);
    storePair(parameter, f32x4.sub(w0, f32x4.mul(rate, step0)), f32x4.sub(w1, f32x4.mul(rate, step1)));
    storePair(gradient, zero, zero);
  }
}
