/**
 * Stochastic gradient descent with momentum and weight decay, in the form of torch.optim.SGD
 * (Sutskever, Martens, Dahl and Hinton, 2013, without their factor on the gradient):
 *
 *   g = gradient + weightDecay · w
 *   v = momentum · v + g
 *   w = w - learningRate · v, or with Nesterov's momentum w - learningRate · (g + momentum · v)
 */
import { FLOAT_BYTES, VECTOR_BYTES } from './tile';

/**
 * One step over `length` parameters, a multiple of 4. `parameter` and `velocity` are updated; `gradient` is read and
 * set to zero for the next step. Weight decay applies to biases as well, as in PyTorch.
 */
export function sgdStep(
  parameter: usize,
  velocity: usize,
  gradient: usize,
  learningRate: f32,
  momentum: f32,
  weightDecay: f32,
  nesterov: bool,
  length: u32,
): void {
  assert(length % 4 == 0, 'parameters without whole vectors');
  const rate = f32x4.splat(learningRate);
  const inertia = f32x4.splat(momentum);
  const decay = f32x4.splat(weightDecay);
  // Without Nesterov's momentum the step is 0 g + 1 v, which has the bits of v.
  const gradientShare = f32x4.splat(nesterov ? 1 : 0);
  const velocityShare = f32x4.splat(nesterov ? momentum : 1);
  const end = parameter + length * FLOAT_BYTES;
  for (; parameter < end; parameter += VECTOR_BYTES, velocity += VECTOR_BYTES, gradient += VECTOR_BYTES) {
    const w = v128.load(parameter);
    const g = f32x4.add(v128.load(gradient), f32x4.mul(decay, w));
    const v = f32x4.add(f32x4.mul(inertia, v128.load(velocity)), g);
    v128.store(velocity, v);
    const step = f32x4.add(f32x4.mul(gradientShare, g), f32x4.mul(velocityShare, v));
    v128.store(parameter, f32x4.sub(w, f32x4.mul(rate, step)));
    v128.store(gradient, f32x4.splat(0));
  }
}
