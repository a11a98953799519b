/**
 * Softmax and cross-entropy, both computed from the logits: y_o = e^{z_o} / Σ e^{z_j}, l = -log y_label, or
 * l = -Σ t_o log y_o for target probabilities t. The maximum m of the logits is subtracted, so that no exponential
 * overflows, and the loss is never the logarithm of a rounded probability: l = log Σ e^{z_j - m} - (z_label - m).
 */
import { exp4, log } from './exp';
import { FLOAT_BYTES, VECTOR_BYTES } from './tile';

/**
 * `probabilities` [padded to 4] is overwritten, its padding with zeros. `logits` [padded to 4, the padding is ignored]
 * is read. They may be the same. Returns log Σ e^{z_j}, the logarithm of the normaliser.
 */
export function softmaxForward(probabilities: usize, logits: usize, classes: u32): f64 {
  let maximum = load<f32>(logits);
  for (let o: u32 = 1; o < classes; o++) maximum = max<f32>(maximum, load<f32>(logits + o * FLOAT_BYTES));
  const padded = (classes + 3) & ~3;
  const maxima = f32x4.splat(maximum);
  for (let offset: u32 = 0; offset < padded * FLOAT_BYTES; offset += VECTOR_BYTES) {
    v128.store(probabilities + offset, exp4(f32x4.sub(v128.load(logits + offset), maxima)));
  }
  let sum: f64 = 0;
  for (let o: u32 = 0; o < classes; o++) sum += load<f32>(probabilities + o * FLOAT_BYTES);
  const factor = f32x4.splat(<f32>(1 / sum));
  for (let offset: u32 = 0; offset < padded * FLOAT_BYTES; offset += VECTOR_BYTES) {
    v128.store(probabilities + offset, f32x4.mul(v128.load(probabilities + offset), factor));
  }
  // After the last vector load: a load that follows smaller stores to the same bytes waits for them.
  for (let o = classes; o < padded; o++) store<f32>(probabilities + o * FLOAT_BYTES, 0);
  return <f64>maximum + <f64>log(<f32>sum);
}

/** Loss of one sample, in nats, from its `logits` [classes] and the `logNormaliser` that `softmaxForward` returned. */
export function crossEntropyForward(logits: usize, logNormaliser: f64, label: u32): f64 {
  return logNormaliser - <f64>load<f32>(logits + label * FLOAT_BYTES);
}

/** l = log Σ e^{z_j} - z_label  =>  dz_o = y_o - [o = label], in place of the probabilities `y` [classes]. */
export function softmaxCrossEntropyBackward(y: usize, label: u32, classes: u32): void {
  assert(label < classes, 'label out of range');
  const target = y + label * FLOAT_BYTES;
  store<f32>(target, load<f32>(target) - 1);
}

/**
 * `crossEntropyForward` for the target probabilities `t` [classes]: l = Σ t_o (log Σ e^{z_j} - z_o). For a t of one 1 and
 * zeros it has the bits of `crossEntropyForward`.
 */
export function softCrossEntropyForward(logits: usize, logNormaliser: f64, t: usize, classes: u32): f64 {
  let sum: f64 = 0;
  for (let o: u32 = 0; o < classes; o++) {
    sum += <f64>load<f32>(t + o * FLOAT_BYTES) * crossEntropyForward(logits, logNormaliser, o);
  }
  return sum;
}

/** l = Σ t_o (log Σ e^{z_j} - z_o), Σ t_o = 1  =>  dz_o = y_o - t_o, in place of the probabilities `y` [classes]. */
export function softmaxSoftCrossEntropyBackward(y: usize, t: usize, classes: u32): void {
  for (let offset: u32 = 0; offset < classes * FLOAT_BYTES; offset += FLOAT_BYTES) {
    store<f32>(y + offset, load<f32>(y + offset) - load<f32>(t + offset));
  }
}

/** Index of the largest of `values` [length], the first of equals. */
export function argmax(values: usize, length: u32): u32 {
  let best: u32 = 0;
  let largest = load<f32>(values);
  for (let i: u32 = 1; i < length; i++) {
    const value = load<f32>(values + i * FLOAT_BYTES);
    if (value > largest) {
      largest = value;
      best = i;
    }
  }
  return best;
}
