/**
 * Stochastic gradient descent with momentum and weight decay, in the form of torch.optim.SGD
 * (Sutskever, Martens, Dahl and Hinton, 2013, without their factor on the gradient):
 *
 *   g = gradient + weightDecay · w
 *   v = momentum · v + g
 *   w = w - learningRate · v, or with Nesterov's momentum w - learningRate · (g + momentum · v)
 */
import { FLOAT_BYTES } from './tile';

/**
 * One step over all `length` parameters, a multiple of 4. `parameter` and `velocity` are updated, `gradient` is read and set
 * to zero for the next step. Weight decay applies to biases as well, as in PyTorch.
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
  // Of gradient and velocity: without Nesterov 0 and 1, which leave the velocity's bits as they are.
  const ofGradient: f32 = nesterov ? 1 : 0;
  const ofVelocity: f32 = nesterov ? momentum : 1;
  const end = parameter + length * FLOAT_BYTES;
  if (ASC_FEATURE_SIMD) {
    const rate = f32x4.splat(learningRate);
    const inertia = f32x4.splat(momentum);
    const decay = f32x4.splat(weightDecay);
    for (; parameter < end; parameter += 16, velocity += 16, gradient += 16) {
      const w = v128.load(parameter);
      const g = f32x4.add(v128.load(gradient), f32x4.mul(decay, w));
      const v = f32x4.add(f32x4.mul(inertia, v128.load(velocity)), g);
      v128.store(velocity, v);
      const step = f32x4.add(f32x4.mul(f32x4.splat(ofGradient), g), f32x4.mul(f32x4.splat(ofVelocity), v));
      v128.store(parameter, f32x4.sub(w, f32x4.mul(rate, step)));
      v128.store(gradient, f32x4.splat(0));
    }
  } else {
    for (; parameter < end; parameter += 4, velocity += 4, gradient += 4) {
      const w = load<f32>(parameter);
      const g = load<f32>(gradient) + weightDecay * w;
      const v = momentum * load<f32>(velocity) + g;
      store<f32>(velocity, v);
      store<f32>(parameter, w - learningRate * (ofGradient * g + ofVelocity * v));
      store<f32>(gradient, 0);
    }
  }
}
