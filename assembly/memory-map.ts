/**
 * The memory map: sizes and offsets of everything that the host allocates, computed from what it describes. The host
 * asks for the number of bytes, allocates that many zeroed bytes at a multiple of ALIGNMENT_BYTES, and has the records
 * written.
 */
import { isGated } from './activation';
import { distortBytes, fieldColumns, gaussianBasis, STATE_BYTES } from './distort';
import { pairsBytes, SPAN_BYTES } from './linear';
import { INPUT_PAIR_BYTES, packInt8, unpackInt8 } from './linear-int8';
import { clearPending, PENDING_BYTES, PENDING_SAMPLES, TOUCH_BYTES } from './linear-pending';
import { layerAt } from './network';
import { Augmentation, columnBytes, INPUT_PACKED, Layer, Network, NetworkSpec, Samples, Trainer } from './records';
import { ENTRY_BYTES, storedBytes } from './sparse';
import { MAX_MEMBERS } from './team';
import { FLOAT_BYTES, inputStep, outputAddress, paddedColumns, tiledColumns } from './tile';

/* Fields that the host reads or writes. */
export const NETWORK_PARAMETERS: u32 = offsetof<Network>('parameters');
export const NETWORK_PARAMETER_LENGTH: u32 = offsetof<Network>('parameterLength');
export const NETWORK_GRADIENT: u32 = offsetof<Network>('gradient');
export const NETWORK_VELOCITY: u32 = offsetof<Network>('velocity');
export const NETWORK_SECOND_MOMENT: u32 = offsetof<Network>('secondMoment');
export const SAMPLES_INPUTS: u32 = offsetof<Samples>('inputs');
export const SAMPLES_LABELS: u32 = offsetof<Samples>('labels');
export const SAMPLES_WEIGHTS: u32 = offsetof<Samples>('weights');
export const SAMPLES_OFFSETS: u32 = offsetof<Samples>('offsets');
export const SAMPLES_VALUES: u32 = offsetof<Samples>('values');
export const SAMPLES_AUGMENTATION: u32 = offsetof<Samples>('augmentation');
export const AUGMENTATION_EPOCH: u32 = offsetof<Augmentation>('epoch');
export const TRAINER_LOSS_SUM: u32 = offsetof<Trainer>('lossSum');
export const TRAINER_CORRECT: u32 = offsetof<Trainer>('correct');
export const TRAINER_CURSOR: u32 = offsetof<Trainer>('cursor');
export const TRAINER_LEARNING_RATE: u32 = offsetof<Trainer>('learningRate');
export const TRAINER_DROPOUT_EPOCH: u32 = offsetof<Trainer>('dropoutEpoch');
export const TRAINER_ORDER: u32 = offsetof<Trainer>('order');
export const TRAINER_STEP_LOSSES: u32 = offsetof<Trainer>('stepLosses');
export const TRAINER_STEP_ACCURACIES: u32 = offsetof<Trainer>('stepAccuracies');

/** Two cache lines: a row of a full tile starts at one. */
const ALIGNMENT_BYTES: u64 = 128;

/*
 * A map is laid out twice: from address 0, for its size, with records that are discarded, and then at its place. The
 * sizes of a record's regions are set by field; then `placeRegions` makes addresses of them.
 */
let end: u64 = 0;
const DISCARDED: usize = memory.data(256, 16);
/** Bytes of the region of the field at each offset, u64. */
const SIZES: usize = memory.data(256, 16);

/** Starts a map at `start`, with a record of `bytes` bytes. Returns the record's address. */
function beginMap(start: usize, bytes: u32): usize {
  assert(<u64>start % ALIGNMENT_BYTES == 0, 'the memory is not aligned to 128 bytes');
  assert(bytes <= 128, 'the record is too long');
  end = start + 128;
  return start ? start : DISCARDED;
}

function setSize(field: usize, bytes: u64): void {
  store<u64>(SIZES + 2 * field, bytes);
}

/**
 * Places the regions of the address fields [first, last] of a record one after another. A region of 0 bytes is absent
 * (0).
 */
function placeRegions(record: usize, first: usize, last: usize): void {
  for (let field = first; field <= last; field += sizeof<usize>()) {
    const bytes = load<u64>(SIZES + 2 * field);
    store<usize>(record + field, bytes ? <usize>end : 0);
    end += (bytes + ALIGNMENT_BYTES - 1) & ~(ALIGNMENT_BYTES - 1);
  }
}

/** Bytes of a network; may exceed 4 GiB. `spec` is a NetworkSpec. */
export function networkBytes(spec: usize): f64 {
  mapNetwork(0, changetype<NetworkSpec>(spec));
  return <f64>end;
}

/** Writes the Network record at `address`, and the Layer records, of a network in zeroed memory. */
export function setUpNetwork(address: usize, spec: usize): void {
  mapNetwork(address, changetype<NetworkSpec>(spec));
  const network = changetype<Network>(address);
  if (network.pending) clearPending(network, layerAt(network, 0).inputs);
}

function mapNetwork(start: usize, spec: NetworkSpec): void {
  const record = beginMap(start, offsetof<Network>());
  const network = changetype<Network>(record);
  const layerCount = spec.layerCount;
  const int8 = spec.int8 != 0;
  const rows: u64 = spec.rows;
  const inputs: u64 = sizeAt(spec, 0);
  network.layerCount = layerCount;
  network.rows = spec.rows;
  network.loss = spec.loss;
  setSize(offsetof<Network>('layers'), <u64>layerCount * offsetof<Layer>());
  placeRegions(record, offsetof<Network>('layers'), offsetof<Network>('layers'));
  const parameters = end;
  let mostInputs: u64 = 0;
  for (let l: u32 = 0; l < layerCount; l++) {
    const layer = start ? layerAt(network, l) : changetype<Layer>(DISCARDED + 128);
    layer.inputs = sizeAt(spec, l);
    layer.outputs = sizeAt(spec, l + 1);
    layer.padded = paddedColumns(layer.outputs);
    const bytes: u64 = layer.rowBytes();
    layer.activation = activationAt(spec, l);
    setSize(offsetof<Layer>('weight'), <u64>tiledColumns(layer.outputs) * columnBytes(layer.inputs, int8));
    setSize(offsetof<Layer>('scales'), int8 ? bytes : 0);
    setSize(offsetof<Layer>('bias'), bytes);
    placeRegions(changetype<usize>(layer), offsetof<Layer>('weight'), offsetof<Layer>('bias'));
    mostInputs = max(mostInputs, <u64>layer.inputs);
  }
  const parameterBytes = end - parameters;
  network.parameters = <usize>parameters;
  network.parameterLength = <u32>(parameterBytes / FLOAT_BYTES);
  const training = spec.training != 0;
  const batch = training && rows > 1;
  const sparseBatch = batch && spec.sparse != 0;
  const pending = spec.pending != 0;
  setSize(offsetof<Network>('velocity'), spec.velocity ? parameterBytes : 0);
  setSize(offsetof<Network>('secondMoment'), spec.secondMoment ? parameterBytes : 0);
  setSize(offsetof<Network>('gradient'), spec.gradient ? parameterBytes : 0);
  setSize(offsetof<Network>('inputSpace'), rows * inputs * ENTRY_BYTES);
  setSize(offsetof<Network>('inputAddress'), rows * sizeof<usize>());
  setSize(offsetof<Network>('inputCount'), rows * sizeof<u32>());
  setSize(offsetof<Network>('inputSample'), rows * sizeof<u32>());
  setSize(offsetof<Network>('inputSpans'), rows * SPAN_BYTES * MAX_MEMBERS);
  setSize(offsetof<Network>('columnEntries'), sparseBatch ? rows * inputs * ENTRY_BYTES : 0);
  setSize(offsetof<Network>('columnStarts'), sparseBatch ? (inputs + MAX_MEMBERS) * sizeof<u32>() : 0);
  setSize(offsetof<Network>('rowLosses'), training ? rows * sizeof<f64>() : 0);
  setSize(offsetof<Network>('rowCorrect'), training ? rows * sizeof<u32>() : 0);
  setSize(offsetof<Network>('pending'), pending ? inputs * PENDING_BYTES : 0);
  setSize(
    offsetof<Network>('pendingDeltas'),
    pending ? <u64>(1 + PENDING_SAMPLES) * paddedColumns(sizeAt(spec, 1)) * FLOAT_BYTES : 0,
  );
  setSize(offsetof<Network>('touches'), pending ? inputs * TOUCH_BYTES : 0);
  setSize(offsetof<Network>('pairs'), int8 ? ((mostInputs + 1) >> 1) * INPUT_PAIR_BYTES : 0);
  setSize(offsetof<Network>('probabilities'), rows * paddedColumns(sizeAt(spec, layerCount)) * FLOAT_BYTES);
  placeRegions(record, offsetof<Network>('velocity'), offsetof<Network>('probabilities'));
  for (let l: u32 = 0; l < layerCount; l++) {
    const layer = start ? layerAt(network, l) : changetype<Layer>(DISCARDED + 128);
    const bytes = rows * paddedColumns(sizeAt(spec, l + 1)) * FLOAT_BYTES;
    setSize(offsetof<Layer>('output'), bytes);
    setSize(offsetof<Layer>('delta'), bytes);
    const learns = training || spec.gradient != 0;
    const dropped = spec.dropout != 0 && l + 1 < layerCount;
    setSize(offsetof<Layer>('slopes'), learns && (dropped || isGated(activationAt(spec, l))) ? bytes : 0);
    const paired = batch && (l > 0 || !sparseBatch);
    setSize(offsetof<Layer>('inputPairs'), paired ? pairsBytes(spec.rows, sizeAt(spec, l)) : 0);
    placeRegions(changetype<usize>(layer), offsetof<Layer>('output'), offsetof<Layer>('inputPairs'));
    if (!network.gradient) continue;
    // Gradients are in the same order as the parameters.
    layer.weightGradient = network.gradient + layer.weight - network.parameters;
    layer.biasGradient = network.gradient + layer.bias - network.parameters;
  }
}

/** Size `index` of [inputs, hidden …, classes]. */
function sizeAt(spec: NetworkSpec, index: u32): u32 {
  return load<u32>(changetype<usize>(spec) + offsetof<NetworkSpec>() + index * <u32>sizeof<u32>());
}

function activationAt(spec: NetworkSpec, layer: u32): u32 {
  return sizeAt(spec, spec.layerCount + 1 + layer);
}

/** Address of a layer's activations [rows][padded], or logits, of the last samples that passed through the network. */
export function layerOutput(network: usize, index: u32): usize {
  return layerAt(changetype<Network>(network), index).output;
}

/**
 * Copies a layer's float32 numbers out of the range at `parameters`, which has the shape of the parameters: these, the
 * gradient or a moment. `values` [(inputs + 1) · outputs] is overwritten: the weight row-major [outputs][inputs],
 * then the bias.
 */
export function readLayer(network: usize, index: u32, parameters: usize, values: usize): void {
  copyLayer(changetype<Network>(network), index, parameters, values, false);
}

/** The inverse of `readLayer`. */
export function writeLayer(network: usize, index: u32, parameters: usize, values: usize): void {
  copyLayer(changetype<Network>(network), index, parameters, values, true);
}

function copyLayer(network: Network, index: u32, parameters: usize, values: usize, write: bool): void {
  const layer = layerAt(network, index);
  const shift = parameters - network.parameters;
  for (let o: u32 = 0; o < layer.outputs; o++) {
    const step = inputStep(o, layer.outputs);
    let weight = outputAddress(layer.weight + shift, o, layer.inputs);
    // Few instructions per number: this runs when a model is loaded, before the engine has optimised anything.
    for (const end = values + layer.inputs * FLOAT_BYTES; values < end; values += FLOAT_BYTES, weight += step) {
      if (write) store<u32>(weight, load<u32>(values));
      else store<u32>(values, load<u32>(weight));
    }
  }
  const bytes = layer.outputs * FLOAT_BYTES;
  if (write) memory.copy(layer.bias + shift, values, bytes);
  else memory.copy(values, layer.bias + shift, bytes);
}

/**
 * `readLayer` of int8 weights: `matrix` i8 [outputs][inputs], and `rows` f32 [2][outputs], scales and bias, are
 * overwritten.
 */
export function readLayerInt8(network: usize, index: u32, matrix: usize, rows: usize): void {
  const layer = layerAt(changetype<Network>(network), index);
  const bytes = layer.outputs * FLOAT_BYTES;
  unpackInt8(layer, matrix);
  memory.copy(rows, layer.scales, bytes);
  memory.copy(rows + bytes, layer.bias, bytes);
}

/** The inverse of `readLayerInt8`, into memory that is still zeros. */
export function writeLayerInt8(network: usize, index: u32, matrix: usize, rows: usize): void {
  const layer = layerAt(changetype<Network>(network), index);
  const bytes = layer.outputs * FLOAT_BYTES;
  packInt8(layer, matrix);
  memory.copy(layer.scales, rows, bytes);
  memory.copy(layer.bias, rows + bytes, bytes);
}

/**
 * Bytes of `capacity` samples of `columns` inputs and `labelBytes` bytes of labels, with or without weights; for
 * INPUT_PACKED, `values` of the inputs are not zero.
 */
export function samplesBytes(
  kind: u32,
  capacity: u32,
  columns: u32,
  labelBytes: u32,
  weighted: bool,
  values: u32,
): f64 {
  mapSamples(0, kind, capacity, columns, labelBytes, weighted, values);
  return <f64>end;
}

/** Writes the Samples record at `address`. `sparse`: the first layer works on lists of the inputs that are not zero. */
export function setUpSamples(
  address: usize,
  kind: u32,
  capacity: u32,
  columns: u32,
  labelBytes: u32,
  weighted: bool,
  values: u32,
  sparse: bool,
): void {
  mapSamples(address, kind, capacity, columns, labelBytes, weighted, values);
  const samples = changetype<Samples>(address);
  samples.sparse = u32(sparse || kind == INPUT_PACKED);
  for (let byte: u32 = 0; byte < 256; byte++) {
    store<f32>(samples.byteValues + byte * FLOAT_BYTES, <f32>byte / 255);
  }
}

function mapSamples(
  start: usize,
  kind: u32,
  capacity: u32,
  columns: u32,
  labelBytes: u32,
  weighted: bool,
  values: u32,
): void {
  const record = beginMap(start, offsetof<Samples>());
  const samples = changetype<Samples>(record);
  const packed = kind == INPUT_PACKED;
  samples.count = capacity;
  samples.inputKind = kind;
  samples.columns = columns;
  samples.labelBytes = labelBytes;
  setSize(offsetof<Samples>('inputs'), <u64>capacity * storedBytes(kind, columns));
  setSize(offsetof<Samples>('labels'), <u64>capacity * labelBytes);
  setSize(offsetof<Samples>('weights'), weighted ? <u64>capacity * FLOAT_BYTES : 0);
  setSize(offsetof<Samples>('byteValues'), 256 * FLOAT_BYTES);
  setSize(offsetof<Samples>('offsets'), packed ? (<u64>capacity + 1) * sizeof<u32>() : 0);
  setSize(offsetof<Samples>('values'), packed ? values : 0);
  placeRegions(record, offsetof<Samples>('inputs'), offsetof<Samples>('values'));
}

/** Bytes of picture distortions for `members` members. `sigma`, in pixels, is 0 without a displacement field. */
export function augmentationBytes(rows: u32, columns: u32, sigma: f64, members: u32): f64 {
  mapAugmentation(0, rows, columns, sigma, members);
  return <f64>end;
}

/** Writes the Augmentation record at `address`. Units and meaning of the numbers: records.ts. */
export function setUpAugmentation(
  address: usize,
  rows: u32,
  columns: u32,
  sigma: f64,
  members: u32,
  seed: u32,
  shift: f32,
  rotation: f32,
  scale: f32,
  shear: f32,
  elastic: f32,
): void {
  mapAugmentation(address, rows, columns, sigma, members);
  const augmentation = changetype<Augmentation>(address);
  augmentation.seed = seed;
  augmentation.shiftX = shift;
  augmentation.shiftY = shift;
  augmentation.rotation = rotation;
  augmentation.scaleX = scale;
  augmentation.scaleY = scale;
  augmentation.shear = shear;
  augmentation.elastic = elastic;
  gaussianBasis(augmentation.rowBasis, augmentation.nodeRows, rows, <f32>sigma);
  gaussianBasis(augmentation.columnBasis, augmentation.nodeColumns, columns, <f32>sigma);
}

function mapAugmentation(start: usize, rows: u32, columns: u32, sigma: f64, members: u32): void {
  const record = beginMap(start, offsetof<Augmentation>());
  const augmentation = changetype<Augmentation>(record);
  const nodeRows = countNodes(rows, sigma);
  const nodeColumns = countNodes(columns, sigma);
  augmentation.rows = rows;
  augmentation.columns = columns;
  augmentation.nodeRows = nodeRows;
  augmentation.nodeColumns = nodeColumns;
  augmentation.scratchBytes = distortBytes(rows, columns, nodeRows, nodeColumns);
  setSize(offsetof<Augmentation>('rowBasis'), <u64>nodeRows * fieldColumns(rows) * FLOAT_BYTES);
  setSize(offsetof<Augmentation>('columnBasis'), <u64>nodeColumns * fieldColumns(columns) * FLOAT_BYTES);
  setSize(offsetof<Augmentation>('states'), <u64>members * STATE_BYTES);
  setSize(offsetof<Augmentation>('scratch'), <u64>members * augmentation.scratchBytes);
  placeRegions(record, offsetof<Augmentation>('rowBasis'), offsetof<Augmentation>('scratch'));
}

/** Nodes of noise, `sigma` apart, with one beyond each end. */
function countNodes(length: u32, sigma: f64): u32 {
  return sigma > 0 ? <u32>ceil<f64>(<f64>(length - 1) / sigma) + 3 : 0;
}

/** Bytes of a training run over `samples`, whose slices have at most `steps` steps. */
export function trainerBytes(samples: u32, steps: u32): f64 {
  mapTrainer(0, samples, steps);
  return <f64>end;
}

/** Writes the Trainer record at `address`. */
export function setUpTrainer(
  address: usize,
  samples: u32,
  steps: u32,
  batchSize: u32,
  momentum: f32,
  weightDecay: f32,
  nesterov: bool,
  clipNorm: f32,
  lossLimit: f64,
): void {
  mapTrainer(address, samples, steps);
  const trainer = changetype<Trainer>(address);
  trainer.batchSize = batchSize;
  trainer.momentum = momentum;
  trainer.weightDecay = weightDecay;
  trainer.nesterov = u32(nesterov);
  trainer.clipNorm = clipNorm;
  trainer.lossLimit = lossLimit;
}

/** Chooses OPTIMIZER_ADAM or OPTIMIZER_ADAMW instead of SGD. The powers are beta^t for the t steps taken so far. */
export function setUpAdam(
  address: usize,
  optimizer: u32,
  beta1: f64,
  beta2: f64,
  epsilon: f32,
  power1: f64,
  power2: f64,
): void {
  const trainer = changetype<Trainer>(address);
  trainer.optimizer = optimizer;
  trainer.beta1 = beta1;
  trainer.beta2 = beta2;
  trainer.epsilon = epsilon;
  trainer.power1 = power1;
  trainer.power2 = power2;
}

/** Drops hidden units: `threshold` and `scale` as in records.ts. */
export function setUpDropout(address: usize, seed: u32, threshold: u32, scale: f32): void {
  const trainer = changetype<Trainer>(address);
  trainer.dropoutSeed = seed;
  trainer.dropoutThreshold = threshold;
  trainer.dropoutScale = scale;
}

function mapTrainer(start: usize, samples: u32, steps: u32): void {
  const record = beginMap(start, offsetof<Trainer>());
  setSize(offsetof<Trainer>('order'), <u64>samples * sizeof<u32>());
  setSize(offsetof<Trainer>('stepLosses'), <u64>steps * FLOAT_BYTES);
  setSize(offsetof<Trainer>('stepAccuracies'), <u64>steps * FLOAT_BYTES);
  placeRegions(record, offsetof<Trainer>('order'), offsetof<Trainer>('stepAccuracies'));
}
