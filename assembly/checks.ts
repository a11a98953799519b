/**
 * Assertions of the debug build on what the kernels assume: alignment, ranges, padding. In release builds the functions
 * are empty. A condition inside another function would still be evaluated there.
 */
import { Layer, Network, Samples } from './records';
import { ENTRY_BYTES, entryIndex } from './sparse';
import { FLOAT_BYTES } from './tile';

/** The padding of `rows` rows of activations or deltas is zero. */
export function checkPadding(layer: Layer, row: usize, rows: u32): void {
  if (ASC_NO_ASSERT) return;
  for (const end = row + rows * layer.rowBytes(); row < end; row += layer.rowBytes()) {
    for (let o = layer.outputs; o < layer.padded; o++) {
      assert(load<f32>(row + o * FLOAT_BYTES) == 0, 'the padding of a row is not zero');
    }
  }
}

/** The padding of the bias is zero. */
export function checkBias(layer: Layer): void {
  if (ASC_NO_ASSERT) return;
  checkPadding(layer, layer.bias, 1);
}

/** Entries are in the order of their inputs, which are inputs of the layer. */
export function checkEntries(layer: Layer, entries: usize, count: u32): void {
  if (ASC_NO_ASSERT) return;
  for (let k: u32 = 0; k < count; k++) {
    const index = entryIndex(entries + k * ENTRY_BYTES);
    assert(index < layer.inputs, 'entry out of range');
    assert(k == 0 || entryIndex(entries + (k - 1) * ENTRY_BYTES) < index, 'entries are not in order');
  }
}

export function checkInputs(layer: Layer, first: u32, count: u32): void {
  if (ASC_NO_ASSERT) return;
  assert(first + count <= layer.inputs, 'inputs out of range');
}

export function checkSample(samples: Samples, sample: u32): void {
  if (ASC_NO_ASSERT) return;
  assert(sample < samples.count, 'sample out of range');
}

export function checkLabel(layer: Layer, label: u32): void {
  if (ASC_NO_ASSERT) return;
  assert(label < layer.outputs, 'label out of range');
}

export function checkLayer(network: Network, index: u32): void {
  if (ASC_NO_ASSERT) return;
  assert(index < network.layerCount, 'layer out of range');
}

export function checkRows(network: Network, rows: u32): void {
  if (ASC_NO_ASSERT) return;
  assert(rows <= network.rows, 'more samples than the network has rows');
}
