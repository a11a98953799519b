/**
 * Losses of regression: the mean over the targets of a function of the error d = y - t, as in torch.nn.MSELoss (d²),
 * L1Loss (|d|) and HuberLoss with delta 1 (d² / 2 up to |d| = 1, then |d| - 1 / 2; Huber, "Robust Estimation of a
 * Location Parameter", 1964). Errors and sums are float64. Codes are those of records.ts.
 */
import { LOSS_HUBER, LOSS_SQUARED_ERROR } from './records';
import { FLOAT_BYTES } from './tile';

/** Mean loss over the targets `t` [targets] for the outputs `y` [targets]. */
export function regressionForward(loss: u32, y: usize, t: usize, targets: u32): f64 {
  let sum: f64 = 0;
  for (let o: u32 = 0; o < targets; o++) {
    const distance = abs<f64>(errorAt(y, t, o));
    if (loss == LOSS_SQUARED_ERROR) sum += distance * distance;
    else if (loss == LOSS_HUBER) sum += distance <= 1 ? 0.5 * distance * distance : distance - 0.5;
    else sum += distance;
  }
  return sum / <f64>targets;
}

/**
 * `delta` [targets] is overwritten. d² => dy = 2 d, |d| => dy = sign(d), 0 for d = 0, and Huber => dy = d limited to
 * [-1, 1], each divided by the number of targets.
 */
export function regressionBackward(loss: u32, delta: usize, y: usize, t: usize, targets: u32): void {
  for (let o: u32 = 0; o < targets; o++) {
    const error = errorAt(y, t, o);
    let slope: f64;
    if (loss == LOSS_SQUARED_ERROR) slope = 2 * error;
    else if (loss == LOSS_HUBER) slope = min<f64>(max<f64>(error, -1), 1);
    else slope = <f64>i32(error > 0) - <f64>i32(error < 0);
    store<f32>(delta + o * FLOAT_BYTES, <f32>(slope / <f64>targets));
  }
}

/** Adds the weighted squared and absolute error of each target to `sums`, f64 [targets][2]. */
export function addErrors(sums: usize, y: usize, t: usize, targets: u32, weight: f64): void {
  for (let o: u32 = 0; o < targets; o++) {
    const error = errorAt(y, t, o);
    const sum = sums + o * 2 * <u32>sizeof<f64>();
    store<f64>(sum, load<f64>(sum) + weight * error * error);
    store<f64>(sum, load<f64>(sum, sizeof<f64>()) + weight * abs<f64>(error), sizeof<f64>());
  }
}

function errorAt(y: usize, t: usize, o: u32): f64 {
  return <f64>load<f32>(y + o * FLOAT_BYTES) - <f64>load<f32>(t + o * FLOAT_BYTES);
}
