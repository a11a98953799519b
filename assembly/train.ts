/** The calls of the host: a slice of training, the gradient of a set of samples, evaluation and prediction. */
import {
  backwardHidden,
  forwardSamples,
  layerAt,
  outputDelta,
  outputRow,
  predictedClass,
  probabilityRow,
  sampleLabel,
  softmaxLoss,
  softmaxRow,
} from './network';
import { backwardParameters } from './network-update';
import { Network, Samples, Trainer } from './records';
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

/** Adds the mean gradient of the samples [0, count) to the network's gradient. Returns the mean loss, in nats. */
export function meanGradient(networkAddress: usize, samplesAddress: usize, count: u32): f64 {
  const network = changetype<Network>(networkAddress);
  const samples = changetype<Samples>(samplesAddress);
  const scale: f32 = 1 / <f32>count;
  let loss: f64 = 0;
  for (let sample: u32 = 0; sample < count; sample++) {
    const label = sampleLabel(samples, sample);
    forwardSamples(network, samples, sample, 1);
    loss += outputDelta(network, 0, label);
    backwardHidden(network, 0, 1);
    backwardParameters(network, samples, 1, scale, true, changetype<Trainer>(0), 0, 1);
  }
  return loss / <f64>count;
}

/**
 * Evaluates the network on the samples [0, count). Adds to `confusion`, u32 [classes][classes], by true and predicted
 * class. Returns the sum of the losses, in nats.
 */
export function evaluateSamples(confusion: usize, networkAddress: usize, samplesAddress: usize, count: u32): f64 {
  const network = changetype<Network>(networkAddress);
  const samples = changetype<Samples>(samplesAddress);
  const classes = layerAt(network, network.layerCount - 1).outputs;
  let loss: f64 = 0;
  for (let first: u32 = 0; first < count; first += network.rows) {
    const rows = min(network.rows, count - first);
    forwardSamples(network, samples, first, rows);
    for (let row: u32 = 0; row < rows; row++) {
      const label = sampleLabel(samples, first + row);
      loss += softmaxLoss(network, row, label, probabilityRow(network, row));
      const cell = confusion + (label * classes + predictedClass(network, row)) * <u32>sizeof<u32>();
      store<u32>(cell, load<u32>(cell) + 1);
    }
  }
  return loss;
}

/**
 * Predicts the samples [0, count). `labels`, u32 [count], the most likely classes, and `probabilities` and `logits`
 * [count][classes] are overwritten.
 */
export function predictSamples(
  labels: usize,
  probabilities: usize,
  logits: usize,
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
      softmaxRow(network, row);
      store<u32>(labels + sample * <u32>sizeof<u32>(), predictedClass(network, row));
      memory.copy(probabilities + sample * bytes, probabilityRow(network, row), bytes);
      memory.copy(logits + sample * bytes, outputRow(last, row), bytes);
    }
  }
}
