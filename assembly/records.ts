/**
 * The records that describe a network, its samples and a training run. memory-map.ts computes where their parts are and
 * writes them. src/core reads a few fields by the offsets that memory-map.ts exports.
 */

/** Activation of a layer. That of the output layer is the identity: softmax follows. */
export const ACTIVATION_IDENTITY: u32 = 0;
export const ACTIVATION_SIGMOID: u32 = 1;
export const ACTIVATION_TANH: u32 = 2;
export const ACTIVATION_RELU: u32 = 3;
export const ACTIVATION_LEAKY_RELU: u32 = 4;
export const ACTIVATION_ELU: u32 = 5;
export const ACTIVATION_GELU: u32 = 6;
export const ACTIVATION_GELU_TANH: u32 = 7;
export const ACTIVATION_SILU: u32 = 8;
export const ACTIVATION_SOFTPLUS: u32 = 9;

/** One linear layer with its activation. */
@unmanaged
export class Layer {
  inputs: u32;
  outputs: u32;
  /** Columns with padding, `paddedColumns(outputs)`: floats in a row of activations or deltas, and in a bias. */
  padded: u32;
  activation: u32;
  /** Weights, in tiles, and bias [padded]. */
  weight: usize;
  /** int8 weights (linear-int8.ts): the scale of each output [padded]. 0 for float32. */
  scales: usize;
  bias: usize;
  /** Activations [rows][padded], and gradients of the loss with respect to the linear output [rows][padded]. */
  output: usize;
  delta: usize;
  /**
   * Derivatives of the outputs with respect to the linear output [rows][padded], in networks with a gradient or for
   * training: for gated activations, and for all hidden layers with dropout. Absent (0) otherwise.
   */
  slopes: usize;
  /** For batches: the scaled inputs in pairs [⌊inputs / 2⌋][rows][2] (packPairs). Absent (0) for sparse inputs. */
  inputPairs: usize;
  /** Gradients in the shapes of weight and bias. 0 if the network has no gradient. */
  weightGradient: usize;
  biasGradient: usize;

  /** Bytes of a row of activations or deltas. */
  rowBytes(): u32 {
    return this.padded * <u32>sizeof<f32>();
  }

  /** Bytes of one output's weights. */
  columnBytes(): u32 {
    return columnBytes(this.inputs, this.scales != 0);
  }
}

/** Bytes of one output's weights. int8 weights are stored in pairs of inputs. */
export function columnBytes(inputs: u32, int8: bool): u32 {
  return int8 ? (inputs + 1) & ~1 : inputs * <u32>sizeof<f32>();
}

/** Loss of a network. Cross-entropy follows softmax; the others compare the outputs with targets (regression-loss.ts). */
export const LOSS_CROSS_ENTROPY: u32 = 0;
export const LOSS_SQUARED_ERROR: u32 = 1;
export const LOSS_ABSOLUTE_ERROR: u32 = 2;
export const LOSS_HUBER: u32 = 3;

/**
 * Shape and options of a network, the input of memory-map.ts. Numbers of 32 bits. The sizes [inputs, hidden …, outputs]
 * and the activation of each layer [layerCount] follow the record.
 */
@unmanaged
export class NetworkSpec {
  loss: u32;
  /** Samples that pass through the network together: in training, the batch size. */
  rows: u32;
  /** Not 0: int8 weights. */
  int8: u32;
  /** Not 0: memory for training on batches, from sparse inputs or dense ones. */
  training: u32;
  sparse: u32;
  /** Not 0: a velocity, a second moment, a gradient. */
  velocity: u32;
  secondMoment: u32;
  gradient: u32;
  /**
   * Not 0: updates of the first layer may stay pending (linear-pending.ts). For training with one row and no gradient.
   */
  pending: u32;
  /** Not 0: memory for training with dropout. */
  dropout: u32;
  /** Layers with weights: one less than sizes. */
  layerCount: u32;
}

/** A network: its layers and the memory of `rows` samples that pass through it together. */
@unmanaged
export class Network {
  layerCount: u32;
  rows: u32;
  parameterLength: u32;
  /** LOSS_CROSS_ENTROPY for classes, another loss for targets. */
  loss: u32;
  /** Layer [layerCount]. */
  layers: usize;
  /**
   * All weights and biases, one range of `parameterLength` floats. Velocity (the first moment of Adam), second moment
   * and gradient have its shape, or are absent (0).
   */
  parameters: usize;
  velocity: usize;
  secondMoment: usize;
  gradient: usize;
  /** Space for the input of each row [rows][inputs · 8 bytes], sparse entries or dense values. */
  inputSpace: usize;
  /**
   * Address of each row's input, usize [rows], its number of elements, u32 [rows], and the number of its sample, u32
   * [rows].
   */
  inputAddress: usize;
  inputCount: usize;
  inputSample: usize;
  /** Scratch of each member [MAX_MEMBERS][rows · 8 bytes]. */
  inputSpans: usize;
  /**
   * For batches of sparse inputs: the entries of all rows by input [rows · inputs · 8 bytes], and the first entry of
   * each input, u32 [inputs + MAX_MEMBERS], in one part per member. Absent (0) otherwise.
   */
  columnEntries: usize;
  columnStarts: usize;
  /** Loss of each row, f64 [rows], and whether its class was predicted correctly, u32 [rows]; 0 for targets. */
  rowLosses: usize;
  rowCorrect: usize;
  /**
   * For pending updates of the first layer (linear-pending.ts): the update of each input's row [inputs · 8 bytes], the
   * deltas [1 + PENDING_SAMPLES][padded], the first of which is zeros, and the touches of a sample [inputs · 16 bytes].
   * Absent (0) otherwise.
   */
  pending: usize;
  pendingDeltas: usize;
  touches: usize;
  /**
   * int8 weights: scratch for the pairs of the layer with the most inputs [⌈inputs / 2⌉ · 8 bytes]. Absent (0) for
   * float32.
   */
  pairs: usize;
  /** Output of softmax [rows][padded]. */
  probabilities: usize;
}

/** How the inputs of a set of samples are stored. */
export const INPUT_BYTES: u32 = 0;
export const INPUT_FLOATS: u32 = 1;
export const INPUT_PACKED: u32 = 2;

/** A set of samples in memory. */
@unmanaged
export class Samples {
  count: u32;
  /**
   * INPUT_BYTES or INPUT_FLOATS: `inputs` is [count][columns] of one or four bytes. INPUT_PACKED: `inputs` is a mask
   * per sample, [count][maskBytes], and `values` the bytes that are not zero.
   */
  inputKind: u32;
  /** Not 0: the first layer works on lists of the non-zero inputs. Always for INPUT_PACKED. */
  sparse: u32;
  columns: u32;
  /** Bytes of a sample's labels. */
  labelBytes: u32;
  inputs: usize;
  /**
   * Class of each sample, u16 [count], its probabilities, f32 [count][classes], or its targets, f32 [count][targets].
   */
  labels: usize;
  /** Factor of each sample's loss and gradient, f32 [count]. Absent (0) if all are 1. */
  weights: usize;
  /** Value of each byte, f32 [256]; unused for floats. */
  byteValues: usize;
  /** INPUT_PACKED: u32 [count + 1], the first byte of each sample in `values`. */
  offsets: usize;
  values: usize;
  /** Augmentation: training reads distorted pictures. 0 for samples that are read unchanged. */
  augmentation: usize;
}

/** How pictures are distorted, and the memory for it (distort.ts). */
@unmanaged
export class Augmentation {
  /** Shape of a picture. */
  rows: u32;
  columns: u32;
  /** The distortion of a sample is drawn from seed, epoch and the sample's number. */
  seed: u32;
  epoch: u32;
  /**
   * Limits of the random draws, in their order: shift, in pixels, rotation, in radians, scaling and shear, as
   * fractions.
   */
  shiftX: f32;
  shiftY: f32;
  rotation: f32;
  scaleX: f32;
  scaleY: f32;
  shear: f32;
  /**
   * Displacement field: the largest noise of its nodes, in pixels, and the basis of rows and columns. Without nodes
   * there is no field.
   */
  elastic: f32;
  nodeRows: u32;
  nodeColumns: u32;
  /** For each member: its scratch, and its random state and map [STATE_BYTES]. */
  scratchBytes: u32;
  rowBasis: usize;
  columnBasis: usize;
  states: usize;
  scratch: usize;
}

export const OPTIMIZER_SGD: u32 = 0;
export const OPTIMIZER_ADAM: u32 = 1;
export const OPTIMIZER_ADAMW: u32 = 2;

/** A training run: its options, and its place in the epoch. */
@unmanaged
export class Trainer {
  /** Sum of the losses of this epoch's samples so far, in nats, each at the weights of its step. */
  lossSum: f64;
  /** A step whose mean loss is above this, or not a number, has diverged. */
  lossLimit: f64;
  /** Adam: decay rates of the moments, and beta^t for the step t. */
  beta1: f64;
  beta2: f64;
  power1: f64;
  power2: f64;
  /** Samples of this epoch so far that were classified correctly, each at the weights of its step. */
  correct: u32;
  /** Samples of this epoch that have been used. */
  cursor: u32;
  batchSize: u32;
  learningRate: f32;
  momentum: f32;
  weightDecay: f32;
  /** Not 0: Nesterov's momentum. */
  nesterov: u32;
  /** Greatest norm of a step's gradient. 0: no limit. */
  clipNorm: f32;
  optimizer: u32;
  epsilon: f32;
  /** Dropout: its units are drawn from seed, epoch and the sample's number. */
  dropoutSeed: u32;
  dropoutEpoch: u32;
  /** A unit is dropped if its 32 random bits are below this; 0: no dropout. */
  dropoutThreshold: u32;
  /** Factor of the units that stay. */
  dropoutScale: f32;
  /** Order of the samples in this epoch, u32 [samples]. */
  order: usize;
  /**
   * Results of each step of a slice, f32 [steps]: mean loss, and fraction of the step's samples that were classified
   * correctly.
   */
  stepLosses: usize;
  stepAccuracies: usize;
}
