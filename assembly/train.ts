/** What the host calls: a slice of training, the gradient of a batch, the measure and the answers of a network. */
import {
  backwardParameters,
  backwardRow,
  forwardRow,
  layerAt,
  lossOfRow,
  outputRow,
  predictionOfRow,
  probabilityRow,
  sampleLabel,
  softmaxRow,
} from './network';
import { forwardSamples } from './network-batch';
import { Network, Samples } from './records';
import { takeSteps } from './steps';
import { copyFloats, FLOAT_BYTES } from './tile';

/**
 * Takes at most `steps` steps of mini-batch SGD, and stops at the end of the epoch or before the update of a step that
 * diverged. Returns the number of steps taken. The host sees divergence as fewer steps than it asked for while samples are
 * left. How a run is cut into slices has no influence on its result. The first `done` elements of the trainer's stepLosses and
 * stepCorrect, which have room for `steps`, are overwritten.
 */
export function trainSteps(trainer: usize, network: usize, samples: usize, steps: u32): u32 {
  return takeSteps(trainer, network, samples, steps, 0, 0);
}

/**
 * The mean gradient of the samples [0, count) is added to the network's gradient. Returns the mean loss, in formatNats.
 */
export function meanGradient(networkAddress: usize, samplesAddress: usize, count: u32): f64 {
  const network = changetype<Network>(networkAddress);
  const samples = changetype<Samples>(samplesAddress);
  const scale: f32 = 1 / <f32>count;
  let loss: f64 = 0;
  for (let sample: u32 = 0; sample < count; sample++) {
    const label = sampleLabel(samples, sample);
    loss += lossOfRow(network, 0, forwardRow(network, 0, samples, sample), label);
    backwardRow(network, 0, label);
    backwardParameters(network, 0, samples, scale, true);
  }
  return loss / <f64>count;
}

/**
 * Measures the network on the samples [0, count). Adds to `confusion`, u32 [classes][classes], by true and by predicted
 * class. Returns the sum of the losses, in formatNats.
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
      loss += lossOfRow(network, row, softmaxRow(network, row), label);
      const cell = confusion + (label * classes + predictionOfRow(network, row)) * <u32>sizeof<u32>();
      store<u32>(cell, load<u32>(cell) + 1);
    }
  }
  return loss;
}

/**
 * Answers for the samples [0, count): `labels`, u32 [count], the most likely class, `probabilities` and `logits`
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
  const rowBytes = last.outputs * FLOAT_BYTES;
  for (let first: u32 = 0; first < count; first += network.rows) {
    const rows = min(network.rows, count - first);
    // One sample has no use for the ways of a batch.
    if (rows == 1) forwardRow(network, 0, samples, first);
    else forwardSamples(network, samples, first, rows);
    for (let row: u32 = 0; row < rows; row++) {
      const sample = first + row;
      if (rows > 1) softmaxRow(network, row);
      store<u32>(labels + sample * <u32>sizeof<u32>(), predictionOfRow(network, row));
      copyFloats(probabilities + sample * rowBytes, probabilityRow(network, row), last.outputs);
      copyFloats(logits + sample * rowBytes, outputRow(last, row), last.outputs);
    }
  }
}
