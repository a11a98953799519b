/**
 * Kernels that only tests and benchmarks call directly, in kernels.testing.wasm and kernels.debug.wasm with the
 * exports of index.ts. Neither file is published. Arguments that are a Layer or a Network are addresses of records.
 */
import { linearBackwardWeight } from './linear';
import { linearForwardInt8 } from './linear-int8';
import { Layer, Network } from './records';
import { Dense, Sparse } from './sparse';

export { activate, activateBackward, activateWithSlopes } from './activation';
export { adamStep } from './adam';
export { exp, log } from './exp';
export {
  linearBackwardBias,
  linearBackwardInput,
  linearBackwardWeightColumns,
  linearBackwardWeightRows,
  linearForward,
  linearForwardSparse,
  packPairs,
} from './linear';
export { cancelPending, clearPending, flushPending, linearForwardPending, setPending } from './linear-pending';
export { layerAt } from './network';
export { randomBelow, randomBits, randomUniform } from './random';
export { addErrors, regressionBackward, regressionForward } from './regression-loss';
export { sgdStep } from './sgd';
export {
  argmax,
  crossEntropyForward,
  softCrossEntropyForward,
  softmaxCrossEntropyBackward,
  softmaxForward,
  softmaxSoftCrossEntropyBackward,
} from './softmax-cross-entropy';
export { gather, transposeEntries, widenBytes } from './sparse';
export { paddedColumns, tiledColumns } from './tile';

export const LAYER_BIAS: u32 = offsetof<Layer>('bias');
export const LAYER_OUTPUT: u32 = offsetof<Layer>('output');
export const LAYER_WEIGHT: u32 = offsetof<Layer>('weight');
export const NETWORK_PENDING_DELTAS: u32 = offsetof<Network>('pendingDeltas');

export function linearBackwardWeightDense(layer: Layer, dweight: usize, x: usize, dy: usize, scale: f32): void {
  linearBackwardWeight<Dense>(layer, dweight, x, layer.inputs, dy, scale, 0, layer.padded);
}

export function linearBackwardWeightSparse(
  layer: Layer,
  dweight: usize,
  entries: usize,
  count: u32,
  dy: usize,
  scale: f32,
): void {
  linearBackwardWeight<Sparse>(layer, dweight, entries, count, dy, scale, 0, layer.padded);
}

export function linearForwardInt8Dense(layer: Layer, y: usize, x: usize, pairs: usize): void {
  linearForwardInt8<Dense>(layer, y, x, layer.inputs, pairs);
}

export function linearForwardInt8Sparse(layer: Layer, y: usize, entries: usize, count: u32, pairs: usize): void {
  linearForwardInt8<Sparse>(layer, y, entries, count, pairs);
}
