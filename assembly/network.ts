/**
 * A multilayer perceptron: its layers in a row, softmax and cross-entropy at the end.
 * A sample passes through "a row" of the network's memory; a batch (network-batch.ts) uses as many rows as it has samples.
 */
import { distort } from './distort';
import {
  addScaled,
  linearBackwardInput,
  linearBackwardWeight,
  linearBackwardWeightSparse,
  linearForward,
  linearForwardSparse,
} from './linear';
import { applyDeferred, deferEntries, forgetEntries, linearForwardDeferred } from './linear-deferred';
import { linearForwardInt8, linearForwardInt8Sparse } from './linear-int8';
import {
  ACTIVATION_RELU,
  ACTIVATION_SIGMOID,
  ACTIVATION_TANH,
  INPUT_BYTES,
  INPUT_PACKED,
  Layer,
  Network,
  Samples,
} from './records';
import { reluBackward, reluForward } from './relu';
import { sigmoidBackward, sigmoidForward } from './sigmoid';
import { argmax, crossEntropyForward, softmaxCrossEntropyBackward, softmaxForward } from './softmax-cross-entropy';
import { gatherBytes, gatherFloats, gatherPacked, Sparse, widenBytes } from './sparse';
import { tanhBackward, tanhForward } from './tanh';
import { copyFloats, FLOAT_BYTES, paddedColumns } from './tile';

/**
 * Brings a sample into `row`: its non-zero entries, or its values; floats of a dense set are read where they lie. Pictures may be
 * distorted before, in the scratch of `member`.
 */
export function readInput(network: Network, row: u32, samples: Samples, sample: u32, member: u32): void {
  const columns = samples.columns;
  let address = network.inputSpace + row * inputStride(columns);
  let count = columns;
  if (samples.inputKind == INPUT_BYTES || samples.augmentation) {
    const source = samples.augmentation ? distort(samples, sample, member) : samples.inputs + sample * columns;
    if (samples.sparse) count = gatherBytes(address, source, samples.byteValues, columns);
    else widenBytes(address, source, samples.byteValues, columns);
  } else if (samples.inputKind == INPUT_PACKED) {
    const mask = samples.inputs + sample * ((columns + 31) >> 5) * <u32>sizeof<u32>();
    const values = samples.values + load<u32>(samples.offsets + sample * <u32>sizeof<u32>());
    count = gatherPacked(address, mask, values, samples.byteValues, columns);
  } else {
    const source = samples.inputs + sample * columns * FLOAT_BYTES;
    if (samples.sparse) count = gatherFloats(address, source, columns);
    else address = source;
  }
  store<usize>(network.inputAddress + row * <u32>sizeof<usize>(), address);
  store<u32>(network.inputCount + row * <u32>sizeof<u32>(), count);
}

/**
 * The forward pass of a sample: leaves the activations of every layer in `row`, the last of them the logits, and the
 * probabilities. Returns the logarithm of softmax's normaliser.
 */
export function forwardRow(network: Network, row: u32, samples: Samples, sample: u32): f64 {
  readInput(network, row, samples, sample, 0);
  const first = layerAt(network, 0);
  const x = load<usize>(network.inputAddress + row * <u32>sizeof<usize>());
  if (samples.sparse) {
    forwardEntries(network, first, outputRow(first, row), x, load<u32>(network.inputCount + row * <u32>sizeof<u32>()));
  } else {
    forwardValues(network, first, outputRow(first, row), x);
  }
  return forwardAbove(network, row);
}

/** The linear output `y` of a layer, float32 or int8, for a sparse input. */
function forwardEntries(network: Network, layer: Layer, y: usize, entries: usize, count: u32): void {
  const weight = layer.weight;
  const bias = layer.bias;
  const inputs = layer.inputs;
  const outputs = layer.outputs;
  if (layer.scales) {
    linearForwardInt8Sparse(y, entries, count, weight, layer.scales, bias, network.pairs, inputs, outputs);
  } else {
    linearForwardSparse(y, entries, count, weight, bias, inputs, outputs);
  }
}

/** The same for a dense one. */
function forwardValues(network: Network, layer: Layer, y: usize, x: usize): void {
  const weight = layer.weight;
  const bias = layer.bias;
  const inputs = layer.inputs;
  const outputs = layer.outputs;
  if (layer.scales) linearForwardInt8(y, x, weight, layer.scales, bias, network.pairs, inputs, outputs);
  else linearForward(y, x, weight, bias, inputs, outputs);
}

/** The rest of the forward pass, from the first layer's linear output in `row`. Returns the logarithm of softmax's normaliser. */
function forwardAbove(network: Network, row: u32): f64 {
  const first = layerAt(network, 0);
  activate(first, outputRow(first, row), paddedColumns(first.outputs));
  for (let l: u32 = 1; l < network.layerCount; l++) {
    const layer = layerAt(network, l);
    forwardValues(network, layer, outputRow(layer, row), outputRow(layerAt(network, l - 1), row));
    activate(layer, outputRow(layer, row), paddedColumns(layer.outputs));
  }
  return softmaxRow(network, row);
}

/**
 * `forwardRow` in row 0, which makes the updates that the first layer owes to earlier samples. Its own, by `scale`, will be owed
 * in turn: `deferParameters` of the same `turn`, from 0 to DEFERRED_SAMPLES - 1, tells how much, or `forgetParameters` that there is none.
 */
export function forwardDeferred(network: Network, samples: Samples, sample: u32, turn: u32, scale: f32): f64 {
  readInput(network, 0, samples, sample, 0);
  const first = layerAt(network, 0);
  const x = load<usize>(network.inputAddress);
  const count = load<u32>(network.inputCount);
  deferEntries(network.touches, network.deferred, x, count, deferredDelta(network, turn), scale);
  linearForwardDeferred(
    outputRow(first, 0),
    network.touches,
    count,
    first.weight,
    first.bias,
    first.inputs,
    first.outputs,
  );
  return forwardAbove(network, 0);
}

/** From the logits in `row` to probabilities. Returns the logarithm of softmax's normaliser. */
export function softmaxRow(network: Network, row: u32): f64 {
  const last = layerAt(network, network.layerCount - 1);
  return softmaxForward(probabilityRow(network, row), outputRow(last, row), last.outputs);
}

/** Loss of the sample whose forward pass is in `row`, in formatNats. */
export function lossOfRow(network: Network, row: u32, logNormaliser: f64, label: u32): f64 {
  const last = layerAt(network, network.layerCount - 1);
  return crossEntropyForward(outputRow(last, row), logNormaliser, label);
}

/** The class that the forward pass in `row` found most likely. */
export function predictionOfRow(network: Network, row: u32): u32 {
  const last = layerAt(network, network.layerCount - 1);
  return argmax(outputRow(last, row), last.outputs);
}

/** The backward pass of the sample in `row`: leaves in every layer's `delta` the gradient with respect to its linear output. */
export function backwardRow(network: Network, row: u32, label: u32): void {
  outputDelta(network, row, label);
  backwardHidden(network, row);
}

/** Below the last layer, whose `delta` is there. */
function backwardHidden(network: Network, row: u32): void {
  for (let l = network.layerCount - 1; l > 0; l--) {
    const layer = layerAt(network, l);
    const below = layerAt(network, l - 1);
    linearBackwardInput(deltaRow(below, row), deltaRow(layer, row), layer.weight, layer.inputs, layer.outputs);
    activateBackward(below, row, 1);
  }
}

/** Gradient of the loss of the sample in `row` with respect to its logits, in the last layer's `delta`. */
export function outputDelta(network: Network, row: u32, label: u32): void {
  const last = layerAt(network, network.layerCount - 1);
  softmaxCrossEntropyBackward(deltaRow(last, row), probabilityRow(network, row), label, last.outputs);
}

/**
 * Adds scale · gradient of the sample in `row` to every layer's parameters (a step of SGD, scale = -learningRate/N), or to
 * the gradients (`collect`, scale = 1/N).
 */
export function backwardParameters(network: Network, row: u32, samples: Samples, scale: f32, collect: bool): void {
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = layerAt(network, l);
    const weight = collect ? layer.weightGradient : layer.weight;
    const bias = collect ? layer.biasGradient : layer.bias;
    const delta = deltaRow(layer, row);
    if (l > 0) {
      const input = outputRow(layerAt(network, l - 1), row);
      linearBackwardWeight(weight, bias, input, delta, scale, layer.inputs, layer.outputs);
      continue;
    }
    const x = load<usize>(network.inputAddress + row * <u32>sizeof<usize>());
    if (samples.sparse) {
      const count = load<u32>(network.inputCount + row * <u32>sizeof<u32>());
      linearBackwardWeightSparse(weight, bias, x, count, delta, scale, layer.inputs, layer.outputs);
    } else {
      linearBackwardWeight(weight, bias, x, delta, scale, layer.inputs, layer.outputs);
    }
  }
}

/** `backwardParameters` of plain SGD after `forwardDeferred`: the first layer's weights are left for later. */
export function deferParameters(network: Network, turn: u32, scale: f32): void {
  const first = layerAt(network, 0);
  const padded = paddedColumns(first.outputs);
  addScaled(first.bias, deltaRow(first, 0), scale, padded);
  copyFloats(deferredDelta(network, turn), deltaRow(first, 0), padded);
  for (let l: u32 = 1; l < network.layerCount; l++) {
    const layer = layerAt(network, l);
    const input = outputRow(layerAt(network, l - 1), 0);
    const delta = deltaRow(layer, 0);
    linearBackwardWeight(layer.weight, layer.bias, input, delta, scale, layer.inputs, layer.outputs);
  }
}

/** The sample of the last `forwardDeferred` is not to change anything. */
export function forgetParameters(network: Network): void {
  const count = load<u32>(network.inputCount);
  forgetEntries(network.deferred, load<usize>(network.inputAddress), count, network.deferredDeltas);
}

/** Makes all updates of the first layer that are owed; the rows' outputs are left with no meaning. */
export function settleParameters(network: Network): void {
  const first = layerAt(network, 0);
  applyDeferred(
    first.weight,
    network.deferred,
    network.touches,
    outputRow(first, 0),
    network.deferredDeltas,
    first.inputs,
    first.outputs,
  );
}

/** Where the delta of a turn is kept; the first is zeros. */
function deferredDelta(network: Network, turn: u32): usize {
  return network.deferredDeltas + (turn + 1) * paddedColumns(layerAt(network, 0).outputs) * FLOAT_BYTES;
}

/** Bytes from one row's input to the next one's, in the rows' own space. */
export function inputStride(inputs: u32): u32 {
  return inputs * <u32>sizeof<Sparse>();
}

/** The label of a sample. */
export function sampleLabel(samples: Samples, sample: u32): u32 {
  return load<u16>(samples.labels + sample * <u32>sizeof<u16>());
}

export function layerAt(network: Network, index: u32): Layer {
  return changetype<Layer>(network.layers + index * <u32>offsetof<Layer>());
}

export function outputRow(layer: Layer, row: u32): usize {
  return layer.output + row * paddedColumns(layer.outputs) * FLOAT_BYTES;
}

export function probabilityRow(network: Network, row: u32): usize {
  const last = layerAt(network, network.layerCount - 1);
  return network.probabilities + row * paddedColumns(last.outputs) * FLOAT_BYTES;
}

export function deltaRow(layer: Layer, row: u32): usize {
  return layer.delta + row * paddedColumns(layer.outputs) * FLOAT_BYTES;
}

/** `y` [length]. */
export function activate(layer: Layer, y: usize, length: u32): void {
  if (layer.activation == ACTIVATION_SIGMOID) sigmoidForward(y, y, length);
  else if (layer.activation == ACTIVATION_TANH) tanhForward(y, y, length);
  else if (layer.activation == ACTIVATION_RELU) reluForward(y, y, length);
}

/** Of `rows` rows from `row` on. */
export function activateBackward(layer: Layer, row: u32, rows: u32): void {
  const y = outputRow(layer, row);
  const delta = deltaRow(layer, row);
  const length = rows * paddedColumns(layer.outputs);
  if (layer.activation == ACTIVATION_SIGMOID) sigmoidBackward(delta, delta, y, length);
  else if (layer.activation == ACTIVATION_TANH) tanhBackward(delta, delta, y, length);
  else if (layer.activation == ACTIVATION_RELU) reluBackward(delta, delta, y, length);
}
