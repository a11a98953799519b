/** The calls of the host: a slice of training, the gradient of a set of samples, evaluation and prediction. */
import {
  backwardHidden,
  forwardSamples,
  labelAddress,
  layerAt,
  outputDelta,
  outputRow,
  predictedClass,
  probabilityRow,
  rowLoss,
  sampleLabel,
  sampleWeight,
  softmaxRow,
} from './network';
import { backwardParameters } from './network-update';
import { LOSS_CROSS_ENTROPY, Network, Samples, Trainer } from './records';
import { addErrors } from './regression-loss';
import { takeSteps } from './steps';
import { FLOAT_BYTES } from './tile';

/**
 * Takes at most `steps` steps of mini-batch SGD. Stops at the end of the epoch, or before the update of a step that
 * diverged. Returns the number of steps taken. The host detects divergence by fewer steps than requested while samples
 * are left. The division of a run into slices does not influence its result. The first elements of the trainer's
 * stepLosses and stepAccuracies, which have room for `steps`, are overwritten.
 */
export function trainSteps(trainer: usize, network: usize, samples: usize, steps: u32): u32 {
  return takeSteps(trainer, network, samples, steps, 0, 0);
}

/** Adds the mean gradient of the samples [0, count) to the network's gradient. Returns the mean loss. */
export function meanGradient(networkAddress: usize, samplesAddress: usize, count: u32): f64 {
  const network = changetype<Network>(networkAddress);
  const samples = changetype<Samples>(samplesAddress);
  const scale: f32 = 1 / <f32>count;
  let loss: f64 = 0;
  for (let sample: u32 = 0; sample < count; sample++) {
    forwardSamples(network, samples, sample, 1);
    loss += outputDelta(network, 0, samples, sample);
    backwardHidden(network, 0, 1);
    backwardParameters(network, samples, 1, scale, true, changetype<Trainer>(0), 0, 1);
  }
  return loss / <f64>count;
}

/**
 * Evaluates the network on the samples [0, count) by the loss with the code `loss`. Adds each sample's weight to
 * `sums`, f64: for classes to a confusion matrix [classes][classes], by true and predicted class; for targets times the
 * squared and the absolute error [targets][2]. Returns the sum of the weighted losses.
 */
export function evaluateSamples(sums: usize, networkAddress: usize, loss: u32, samplesAddress: usize, count: u32): f64 {
  const network = changetype<Network>(networkAddress);
  const samples = changetype<Samples>(samplesAddress);
  const last = layerAt(network, network.layerCount - 1);
  let total: f64 = 0;
  for (let first: u32 = 0; first < count; first += network.rows) {
    const rows = min(network.rows, count - first);
    forwardSamples(network, samples, first, rows);
    for (let row: u32 = 0; row < rows; row++) {
      const sample = first + row;
      const weight: f64 = sampleWeight(samples, sample);
      total += weight * rowLoss(network, loss, row, samples, sample, probabilityRow(network, row));
      if (loss != LOSS_CROSS_ENTROPY) {
        addErrors(sums, outputRow(last, row), labelAddress(samples, sample), last.outputs, weight);
        continue;
      }
      const label = sampleLabel(samples, sample);
      const cell = sums + (label * last.outputs + predictedClass(network, row)) * <u32>sizeof<f64>();
      store<f64>(cell, load<f64>(cell) + weight);
    }
  }
  return total;
}

/**
 * Predicts the samples [0, count). `outputs` [count][outputs], logits or values, is overwritten; for classes also
 * `labels`, u32 [count], the most likely ones, and `probabilities` [count][classes].
 */
export function predictSamples(
  labels: usize,
  probabilities: usize,
  outputs: usize,
  networkAddress: usize,
  samplesAddress: usize,
  count: u32,
): void {
  const network = changetype<Network>(networkAddress);
  const samples = changetype<Samples>(samplesAddress);
  const last = layerAt(network, network.layerCount - 1);
  const bytes = last.outputs * FLOAT_BYTES;
  for (let first: u32 = 0; first < count; first += network.rows) {
    const rows = min(network.rows, count - first);
    forwardSamples(network, samples, first, rows);
    for (let row: u32 = 0; row < rows; row++) {
      const sample = first + row;
      memory.copy(outputs + sample * bytes, outputRow(last, row), bytes);
      if (network.loss != LOSS_CROSS_ENTROPY) continue;
      softmaxRow(network, row);
      store<u32>(labels + sample * <u32>sizeof<u32>(), predictedClass(network, row));
      memory.copy(probabilities + sample * bytes, probabilityRow(network, row), bytes);
    }
  }
}
