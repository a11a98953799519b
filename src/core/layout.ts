/** The memory map of a network: where everything lies in its one block, computed from the spec. */
import { align } from './allocator.ts';
import type { Kernels } from './kernels.ts';
import { type MlpSpec, type Precision, sizeAt } from './spec.ts';

/** A part of a network's block. */
export interface Region {
  /** Bytes from the start of the block. */
  readonly offset: number;
  readonly bytes: number;
}

export interface LayerRegions {
  readonly inputs: number;
  readonly outputs: number;
  /** Floats in a row of outputs, with padding. */
  readonly columns: number;
  readonly weight: Region;
  /** Of int8 weights alone. */
  readonly scales: Region | undefined;
  readonly bias: Region;
  readonly output: Region;
  readonly delta: Region;
}

/** For updates of the first layer that wait until its weights are read. */
export interface DeferralRegions {
  /** What the row of each input owes. */
  readonly deferred: Region;
  readonly deltas: Region;
  readonly touches: Region;
}

export interface Layout {
  readonly bytes: number;
  /** How many samples can pass through the network together: the size of a batch in training. */
  readonly rows: number;
  /** The trainer record, the parameters and, in training with momentum or weight decay, the velocity: one range. */
  readonly checkpoint: Region;
  readonly trainer: Region;
  /** Every weight and bias, in the order of the layers; gradient and velocity have the same shape. */
  readonly parameters: Region;
  readonly velocity: Region | undefined;
  readonly gradient: Region | undefined;
  readonly network: Region;
  readonly layerRecords: Region;
  readonly layers: readonly LayerRegions[];
  readonly inputSpace: Region;
  readonly inputAddress: Region;
  readonly inputCount: Region;
  readonly inputSpans: Region;
  /** For training with more than one row. */
  readonly columnEntries: Region | undefined;
  readonly columnStarts: Region | undefined;
  readonly columnPairs: Region | undefined;
  readonly rowLosses: Region | undefined;
  readonly rowCorrect: Region | undefined;
  readonly deferral: DeferralRegions | undefined;
  /** For int8 weights alone. */
  readonly pairs: Region | undefined;
  readonly probabilities: Region;
}

export interface LayoutOptions {
  readonly precision: Precision;
  readonly rows: number;
  readonly training: boolean;
  /** Whether training works on lists of the inputs that are not zero. */
  readonly sparse: boolean;
  readonly velocity: boolean;
  readonly gradient: boolean;
  /** Whether the first layer's updates wait until its weights are read: for training with one row and no gradient. */
  readonly deferral: boolean;
}

const FLOAT_BYTES = 4;
const WORD_BYTES = 4;
const DOUBLE_BYTES = 8;
/** One sparse entry: index and value. */
const ENTRY_BYTES = 8;
/** Where a part of a row's entries begins and ends. */
const SPAN_BYTES = 8;
/** Of linear-deferred.ts. */
const DEFERRED_BYTES = 8;
const TOUCH_BYTES = 16;
/** Of linear-int8.ts: two inputs. */
const PAIR_BYTES = 8;

/** Regions follow each other from offset 0, each aligned to two cache lines. */
export class RegionPlan {
  bytes = 0;

  add(bytes: number): Region {
    const region = { offset: this.bytes, bytes };
    this.bytes += align(bytes);
    return region;
  }
}

export function computeLayout(kernels: Kernels, spec: MlpSpec, options: LayoutOptions): Layout {
  const { rows } = options;
  const plan = new RegionPlan();
  const sizes = spec.layers.slice(1).map((outputs, l) => {
    const columns = kernels.call.paddedColumns(outputs);
    return { inputs: sizeAt(spec.layers, l), outputs, columns };
  });

  const trainer = plan.add(kernels.constant('TRAINER_BYTES'));
  const parametersStart = plan.bytes;
  const int8 = options.precision === 'int8';
  const parameters = sizes.map(({ inputs, outputs, columns }) => ({
    weight: plan.add(int8 ? kernels.call.int8Bytes(inputs, outputs) : inputs * columns * FLOAT_BYTES),
    scales: int8 ? plan.add(columns * FLOAT_BYTES) : undefined,
    bias: plan.add(columns * FLOAT_BYTES),
  }));
  const parameterBytes = plan.bytes - parametersStart;
  const velocity = options.velocity ? plan.add(parameterBytes) : undefined;
  const checkpoint = { offset: 0, bytes: plan.bytes };

  const gradient = options.gradient ? plan.add(parameterBytes) : undefined;
  const network = plan.add(kernels.constant('NETWORK_BYTES'));
  const layerRecords = plan.add(sizes.length * kernels.constant('LAYER_BYTES'));
  const layers = sizes.map((size, l) => ({
    ...size,
    ...regionAt(parameters, l),
    output: plan.add(rows * size.columns * FLOAT_BYTES),
    delta: plan.add(rows * size.columns * FLOAT_BYTES),
  }));
  const inputSpace = plan.add(rows * sizeAt(spec.layers, 0) * ENTRY_BYTES);
  const inputAddress = plan.add(rows * WORD_BYTES);
  const inputCount = plan.add(rows * WORD_BYTES);
  const inputs = sizeAt(spec.layers, 0);
  const inputSpans = plan.add(rows * SPAN_BYTES * kernels.constant('MAX_MEMBERS'));
  const batch = options.training && rows > 1;
  const columnEntries = batch && options.sparse ? plan.add(rows * inputs * ENTRY_BYTES) : undefined;
  const columnStarts =
    batch && options.sparse ? plan.add((inputs + kernels.constant('MAX_MEMBERS')) * WORD_BYTES) : undefined;
  const columnPairs = batch && !options.sparse ? plan.add(kernels.call.pairsBytes(rows, inputs)) : undefined;
  const rowLosses = batch ? plan.add(rows * DOUBLE_BYTES) : undefined;
  const rowCorrect = batch ? plan.add(rows * WORD_BYTES) : undefined;
  const deferral = options.deferral ? deferralRegions(kernels, plan, inputs, regionAt(sizes, 0).columns) : undefined;
  const pairs = int8 ? plan.add(Math.ceil(Math.max(...sizes.map((size) => size.inputs)) / 2) * PAIR_BYTES) : undefined;
  const probabilities = plan.add(rows * regionAt(sizes, -1).columns * FLOAT_BYTES);

  return {
    bytes: plan.bytes,
    rows,
    checkpoint,
    trainer,
    parameters: { offset: parametersStart, bytes: parameterBytes },
    velocity,
    gradient,
    network,
    layerRecords,
    layers,
    inputSpace,
    inputAddress,
    inputCount,
    inputSpans,
    columnEntries,
    columnStarts,
    columnPairs,
    rowLosses,
    rowCorrect,
    deferral,
    pairs,
    probabilities,
  };
}

function deferralRegions(kernels: Kernels, plan: RegionPlan, inputs: number, columns: number): DeferralRegions {
  return {
    deferred: plan.add(inputs * DEFERRED_BYTES),
    deltas: plan.add((1 + kernels.constant('DEFERRED_SAMPLES')) * columns * FLOAT_BYTES),
    touches: plan.add(inputs * TOUCH_BYTES),
  };
}

function regionAt<T>(list: readonly T[], index: number): T {
  const item = list.at(index);
  if (item === undefined) throw new RangeError(`layout: no layer ${index}`);
  return item;
}
