/**
 * The records through which the host describes a network, its samples and a training run. They are plain memory, written by
 * src/core; the exported offsets are how it knows where each field lies, so that the fields are listed here alone.
 */

/** What a layer applies to its linear output. The output layer has none: its logits go to softmax. */
export const ACTIVATION_NONE: u32 = 0;
export const ACTIVATION_SIGMOID: u32 = 1;
export const ACTIVATION_TANH: u32 = 2;
export const ACTIVATION_RELU: u32 = 3;

/** One linear layer with its activation. Rows are padded: `paddedColumns(outputs)` floats each. */
@unmanaged
export class Layer {
  inputs: u32;
  outputs: u32;
  activation: u32;
  /** Parameters, in tiles, and their bias [padded]. */
  weight: usize;
  /** Of int8 weights (linear-int8.ts): what each output's are multiples of [padded]. Absent (0) for float32. */
  scales: usize;
  bias: usize;
  /** Where the gradients are collected, of the same shapes; absent (0) where none are. */
  weightGradient: usize;
  biasGradient: usize;
  /** Activations [rows][padded], and the gradients of the loss with respect to the linear output [rows][padded]. */
  output: usize;
  delta: usize;
}

/** A network: its layers and the memory of `rows` samples that pass through it together. */
@unmanaged
export class Network {
  layerCount: u32;
  /** How many samples there is room for. */
  rows: u32;
  /** Layer [layerCount]. */
  layers: usize;
  /** All weights and biases, one range of `parameterLength` floats; gradient and velocity have its shape, or are absent (0). */
  parameters: usize;
  parameterLength: u32;
  gradient: usize;
  velocity: usize;
  /** Space for the input of each row [rows][inputs · 8 bytes], sparse entries or dense values. */
  inputSpace: usize;
  /** Where the input of each row lies, usize [rows], and how many elements it has, u32 [rows]. */
  inputAddress: usize;
  inputCount: usize;
  /** Scratch of each member [MAX_MEMBERS][rows · 8 bytes]. */
  inputSpans: usize;
  /**
   * For more than one row: the sparse entries of all rows by input, [rows · inputs · 8 bytes], and where each input's begin,
   * u32 [inputs + MAX_MEMBERS], in a part for each member. Absent (0) for one row.
   */
  columnEntries: usize;
  columnStarts: usize;
  /** For more than one row of dense inputs: their values two by two [⌊inputs / 2⌋][rows][2]. Absent (0) otherwise. */
  columnPairs: usize;
  /** For more than one row: each one's loss, f64 [rows], and whether it was classified correctly, u32 [rows]. */
  rowLosses: usize;
  rowCorrect: usize;
  /**
   * For updates of the first layer that wait until its weights are read (linear-deferred.ts): what each input's row owes
   * [inputs · 8 bytes], the deltas [1 + DEFERRED_SAMPLES][padded], of which the first is zeros, and room for the touches of a
   * sample [inputs · 16 bytes]. Absent (0) where updates are made at once.
   */
  deferred: usize;
  deferredDeltas: usize;
  touches: usize;
  /** For int8 weights: scratch of the layer with the most inputs [⌈inputs / 2⌉ · 8 bytes]. Absent (0) for float32. */
  pairs: usize;
  /** Output of softmax [rows][padded]. */
  probabilities: usize;
}

/** How the inputs of a set of samples are kept. */
export const INPUT_BYTES: u32 = 0;
export const INPUT_FLOATS: u32 = 1;
export const INPUT_PACKED: u32 = 2;

/** A set of samples in memory. */
@unmanaged
export class Samples {
  count: u32;
  /**
   * INPUT_BYTES or INPUT_FLOATS: `inputs` is [count][columns] of one or of four bytes. INPUT_PACKED, always sparse: `inputs` is
   * a mask for each sample, [count][maskBytes], and `values` the bytes that are not zero.
   */
  inputKind: u32;
  /** Not zero: most inputs are zeros, and the first layer works on lists of the others. */
  sparse: u32;
  columns: u32;
  inputs: usize;
  /** u16 [count], the class of each. */
  labels: usize;
  /** Float32 [256], the value of each byte; unused for floats. */
  byteValues: usize;
  /** Packed alone: u32 [count + 1], where in `values` each sample begins. */
  offsets: usize;
  values: usize;
  /** Augmentation: the samples are pictures, of which training sees distortions. Absent (0) where they are seen as they are. */
  augmentation: usize;
}

/** How pictures are distorted, and the room for it (distort.ts). */
@unmanaged
export class Augmentation {
  /** Of a picture. */
  rows: u32;
  columns: u32;
  /** What the distortion of a sample is drawn from, with its number. */
  seed: u32;
  epoch: u32;
  /** Greatest shift, in pixels, turn, in radians, scaling and shear, as shares. */
  shift: f32;
  rotation: f32;
  scale: f32;
  shear: f32;
  /** The field of displacements: the noise of its nodes, in pixels, and what each node has to say; no nodes, no field. */
  elastic: f32;
  nodeRows: u32;
  nodeColumns: u32;
  rowBasis: usize;
  columnBasis: usize;
  /** Of each member: its random numbers and map [STATE_BYTES], and its scratch. */
  states: usize;
  scratch: usize;
  scratchBytes: u32;
}

/** A training run: its options, and how far its epoch has come. */
@unmanaged
export class Trainer {
  /** Sum of the losses of this epoch's samples so far, in formatNats, each with the weights of its moment. */
  lossSum: f64;
  /** A step whose mean loss is above this, or not a number, has diverged. */
  lossLimit: f64;
  /** How many of this epoch's samples so far were classified correctly, each with the weights of its moment. */
  correct: u32;
  /** How many samples of this epoch have been used. */
  cursor: u32;
  batchSize: u32;
  learningRate: f32;
  momentum: f32;
  weightDecay: f32;
  /** Not zero: Nesterov's momentum. */
  nesterov: u32;
  /** u32 [samples], the order of this epoch. */
  order: usize;
  /** What each step of a call leaves behind, [steps]: its mean loss, f32, and how many of its samples were right, u32. */
  stepLosses: usize;
  stepCorrect: usize;
}
