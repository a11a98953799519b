/**
 * The update of parameters from their gradient: the choice of the optimizer, and clipping of the gradient by its norm.
 */
import { adamStep } from './adam';
import { Network, OPTIMIZER_SGD, Trainer } from './records';
import { sgdStep } from './sgd';
import { barrier, shareStart, teamSize } from './team';
import { FLOAT_BYTES, PAIR_BYTES } from './tile';

/** At the start of a step: from beta^(t-1) to beta^t. Products round alike on every host, powers may not. */
export function advancePowers(trainer: Trainer): void {
  trainer.power1 *= trainer.beta1;
  trainer.power2 *= trainer.beta2;
}

/** One step of the optimizer over `length` parameters, a multiple of 8, with scale · `gradient`, which becomes zero. */
export function updateParameters(
  trainer: Trainer,
  network: Network,
  parameters: usize,
  gradient: usize,
  scale: f32,
  length: u32,
): void {
  const offset = parameters - network.parameters;
  const velocity = network.velocity + offset;
  if (trainer.optimizer != OPTIMIZER_SGD) {
    adamStep(trainer, parameters, velocity, network.secondMoment + offset, gradient, scale, length);
    return;
  }
  sgdStep(
    parameters,
    velocity,
    gradient,
    scale,
    trainer.learningRate,
    trainer.momentum,
    trainer.weightDecay,
    trainer.nesterov != 0,
    length,
  );
}

/**
 * One step with the network's whole gradient, scaled as in torch.nn.utils.clip_grad_norm_: its norm is at most
 * `clipNorm` (Pascanu, Mikolov and Bengio, 2013, algorithm 1). Every member computes the norm of all parameters, in the
 * same order, and updates its share of them.
 */
export function updateClipped(trainer: Trainer, network: Network, team: usize, member: u32): void {
  const members = teamSize(team);
  const pairs = (network.parameterLength * FLOAT_BYTES) / PAIR_BYTES;
  const offset = shareStart(pairs, member, members) * PAIR_BYTES;
  const length = (shareStart(pairs, member + 1, members) * PAIR_BYTES - offset) / FLOAT_BYTES;
  barrier(team);
  const norm = sqrt<f64>(sumSquares(network.gradient, network.parameterLength));
  barrier(team);
  const scale = <f32>min<f64>(<f64>trainer.clipNorm / (norm + 1e-6), 1);
  updateParameters(trainer, network, network.parameters + offset, network.gradient + offset, scale, length);
}

/** Σ value² in float64, over `length` float32 numbers, a multiple of 8. */
function sumSquares(values: usize, length: u32): f64 {
  let lower = f64x2.splat(0);
  let upper = f64x2.splat(0);
  for (const end = values + length * FLOAT_BYTES; values < end; values += 16) {
    const a = f64x2.promote_low_f32x4(v128.load64_zero(values));
    const b = f64x2.promote_low_f32x4(v128.load64_zero(values, 8));
    lower = f64x2.add(lower, f64x2.mul(a, a));
    upper = f64x2.add(upper, f64x2.mul(b, b));
  }
  const sums = f64x2.add(lower, upper);
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}
