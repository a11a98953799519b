/**
 * Softmax and cross-entropy, taken together from the logits: y_o = e^{z_o} / Σ e^{z_j}, l = -log y_label. With the greatest
 * logit m removed no exponential overflows, and the loss never is the log of a rounded probability:
 * l = log Σ e^{z_j - m} - (z_label - m).
 */
import { exp, exp4, log } from './exp';
import { copyFloats, FLOAT_BYTES } from './tile';

/**
 * `probabilities` [padded to 4] is overwritten, its padding with zeros; `logits` [padded to 4, whose padding does
 * not count] is read; they may be the same.
 * Returns log Σ e^{z_j}, the logarithm of the normaliser.
 */
export function softmaxForward(probabilities: usize, logits: usize, classes: u32): f64 {
  const greatest = rowMaximum(logits, classes);
  const padded = (classes + 3) & ~3;
  shiftedExp(probabilities, logits, greatest, padded);
  for (let o = classes; o < padded; o++) store<f32>(probabilities + o * FLOAT_BYTES, 0);
  let sum: f64 = 0;
  for (let o: u32 = 0; o < classes; o++) sum += load<f32>(probabilities + o * FLOAT_BYTES);
  const factor = <f32>(1 / sum);
  for (let o: u32 = 0; o < padded; o++) {
    const y = probabilities + o * FLOAT_BYTES;
    store<f32>(y, load<f32>(y) * factor);
  }
  return <f64>greatest + <f64>log(<f32>sum);
}

/** Loss of one sample, in formatNats, from its `logits` [classes] and the `logNormaliser` that `softmaxForward` returned. */
export function crossEntropyForward(logits: usize, logNormaliser: f64, label: u32): f64 {
  return logNormaliser - <f64>load<f32>(logits + label * FLOAT_BYTES);
}

/**
 * l = log Σ e^{z_j} - z_label  =>  dz_o = y_o - [o = label].
 * `dlogits` [padded to 4] is overwritten, `probabilities` [padded to 4, the padding zero] is read; they may be the same.
 */
export function softmaxCrossEntropyBackward(dlogits: usize, probabilities: usize, label: u32, classes: u32): void {
  if (dlogits != probabilities) copyFloats(dlogits, probabilities, (classes + 3) & ~3);
  const target = dlogits + label * FLOAT_BYTES;
  store<f32>(target, load<f32>(target) - 1);
}

/** Index of the greatest of `values` [length], the first of equals. */
export function argmax(values: usize, length: u32): u32 {
  let best: u32 = 0;
  let greatest = load<f32>(values);
  for (let i: u32 = 1; i < length; i++) {
    const value = load<f32>(values + i * FLOAT_BYTES);
    if (value > greatest) {
      greatest = value;
      best = i;
    }
  }
  return best;
}

function rowMaximum(row: usize, length: u32): f32 {
  return load<f32>(row + argmax(row, length) * FLOAT_BYTES);
}

/** y_o = e^(x_o - shift); `length` is a multiple of 4, `shift` at least the greatest x that counts. */
function shiftedExp(y: usize, x: usize, shift: f32, length: u32): void {
  const end = y + length * FLOAT_BYTES;
  if (ASC_FEATURE_SIMD) {
    const shifts = f32x4.splat(shift);
    for (; y < end; y += 16, x += 16) v128.store(y, exp4(f32x4.sub(v128.load(x), shifts)));
  } else {
    for (; y < end; y += FLOAT_BYTES, x += FLOAT_BYTES) store<f32>(y, exp(load<f32>(x) - shift));
  }
}
