/**
 * The update of a network's parameters after the backward pass of one sample or of a batch. The members of a team each
 * update some columns of the weights in all layers.
 */
import {
  linearBackwardBias,
  linearBackwardWeight,
  linearBackwardWeightColumns,
  linearBackwardWeightRows,
  packPairs,
  pairsBytes,
} from './linear';
import { deltaRow, inputAddress, inputCount, inputStride, layerAt } from './network';
import { updateParameters } from './optimizer';
import { Network, Samples, Trainer } from './records';
import { Dense, ENTRY_BYTES, Sparse, transposeEntries } from './sparse';
import { fetch, shareStart } from './team';
import { FLOAT_BYTES, shareColumns, TILE_COLUMNS, tileColumns } from './tile';

/**
 * Before `backwardParameters` of a batch: puts the network's inputs into the order of the weights, for this member's
 * share of the inputs.
 */
export function sortInputs(network: Network, samples: Samples, rows: u32, scale: f32, member: u32, members: u32): void {
  const layer = layerAt(network, 0);
  const inputs = layer.inputs;
  if (!samples.sparse) {
    const first = shareStart(inputs >> 1, member, members);
    const end = shareStart(inputs >> 1, member + 1, members);
    packPairs(layer.inputPairs, network.inputSpace, inputStride(inputs), rows, scale, 0, rows, first, end);
    return;
  }
  for (let row: u32 = 0; members > 1 && row < rows; row++) {
    fetch(inputAddress(network, row), inputCount(network, row) * ENTRY_BYTES);
  }
  const first = shareStart(inputs, member, members);
  const end = shareStart(inputs, member + 1, members);
  const starts = columnStarts(network, first, member);
  const entries = columnEntries(network, rows, first);
  transposeEntries(starts, entries, network.inputAddress, network.inputCount, rows, scale, first, end, inputs);
}

/** `sortInputs` of the layers above the first, for the rows [first, end). */
export function sortHidden(network: Network, rows: u32, scale: f32, first: u32, end: u32): void {
  for (let l: u32 = 1; l < network.layerCount; l++) {
    const layer = layerAt(network, l);
    const below = layerAt(network, l - 1);
    const pairs = layer.inputs >> 1;
    packPairs(layer.inputPairs, below.output, below.rowBytes(), rows, scale, first, end, 0, pairs);
  }
}

/**
 * Adds scale · gradient, summed over the rows, to every layer's parameters (a step of SGD, scale = -learningRate/N), or
 * to the gradients (`collect`, scale = 1/N): this member's columns of the weights. With a `trainer`, which is not 0,
 * the step of its optimizer follows tile by tile. All tiles of a member then use the gradient of its first one, which
 * stays in the cache and is zero before and after.
 */
export function backwardParameters(
  network: Network,
  samples: Samples,
  rows: u32,
  scale: f32,
  collect: bool,
  trainer: Trainer,
  member: u32,
  members: u32,
): void {
  const step = collect && changetype<usize>(trainer);
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = layerAt(network, l);
    if (member == 0) {
      linearBackwardBias(layer, collect ? layer.biasGradient : layer.bias, layer.delta, rows, scale);
      if (step) updateParameters(trainer, network, layer.bias, layer.biasGradient, 1, layer.padded);
    }
    const first = shareColumns(layer, member, members);
    const end = shareColumns(layer, member + 1, members);
    if (members > 1) fetchShared(network, samples, l, rows, first, end, members);
    if (!step) {
      const weight = collect ? layer.weightGradient : layer.weight;
      backwardWeight(network, samples, l, weight, rows, scale, first, end, members);
      continue;
    }
    const gradient = layer.weightGradient + first * layer.columnBytes();
    for (let column = first; column < end; column += TILE_COLUMNS) {
      const next = min(column + TILE_COLUMNS, end);
      const offset = column * layer.columnBytes();
      backwardWeight(network, samples, l, gradient - offset, rows, scale, column, next, members);
      const length = tileColumns(column, layer.outputs) * layer.inputs;
      // Whole pairs: regions end at cache lines.
      updateParameters(trainer, network, layer.weight + offset, gradient, 1, (length + 7) & ~7);
    }
  }
}

/** Adds to the tiles `weight` of layer `l`, in the columns [first, end). */
function backwardWeight(
  network: Network,
  samples: Samples,
  l: u32,
  weight: usize,
  rows: u32,
  scale: f32,
  first: u32,
  end: u32,
  members: u32,
): void {
  const layer = layerAt(network, l);
  const inputs = layer.inputs;
  const delta = layer.delta;
  const sparse = l == 0 && samples.sparse;
  const x = l == 0 ? inputAddress(network, 0) : layerAt(network, l - 1).output;
  if (rows == 1) {
    if (sparse) linearBackwardWeight<Sparse>(layer, weight, x, inputCount(network, 0), delta, scale, first, end);
    else linearBackwardWeight<Dense>(layer, weight, x, inputs, delta, scale, first, end);
    return;
  }
  if (!sparse) {
    const stride = l == 0 ? inputStride(inputs) : layerAt(network, l - 1).rowBytes();
    linearBackwardWeightRows(layer, weight, x, stride, delta, rows, scale, layer.inputPairs, first, end);
    return;
  }
  for (let part: u32 = 0; part < members; part++) {
    const firstInput = shareStart(inputs, part, members);
    const count = shareStart(inputs, part + 1, members) - firstInput;
    const starts = columnStarts(network, firstInput, part);
    const entries = columnEntries(network, rows, firstInput);
    linearBackwardWeightColumns(layer, weight, starts, entries, delta, firstInput, count, first, end);
  }
}

/** Loads what other members wrote and `backwardWeight` reads: deltas of the columns [first, end), and sorted inputs. */
function fetchShared(network: Network, samples: Samples, l: u32, rows: u32, first: u32, end: u32, members: u32): void {
  const layer = layerAt(network, l);
  const inputs = layer.inputs;
  for (let row: u32 = 0; row < rows; row++) {
    fetch(deltaRow(layer, row) + first * FLOAT_BYTES, (end - first) * FLOAT_BYTES);
  }
  if (l > 0 || !samples.sparse) {
    fetch(layer.inputPairs, <u32>pairsBytes(rows, inputs));
    return;
  }
  for (let part: u32 = 0; part < members; part++) {
    const firstInput = shareStart(inputs, part, members);
    const count = shareStart(inputs, part + 1, members) - firstInput;
    const starts = columnStarts(network, firstInput, part);
    fetch(columnEntries(network, rows, firstInput), load<u32>(starts + count * <u32>sizeof<u32>()) * ENTRY_BYTES);
  }
}

/**
 * Each member's part, for the inputs from `first` on, follows the part of the member before. It has one more start than
 * inputs.
 */
function columnStarts(network: Network, first: u32, member: u32): usize {
  return network.columnStarts + (first + member) * <u32>sizeof<u32>();
}

function columnEntries(network: Network, rows: u32, first: u32): usize {
  return network.columnEntries + rows * first * ENTRY_BYTES;
}
