/**
 * Adam (Kingma and Ba, 2015, algorithm 1) and AdamW (Loshchilov and Hutter, 2019, algorithm 2), in the form of
 * torch.optim.Adam and torch.optim.AdamW. In step t, from 1:
 *
 *   w = (1 - learningRate · weightDecay) · w                           only AdamW
 *   g = scale · gradient, in Adam + weightDecay · w
 *   m = beta1 · m + (1 - beta1) · g
 *   v = beta2 · v + (1 - beta2) · g²
 *   w = w - learningRate / (1 - beta1^t) · m / (√v / √(1 - beta2^t) + epsilon)
 */
import { OPTIMIZER_ADAMW, Trainer } from './records';
import { FLOAT_BYTES, PAIR_BYTES, storePair } from './tile';

/**
 * One step over `length` parameters, a multiple of 8. `parameter` and the moments m and v are updated; `gradient` is
 * read and set to zero for the next step. Scalars are computed in float64: 1 - beta2 in float32 would have 5 digits.
 */
export function adamStep(
  trainer: Trainer,
  parameter: usize,
  m: usize,
  v: usize,
  gradient: usize,
  scale: f32,
  length: u32,
): void {
  assert(length % 8 == 0, 'parameters without whole pairs');
  const decoupled = trainer.optimizer == OPTIMIZER_ADAMW;
  const learningRate: f64 = trainer.learningRate;
  const keep = f32x4.splat(decoupled ? <f32>(1 - learningRate * <f64>trainer.weightDecay) : 1);
  const decay = f32x4.splat(decoupled ? 0 : trainer.weightDecay);
  const factor = f32x4.splat(scale);
  const beta1 = f32x4.splat(<f32>trainer.beta1);
  const beta2 = f32x4.splat(<f32>trainer.beta2);
  const share1 = f32x4.splat(<f32>(1 - trainer.beta1));
  const share2 = f32x4.splat(<f32>(1 - trainer.beta2));
  const rate = f32x4.splat(<f32>(learningRate / (1 - trainer.power1)));
  const correction = f32x4.splat(<f32>(1 / sqrt<f64>(1 - trainer.power2)));
  const epsilon = f32x4.splat(trainer.epsilon);
  const zero = f32x4.splat(0);
  const end = parameter + length * FLOAT_BYTES;
  for (; parameter < end; parameter += PAIR_BYTES, m += PAIR_BYTES, v += PAIR_BYTES, gradient += PAIR_BYTES) {
    const w0 = f32x4.mul(keep, v128.load(parameter));
    const w1 = f32x4.mul(keep, v128.load(parameter, 16));
    const g0 = f32x4.add(f32x4.mul(factor, v128.load(gradient)), f32x4.mul(decay, w0));
    const g1 = f32x4.add(f32x4.mul(factor, v128.load(gradient, 16)), f32x4.mul(decay, w1));
    const m0 = f32x4.add(f32x4.mul(beta1, v128.load(m)), f32x4.mul(share1, g0));
    const m1 = f32x4.add(f32x4.mul(beta1, v128.load(m, 16)), f32x4.mul(share1, g1));
    const v0 = f32x4.add(f32x4.mul(beta2, v128.load(v)), f32x4.mul(f32x4.mul(share2, g0), g0));
    const v1 = f32x4.add(f32x4.mul(beta2, v128.load(v, 16)), f32x4.mul(f32x4.mul(share2, g1), g1));
    const size0 = f32x4.add(f32x4.mul(correction, f32x4.sqrt(v0)), epsilon);
    const size1 = f32x4.add(f32x4.mul(correction, f32x4.sqrt(v1)), epsilon);
    const step0 = f32x4.div(f32x4.mul(rate, m0), size0);
    const step1 = f32x4.div(f32x4.mul(rate, m1), size1);
    storePair(m, m0, m1);
    storePair(v, v0, v1);
    storePair(parameter, f32x4.sub(w0, step0), f32x4.sub(w1, step1));
    storePair(gradient, zero, zero);
  }
}
