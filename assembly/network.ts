/**
 * A multilayer perceptron: linear layers with activations, then softmax and cross-entropy, or a loss of regression.
 * Samples pass through the rows of the network's memory: one at a time, or as a batch layer by layer, with bit-identical
 * results.
 *
 * The members of a team (team.ts) share a batch. In the first layer, which has most of the weights, each member
 * computes some columns of all rows: its weights stay in the cache of one core. In the layers above, each member
 * computes some rows. network-update.ts updates the weights. steps.ts puts barriers where one member needs the
 * results of another.
 */
import { activate, activateBackward, activateWithSlopes, multiplySlopes } from './activation';
import { checkLabel, checkLayer, checkSample } from './checks';
import { distort } from './distort';
import { dropUnits } from './dropout';
import { addScaled } from './inner-loops';
import { linearBackwardInput, linearBackwardWeight, linearForward, linearForwardSparse, SPAN_BYTES } from './linear';
import { linearForwardInt8 } from './linear-int8';
import { cancelPending, flushPending, linearForwardPending, setPending } from './linear-pending';
import { INPUT_BYTES, INPUT_PACKED, Layer, LOSS_CROSS_ENTROPY, Network, Samples, Trainer } from './records';
import { regressionBackward, regressionForward } from './regression-loss';
import {
  argmax,
  crossEntropyForward,
  softCrossEntropyForward,
  softmaxCrossEntropyBackward,
  softmaxForward,
  softmaxSoftCrossEntropyBackward,
} from './softmax-cross-entropy';
import { Dense, ENTRY_BYTES, gather, Sparse, storedBytes, widenBytes } from './sparse';
import { fetch, LINE_BYTES } from './team';
import { copyFloats, FLOAT_BYTES, shareColumns } from './tile';

/**
 * Loads the samples `order` u32 [count] into the cache. They are anywhere in memory: here the loads overlap, in the
 * steps each one would wait.
 */
export function fetchSamples(samples: Samples, order: usize, count: u32): void {
  const stride = storedBytes(samples.inputKind, samples.columns);
  for (const end = order + count * <u32>sizeof<u32>(); order < end; order += sizeof<u32>()) {
    // The compilers keep loads whose value is not used, because they can trap.
    load<u16>(samples.labels + load<u32>(order) * samples.labelBytes);
    const row = samples.inputs + load<u32>(order) * stride;
    for (let line: u32 = 0; line < stride; line += LINE_BYTES) load<u8>(row + line);
  }
}

/**
 * Reads a sample into `row`: its non-zero entries or its values. Pictures may be distorted first, in the scratch of
 * `member`. Dense floats are used where they are stored, unless a batch needs all rows in its own space (`copy`).
 */
export function readInput(network: Network, row: u32, samples: Samples, sample: u32, member: u32, copy: bool): void {
  checkSample(samples, sample);
  const columns = samples.columns;
  const space = network.inputSpace + row * inputStride(columns);
  let kind = samples.inputKind;
  let source = samples.inputs + sample * storedBytes(kind, columns);
  if (samples.augmentation) {
    kind = INPUT_BYTES;
    source = distort(samples, sample, member);
  }
  let address = space;
  let count = columns;
  if (samples.sparse) {
    const values = kind == INPUT_PACKED ? samples.values + load<u32>(samples.offsets + sample * <u32>sizeof<u32>()) : 0;
    count = gather(space, kind, source, values, samples.byteValues, columns);
  } else if (kind == INPUT_BYTES) {
    widenBytes(space, source, samples.byteValues, columns);
  } else if (copy) {
    memory.copy(space, source, columns * FLOAT_BYTES);
  } else {
    address = source;
  }
  store<usize>(network.inputAddress + row * <u32>sizeof<usize>(), address);
  store<u32>(network.inputCount + row * <u32>sizeof<u32>(), count);
  store<u32>(network.inputSample + row * <u32>sizeof<u32>(), sample);
}

/** The forward pass of the samples [first, first + count) up to the logits. The network has at least `count` rows. */
export function forwardSamples(network: Network, samples: Samples, first: u32, count: u32): void {
  for (let row: u32 = 0; row < count; row++) readInput(network, row, samples, first + row, 0, count > 1);
  forwardFirst(network, samples, count, 0, 1, changetype<Trainer>(0));
  forwardUpper(network, 0, count, changetype<Trainer>(0));
}

/**
 * The first layer of the first `rows` rows with its activation, in this member's columns. With a `trainer`, which is not
 * 0, hidden units may be dropped.
 */
export function forwardFirst(
  network: Network,
  samples: Samples,
  rows: u32,
  member: u32,
  members: u32,
  trainer: Trainer,
): void {
  const layer = layerAt(network, 0);
  const column = shareColumns(layer, member, members);
  const end = shareColumns(layer, member + 1, members);
  const x = inputAddress(network, 0);
  if (layer.scales) {
    for (let row: u32 = 0; row < rows; row++) {
      const count = inputCount(network, row);
      const y = outputRow(layer, row);
      if (samples.sparse) linearForwardInt8<Sparse>(layer, y, inputAddress(network, row), count, network.pairs);
      else linearForwardInt8<Dense>(layer, y, inputAddress(network, row), count, network.pairs);
    }
  } else if (samples.sparse) {
    const spans = network.inputSpans + member * network.rows * SPAN_BYTES;
    const counts = network.inputCount;
    linearForwardSparse(layer, layer.output, network.inputAddress, counts, spans, rows, column, end);
  } else {
    linearForward(layer, layer.output, x, inputStride(layer.inputs), rows, column, end);
  }
  for (let row: u32 = 0; row < rows; row++) activateRow(network, 0, row, column, end, trainer);
}

/** Applies the activation of layer `l` to the columns [first, end) of a row, and drops units. */
function activateRow(network: Network, l: u32, row: u32, first: u32, end: u32, trainer: Trainer): void {
  const layer = layerAt(network, l);
  const offset = row * layer.rowBytes() + first * FLOAT_BYTES;
  const y = layer.output + offset;
  const slopes = layer.slopes;
  if (!slopes) {
    activate(layer.activation, y, end - first);
    return;
  }
  activateWithSlopes(layer.activation, y, slopes + offset, end - first);
  if (!changetype<usize>(trainer) || !trainer.dropoutThreshold) return;
  const sample = load<u32>(network.inputSample + row * <u32>sizeof<u32>());
  dropUnits(trainer, sample, l, y, slopes + offset, first, end);
}

/** The layers above the first in the rows [first, end), up to the logits. `trainer` as for `forwardFirst`. */
export function forwardUpper(network: Network, first: u32, end: u32, trainer: Trainer): void {
  const rows = end - first;
  const bottom = layerAt(network, 0);
  fetch(outputRow(bottom, first), rows * bottom.rowBytes());
  for (let l: u32 = 1; l < network.layerCount; l++) {
    const layer = layerAt(network, l);
    const below = layerAt(network, l - 1);
    const x = outputRow(below, first);
    const xStride = below.rowBytes();
    const y = outputRow(layer, first);
    if (layer.scales) {
      for (let row: u32 = 0; row < rows; row++) {
        const bytes = row * xStride;
        linearForwardInt8<Dense>(layer, outputRow(layer, first + row), x + bytes, layer.inputs, network.pairs);
      }
    } else {
      linearForward(layer, y, x, xStride, rows, 0, layer.padded);
    }
    for (let row = first; row < end; row++) activateRow(network, l, row, 0, layer.padded, trainer);
  }
}

/**
 * The loss of a sample from the outputs in `row`, without its weight; cross-entropy is in nats. `probabilities` [padded]
 * is overwritten by softmax, if the loss is cross-entropy.
 */
export function rowLoss(
  network: Network,
  loss: u32,
  row: u32,
  samples: Samples,
  sample: u32,
  probabilities: usize,
): f64 {
  const last = layerAt(network, network.layerCount - 1);
  const outputs = outputRow(last, row);
  const targets = labelAddress(samples, sample);
  if (loss != LOSS_CROSS_ENTROPY) return regressionForward(loss, outputs, targets, last.outputs);
  const logNormaliser = softmaxForward(probabilities, outputs, last.outputs);
  if (hasSoftLabels(samples)) return softCrossEntropyForward(outputs, logNormaliser, targets, last.outputs);
  const label = sampleLabel(samples, sample);
  checkLabel(last, label);
  return crossEntropyForward(outputs, logNormaliser, label);
}

/** From the logits in `row` to probabilities. */
export function softmaxRow(network: Network, row: u32): void {
  const last = layerAt(network, network.layerCount - 1);
  softmaxForward(probabilityRow(network, row), outputRow(last, row), last.outputs);
}

/** The most likely class of `row`, the first of equals. */
export function predictedClass(network: Network, row: u32): u32 {
  const last = layerAt(network, network.layerCount - 1);
  return argmax(outputRow(last, row), last.outputs);
}

/**
 * From the outputs in `row` for a sample to its loss, whether its label is the predicted class, and the last layer's
 * `delta`, in the network's memory.
 */
export function assessRow(network: Network, row: u32, samples: Samples, sample: u32): void {
  store<f64>(network.rowLosses + row * <u32>sizeof<f64>(), outputDelta(network, row, samples, sample));
  const classes = network.loss == LOSS_CROSS_ENTROPY;
  const correct = classes && predictedClass(network, row) == sampleLabel(samples, sample);
  store<u32>(network.rowCorrect + row * <u32>sizeof<u32>(), u32(correct));
}

/**
 * From the outputs in `row` for a sample to the gradient of its loss, in the last layer's `delta`. Returns the loss.
 * Both have the factor of the sample's weight.
 */
export function outputDelta(network: Network, row: u32, samples: Samples, sample: u32): f64 {
  const last = layerAt(network, network.layerCount - 1);
  const delta = deltaRow(last, row);
  const loss = rowLoss(network, network.loss, row, samples, sample, delta);
  const targets = labelAddress(samples, sample);
  if (network.loss != LOSS_CROSS_ENTROPY) {
    regressionBackward(network.loss, delta, outputRow(last, row), targets, last.outputs);
  } else if (hasSoftLabels(samples)) {
    softmaxSoftCrossEntropyBackward(delta, targets, last.outputs);
  } else {
    softmaxCrossEntropyBackward(delta, sampleLabel(samples, sample), last.outputs);
  }
  if (!samples.weights) return loss;
  const weight = sampleWeight(samples, sample);
  for (let o: u32 = 0; o < last.outputs; o++) {
    store<f32>(delta + o * FLOAT_BYTES, weight * load<f32>(delta + o * FLOAT_BYTES));
  }
  return <f64>weight * loss;
}

/** From the last layer's `delta` to the delta of every layer below, in the rows [first, end). */
export function backwardHidden(network: Network, first: u32, end: u32): void {
  const rows = end - first;
  for (let l = network.layerCount - 1; l > 0; l--) {
    const layer = layerAt(network, l);
    const below = layerAt(network, l - 1);
    const delta = deltaRow(below, first);
    linearBackwardInput(layer, delta, below.rowBytes(), deltaRow(layer, first), rows);
    const length = rows * below.padded;
    if (below.slopes) multiplySlopes(delta, below.slopes + first * below.rowBytes(), length);
    else activateBackward(below.activation, delta, outputRow(below, first), length);
  }
}

/**
 * The forward pass of a sample in row 0, which applies the pending updates of the weights that it reads. From then on
 * its own update by `scale` is pending: `backwardPending` of the same `turn`, 0 to PENDING_SAMPLES - 1, or
 * `cancelSample` follows.
 */
export function forwardPending(
  network: Network,
  samples: Samples,
  sample: u32,
  turn: u32,
  scale: f32,
  trainer: Trainer,
): void {
  readInput(network, 0, samples, sample, 0, false);
  const first = layerAt(network, 0);
  const count = inputCount(network, 0);
  setPending(network, inputAddress(network, 0), count, pendingDelta(network, turn), scale);
  linearForwardPending(network, first, count);
  activateRow(network, 0, 0, 0, first.padded, trainer);
  forwardUpper(network, 0, 1, trainer);
}

/** `backwardParameters` after `forwardPending`: the update of the first layer's weights stays pending. */
export function backwardPending(network: Network, turn: u32, scale: f32): void {
  const first = layerAt(network, 0);
  addScaled(first.bias, first.delta, scale, first.padded);
  copyFloats(pendingDelta(network, turn), first.delta, first.padded);
  for (let l: u32 = 1; l < network.layerCount; l++) {
    const layer = layerAt(network, l);
    const x = layerAt(network, l - 1).output;
    addScaled(layer.bias, layer.delta, scale, layer.padded);
    linearBackwardWeight<Dense>(layer, layer.weight, x, layer.inputs, layer.delta, scale, 0, layer.padded);
  }
}

/** Cancels the update of the last `forwardPending`. */
export function cancelSample(network: Network): void {
  cancelPending(network, inputAddress(network, 0), inputCount(network, 0));
}

/** Applies all pending updates. The first layer's output is scratch. */
export function flushUpdates(network: Network): void {
  flushPending(network, layerAt(network, 0));
}

/** Address of a turn's delta. The first delta is zeros. */
function pendingDelta(network: Network, turn: u32): usize {
  return network.pendingDeltas + (turn + 1) * layerAt(network, 0).rowBytes();
}

/** Bytes from one row's input to the next row's, in the network's input space. */
export function inputStride(inputs: u32): u32 {
  return inputs * ENTRY_BYTES;
}

export function inputAddress(network: Network, row: u32): usize {
  return load<usize>(network.inputAddress + row * <u32>sizeof<usize>());
}

export function inputCount(network: Network, row: u32): u32 {
  return load<u32>(network.inputCount + row * <u32>sizeof<u32>());
}

/** The class of a sample: the most probable one, if it has a probability for each class. */
export function sampleLabel(samples: Samples, sample: u32): u32 {
  const address = labelAddress(samples, sample);
  return hasSoftLabels(samples) ? argmax(address, samples.labelBytes / FLOAT_BYTES) : load<u16>(address);
}

/** Whether the samples of a classification have a probability for each class. */
function hasSoftLabels(samples: Samples): bool {
  return samples.labelBytes != <u32>sizeof<u16>();
}

/** Address of a sample's class, u16, of its probabilities, f32 [classes], or of its targets, f32 [targets]. */
export function labelAddress(samples: Samples, sample: u32): usize {
  checkSample(samples, sample);
  return samples.labels + sample * samples.labelBytes;
}

/** The factor of a sample's loss and gradient. */
export function sampleWeight(samples: Samples, sample: u32): f32 {
  return samples.weights ? load<f32>(samples.weights + sample * FLOAT_BYTES) : 1;
}

export function layerAt(network: Network, index: u32): Layer {
  checkLayer(network, index);
  return changetype<Layer>(network.layers + index * <u32>offsetof<Layer>());
}

export function outputRow(layer: Layer, row: u32): usize {
  return layer.output + row * layer.rowBytes();
}

export function deltaRow(layer: Layer, row: u32): usize {
  return layer.delta + row * layer.rowBytes();
}

export function probabilityRow(network: Network, row: u32): usize {
  return network.probabilities + row * layerAt(network, network.layerCount - 1).rowBytes();
}
