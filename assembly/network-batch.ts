/**
 * A batch passes through the network layer by layer, to the bits of its rows one after the other, by the members of a team
 * (team.ts) or by one alone. Of the first layer, whose weights are by far the most, each member has some columns for all rows,
 * so that its weights stay in the cache of one core; above, it has some rows. Where another's results are needed the members
 * meet (steps.ts): when the samples are read, when the first layer is through, when all deltas are there, and at the end.
 */
import {
  linearBackwardBiasBatch,
  linearBackwardInputBatch,
  linearBackwardWeightBatch,
  linearBackwardWeightColumns,
  linearBackwardWeightPairs,
  linearForwardBatch,
  linearForwardSparseBatch,
  packPairs,
  pairsBytes,
  SPAN_BYTES,
  transposeEntries,
} from './linear-batch';
import {
  activate,
  activateBackward,
  deltaRow,
  forwardRow,
  inputStride,
  layerAt,
  outputRow,
  readInput,
} from './network';
import { Network, Samples } from './records';
import { Sparse } from './sparse';
import { fetch, shareStart } from './team';
import { FLOAT_BYTES, paddedColumns, shareColumns } from './tile';

/**
 * The forward pass of the samples [first, first + count) of a set, which the rows have room for: the bits of `forwardRow`, up to
 * the logits.
 */
export function forwardSamples(network: Network, samples: Samples, first: u32, count: u32): void {
  // Weights of a byte each are in the cache anyway: the rows of an int8 network go one by one.
  if (layerAt(network, 0).scales) {
    for (let row: u32 = 0; row < count; row++) forwardRow(network, row, samples, first + row);
    return;
  }
  for (let row: u32 = 0; row < count; row++) readBatchInput(network, row, samples, first + row, 0);
  forwardFirst(network, samples, count, 0, 1);
  forwardUpper(network, 0, count);
}

/** Brings a sample into a row of a batch. Floats of a dense set are read where they lie: a batch has them in its own space. */
export function readBatchInput(network: Network, row: u32, samples: Samples, sample: u32, member: u32): void {
  readInput(network, row, samples, sample, member);
  const x = load<usize>(network.inputAddress + row * <u32>sizeof<usize>());
  const space = network.inputSpace + row * inputStride(samples.columns);
  if (!samples.sparse && x != space) memory.copy(space, x, samples.columns * FLOAT_BYTES);
}

/** For training on sparse inputs: lists the entries of all rows by input, for this member's share of the inputs. */
export function listColumns(network: Network, rows: u32, member: u32, members: u32): void {
  for (let row: u32 = 0; members > 1 && row < rows; row++) {
    const count = load<u32>(network.inputCount + row * <u32>sizeof<u32>());
    fetch(load<usize>(network.inputAddress + row * <u32>sizeof<usize>()), count * <u32>sizeof<Sparse>());
  }
  const inputs = layerAt(network, 0).inputs;
  const first = shareStart(inputs, member, members);
  const end = shareStart(inputs, member + 1, members);
  const starts = columnStarts(network, first, member);
  const entries = columnEntries(network, rows, first);
  transposeEntries(starts, entries, network.inputAddress, network.inputCount, rows, first, end);
}

/** For training on dense inputs: brings the values of all rows, scaled, side by side for this member's share of the inputs. */
export function pairColumns(network: Network, rows: u32, scale: f32, member: u32, members: u32): void {
  const inputs = layerAt(network, 0).inputs;
  const first = shareStart(inputs >> 1, member, members);
  const end = shareStart(inputs >> 1, member + 1, members);
  packPairs(network.columnPairs, network.inputSpace, inputStride(inputs), rows, scale, first, end);
}

/** The first layer of `rows` rows with its activation, in this member's columns. */
export function forwardFirst(network: Network, samples: Samples, rows: u32, member: u32, members: u32): void {
  const layer = layerAt(network, 0);
  const column = shareColumns(layer.outputs, member, members);
  const endColumn = shareColumns(layer.outputs, member + 1, members);
  if (samples.sparse) {
    linearForwardSparseBatch(
      layer.output,
      network.inputAddress,
      network.inputCount,
      network.inputSpans + member * network.rows * SPAN_BYTES,
      rows,
      layer.weight,
      layer.bias,
      layer.inputs,
      layer.outputs,
      column,
      endColumn,
    );
  } else {
    linearForwardBatch(
      layer.output,
      network.inputSpace,
      inputStride(layer.inputs),
      rows,
      layer.weight,
      layer.bias,
      layer.inputs,
      layer.outputs,
      column,
      endColumn,
    );
  }
  for (let row: u32 = 0; row < rows; row++) {
    activate(layer, outputRow(layer, row) + column * FLOAT_BYTES, endColumn - column);
  }
}

/** The layers above the first in the rows [first, end), up to the logits. */
export function forwardUpper(network: Network, first: u32, end: u32): void {
  const rows = end - first;
  const bottom = layerAt(network, 0);
  fetch(outputRow(bottom, first), rows * paddedColumns(bottom.outputs) * FLOAT_BYTES);
  for (let l: u32 = 1; l < network.layerCount; l++) {
    const layer = layerAt(network, l);
    const below = layerAt(network, l - 1);
    const x = outputRow(below, first);
    const y = outputRow(layer, first);
    const padded = paddedColumns(layer.outputs);
    const stride = paddedColumns(below.outputs) * FLOAT_BYTES;
    linearForwardBatch(y, x, stride, rows, layer.weight, layer.bias, layer.inputs, layer.outputs, 0, padded);
    activate(layer, y, rows * padded);
  }
}

/** Below the last layer, whose `delta` is there: the bits of `backwardRow` in each of the rows [first, end). */
export function backwardBatch(network: Network, first: u32, end: u32): void {
  const rows = end - first;
  for (let l = network.layerCount - 1; l > 0; l--) {
    const layer = layerAt(network, l);
    const below = layerAt(network, l - 1);
    const delta = deltaRow(layer, first);
    linearBackwardInputBatch(deltaRow(below, first), delta, rows, layer.weight, layer.inputs, layer.outputs);
    activateBackward(below, first, rows);
  }
}

/**
 * `backwardParameters` of all rows in their order, to the same bits: this member's columns of the first layer, and its share of
 * the inputs of those above.
 */
export function backwardParametersBatch(
  network: Network,
  rows: u32,
  samples: Samples,
  scale: f32,
  collect: bool,
  member: u32,
  members: u32,
): void {
  for (let l: u32 = 0; l < network.layerCount; l++) {
    const layer = layerAt(network, l);
    const weight = collect ? layer.weightGradient : layer.weight;
    const bias = collect ? layer.biasGradient : layer.bias;
    const outputs = layer.outputs;
    if (member == 0) linearBackwardBiasBatch(bias, layer.delta, rows, scale, outputs);
    if (l == 0) {
      const column = shareColumns(outputs, member, members);
      const endColumn = shareColumns(outputs, member + 1, members);
      backwardWeightFirst(network, rows, samples, scale, weight, members, column, endColumn);
      continue;
    }
    const below = layerAt(network, l - 1);
    const stride = paddedColumns(below.outputs) * FLOAT_BYTES;
    const first = shareStart(layer.inputs, member, members);
    const end = shareStart(layer.inputs, member + 1, members);
    linearBackwardWeightBatch(
      weight,
      below.output,
      stride,
      layer.delta,
      rows,
      scale,
      layer.inputs,
      outputs,
      first,
      end,
      0,
      paddedColumns(outputs),
    );
  }
}

function backwardWeightFirst(
  network: Network,
  rows: u32,
  samples: Samples,
  scale: f32,
  weight: usize,
  members: u32,
  column: u32,
  endColumn: u32,
): void {
  const layer = layerAt(network, 0);
  const inputs = layer.inputs;
  const outputs = layer.outputs;
  if (members > 1) {
    for (let row: u32 = 0; row < rows; row++)
      fetch(deltaRow(layer, row) + column * FLOAT_BYTES, (endColumn - column) * FLOAT_BYTES);
  }
  if (!samples.sparse) {
    if (members > 1) fetch(network.columnPairs, pairsBytes(rows, inputs));
    linearBackwardWeightPairs(
      weight,
      network.columnPairs,
      network.inputSpace,
      inputStride(inputs),
      layer.delta,
      rows,
      scale,
      inputs,
      outputs,
      column,
      endColumn,
    );
    return;
  }
  for (let part: u32 = 0; part < members; part++) {
    const first = shareStart(inputs, part, members);
    const end = shareStart(inputs, part + 1, members);
    const starts = columnStarts(network, first, part);
    const entries = columnEntries(network, rows, first);
    if (members > 1) fetch(entries, load<u32>(starts + (end - first) * <u32>sizeof<u32>()) * <u32>sizeof<Sparse>());
    linearBackwardWeightColumns(
      weight,
      starts,
      entries,
      layer.delta,
      scale,
      inputs,
      outputs,
      first,
      end,
      column,
      endColumn,
    );
  }
}

/** Each member's part, for the inputs from `first` on, follows the one before; it has one more start than inputs. */
function columnStarts(network: Network, first: u32, member: u32): usize {
  return network.columnStarts + (first + member) * <u32>sizeof<u32>();
}

function columnEntries(network: Network, rows: u32, first: u32): usize {
  return network.columnEntries + rows * first * <u32>sizeof<Sparse>();
}
