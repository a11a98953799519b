/**
 * The first layer of per-sample SGD, with updates that stay pending until the weights are read again. A sample reads
 * the rows of weights of its non-zero inputs and updates the same rows. Each row therefore has at most one pending
 * update, from the last sample that read it. The next forward pass that reads the row applies the update, which saves a
 * pass over the weights in every step. Each weight receives the same terms in the same order as in linear.ts: results
 * are bit-identical.
 *
 * `pending` {delta: usize, factor: f32} [inputs] holds the update of each input's row: factor · delta[o] for every
 * output o. The deltas are kept while a row refers to them. A row without an update has a delta of zeros and the factor
 * -0: w + -0 is w for every w. A touch {index: u32, delta: usize, factor: f32, value: f32} is one non-zero input of a
 * sample.
 */
import { Layer, Network } from './records';
import { ENTRY_BYTES, entryIndex, entryValue, Sparse } from './sparse';
import { forEachTile, storePair, storeRow, VECTOR_BYTES } from './tile';

/** Samples whose deltas are kept. Then all pending updates are applied. */
export const PENDING_SAMPLES: u32 = 64;

export const TOUCH_BYTES: u32 = 16;
export const PENDING_BYTES: u32 = 8;

/** Leaves no update pending. `network.pendingDeltas` starts with the delta of zeros. */
export function clearPending(network: Network, inputs: u32): void {
  const end = network.pending + inputs * PENDING_BYTES;
  for (let pending = network.pending; pending < end; pending += PENDING_BYTES) {
    setUpdate(pending, network.pendingDeltas, -0.0);
  }
}

/**
 * Lists the touches of a sample, `entries` [count], with the pending updates of their rows. From then on the update
 * scale · value · `delta` [padded] is pending; `delta` is written later.
 */
export function setPending(network: Network, entries: usize, count: u32, delta: usize, scale: f32): void {
  let touch = network.touches;
  for (const end = entries + count * ENTRY_BYTES; entries < end; entries += ENTRY_BYTES, touch += TOUCH_BYTES) {
    const index = entryIndex(entries);
    const value = entryValue<Sparse>(entries);
    const pending = network.pending + index * PENDING_BYTES;
    setTouch(touch, index, pending, value);
    setUpdate(pending, delta, scale * value);
  }
}

/** Cancels the updates of the sample of `entries`. The updates that were pending before have been applied. */
export function cancelPending(network: Network, entries: usize, count: u32): void {
  for (const end = entries + count * ENTRY_BYTES; entries < end; entries += ENTRY_BYTES) {
    setUpdate(network.pending + entryIndex(entries) * PENDING_BYTES, network.pendingDeltas, -0.0);
  }
}

/** Applies all pending updates. The first layer's output in row 0 is scratch. */
export function flushPending(network: Network, layer: Layer): void {
  let touch = network.touches;
  for (let i: u32 = 0; i < layer.inputs; i++) {
    const pending = network.pending + i * PENDING_BYTES;
    if (load<usize>(pending) == network.pendingDeltas) continue;
    setTouch(touch, i, pending, 0);
    setUpdate(pending, network.pendingDeltas, -0.0);
    touch += TOUCH_BYTES;
  }
  linearForwardPending(network, layer, <u32>(touch - network.touches) / TOUCH_BYTES);
}

/**
 * weight[i][o] += factor_i delta_i,o, then y_o = b_o + Σ_i x_i weight[i][o], for the inputs i of the first `count`
 * touches. The layer's output in row 0 is overwritten.
 */
export function linearForwardPending(network: Network, layer: Layer, count: u32): void {
  const kernel = changetype<ForwardPending>(layer);
  forEachTile(kernel, layer.weight, 0, 0, layer.padded, layer.output, network.touches, count, 0, 0, 0);
}

@unmanaged
class ForwardPending extends Layer {
  tile<V>(
    tile: usize,
    offset: u32,
    y: usize,
    touches: usize,
    count: u32,
    _stride: u32,
    _scale: f32,
    _list: usize,
  ): void {
    const bias = this.bias + offset;
    let y0 = v128.load(bias);
    let y1 = sizeof<V>() > 1 ? v128.load(bias, 16) : y0;
    let y2 = sizeof<V>() > 1 ? v128.load(bias, 32) : y0;
    let y3 = sizeof<V>() > 1 ? v128.load(bias, 48) : y0;
    let y4 = sizeof<V>() > 4 ? v128.load(bias, 64) : y0;
    let y5 = sizeof<V>() > 4 ? v128.load(bias, 80) : y0;
    let y6 = sizeof<V>() > 4 ? v128.load(bias, 96) : y0;
    let y7 = sizeof<V>() > 4 ? v128.load(bias, 112) : y0;
    for (const end = touches + count * TOUCH_BYTES; touches < end; touches += TOUCH_BYTES) {
      const row = tile + load<u32>(touches) * VECTOR_BYTES * <u32>sizeof<V>();
      const delta = load<usize>(touches, 4) + offset;
      const factor = v128.load32_splat(touches, 8);
      const x = v128.load32_splat(touches, 12);
      let lower = f32x4.add(v128.load(row), f32x4.mul(factor, v128.load(delta)));
      y0 = f32x4.add(y0, f32x4.mul(x, lower));
      if (sizeof<V>() == 1) {
        v128.store(row, lower);
        continue;
      }
      let upper = f32x4.add(v128.load(row, 16), f32x4.mul(factor, v128.load(delta, 16)));
      y1 = f32x4.add(y1, f32x4.mul(x, upper));
      storePair(row, lower, upper);
      lower = f32x4.add(v128.load(row, 32), f32x4.mul(factor, v128.load(delta, 32)));
      upper = f32x4.add(v128.load(row, 48), f32x4.mul(factor, v128.load(delta, 48)));
      y2 = f32x4.add(y2, f32x4.mul(x, lower));
      y3 = f32x4.add(y3, f32x4.mul(x, upper));
      storePair(row + 32, lower, upper);
      if (sizeof<V>() > 4) {
        lower = f32x4.add(v128.load(row, 64), f32x4.mul(factor, v128.load(delta, 64)));
        upper = f32x4.add(v128.load(row, 80), f32x4.mul(factor, v128.load(delta, 80)));
        y4 = f32x4.add(y4, f32x4.mul(x, lower));
        y5 = f32x4.add(y5, f32x4.mul(x, upper));
        storePair(row + 64, lower, upper);
        lower = f32x4.add(v128.load(row, 96), f32x4.mul(factor, v128.load(delta, 96)));
        upper = f32x4.add(v128.load(row, 112), f32x4.mul(factor, v128.load(delta, 112)));
        y6 = f32x4.add(y6, f32x4.mul(x, lower));
        y7 = f32x4.add(y7, f32x4.mul(x, upper));
        storePair(row + 96, lower, upper);
      }
    }
    storeRow<V>(y, y0, y1, y2, y3, y4, y5, y6, y7);
  }
}

function setTouch(touch: usize, index: u32, pending: usize, value: f32): void {
  store<u32>(touch, index);
  store<u64>(touch, load<u64>(pending), 4);
  store<f32>(touch, value, 12);
}

function setUpdate(pending: usize, delta: usize, factor: f32): void {
  store<usize>(pending, delta);
  store<f32>(pending, factor, sizeof<usize>());
}
