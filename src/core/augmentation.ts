/** Distortions of training images (assembly/distort.ts): their options and their memory. */
import { withResources } from './borrow.ts';
import { type AnyDataset, inputKind, sampleCount } from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import { type Kernels, writeFields } from './kernels.ts';
import { RegionPlan } from './layout.ts';
import { SampleMemory } from './sample-memory.ts';
import { checkTrainingOptions, type TrainingOptionsInput } from './training-options.ts';

/** How images are distorted, and the seed of their distortions. */
export type AugmentationOptions = Pick<TrainingOptionsInput, 'augment' | 'seed'>;

/** The distortions of the images of one data set, for all threads of the kernels. */
export class AugmentationMemory {
  readonly #kernels: Kernels;
  readonly #start: number;

  /** Throws EdgeMlpError "bad-argument" if the samples are not images of bytes, or "out-of-memory". */
  constructor(kernels: Kernels, dataset: AnyDataset, options: AugmentationOptions) {
    const [rows, columns] = checkPictures(dataset);
    this.#kernels = kernels;
    const { augment, seed } = checkTrainingOptions(options);
    const { sigma, ...strengths } = { ...NO_DISTORTION, ...augment };
    const nodes = (length: number) => (augment.kind === 'elastic' ? nodesAlong(length, sigma) : 0);
    const [nodeRows, nodeColumns] = [nodes(rows), nodes(columns)];
    const scratchBytes = kernels.call.distortBytes(rows, columns, nodeRows, nodeColumns);
    const plan = new RegionPlan();
    const regions = {
      record: plan.add(kernels.constant('AUGMENTATION_BYTES')),
      rowBasis: plan.add(nodeRows * roundUp(rows) * Float32Array.BYTES_PER_ELEMENT),
      columnBasis: plan.add(nodeColumns * roundUp(columns) * Float32Array.BYTES_PER_ELEMENT),
      states: plan.add(kernels.threads * kernels.constant('STATE_BYTES')),
      scratch: plan.add(kernels.threads * scratchBytes),
    };
    this.#start = kernels.allocate(plan.bytes);
    const rowBasis = this.#start + regions.rowBasis.offset;
    const columnBasis = this.#start + regions.columnBasis.offset;
    kernels.call.gaussianBasis(rowBasis, nodeRows, rows, sigma, sigma);
    kernels.call.gaussianBasis(columnBasis, nodeColumns, columns, sigma, sigma);
    writeFields(kernels, this.address, {
      AUGMENTATION_ROWS: rows,
      AUGMENTATION_COLUMNS: columns,
      AUGMENTATION_SEED: seed,
      AUGMENTATION_NODE_ROWS: nodeRows,
      AUGMENTATION_NODE_COLUMNS: nodeColumns,
      AUGMENTATION_ROW_BASIS: rowBasis,
      AUGMENTATION_COLUMN_BASIS: columnBasis,
      AUGMENTATION_STATES: this.#start + regions.states.offset,
      AUGMENTATION_SCRATCH: this.#start + regions.scratch.offset,
      AUGMENTATION_SCRATCH_BYTES: scratchBytes,
    });
    const record = kernels.record(this.address);
    const write = (name: Parameters<Kernels['constant']>[0], value: number) =>
      record.setFloat32(kernels.constant(name), value, true);
    write('AUGMENTATION_SHIFT', strengths.shift);
    write('AUGMENTATION_ROTATION', (strengths.rotation * Math.PI) / 180);
    write('AUGMENTATION_SCALE', strengths.scale);
    write('AUGMENTATION_SHEAR', strengths.shear);
    // Simard's alpha scales noise smoothed by a normalised Gaussian, whose deviation is 2 √π sigma times smaller.
    write('AUGMENTATION_ELASTIC', strengths.alpha / (2 * Math.sqrt(Math.PI) * sigma));
  }

  /** Address of the Augmentation record. */
  get address(): number {
    return this.#start;
  }

  /** Selects the distortions of an epoch, from 0. */
  set epoch(epoch: number) {
    writeFields(this.#kernels, this.address, { AUGMENTATION_EPOCH: epoch });
  }

  free(): void {
    this.#kernels.free(this.#start);
  }
}

/** The strengths of the distortions that a kind of augmentation does not have. */
const NO_DISTORTION = { shift: 0, rotation: 0, scale: 0, shear: 0, alpha: 0, sigma: 1 };

/** Nodes of noise at distances of `sigma`, one of them beyond each end. */
function nodesAlong(length: number, sigma: number): number {
  return Math.ceil((length - 1) / sigma) + 3;
}

/** The next multiple of 4: floats are read in vectors of 4. */
function roundUp(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** Rows and columns of the images of a data set. Throws EdgeMlpError "bad-argument" if its samples are not images of bytes. */
function checkPictures(dataset: AnyDataset): readonly [rows: number, columns: number] {
  const { name, imageShape, inputs } = dataset;
  if (imageShape === undefined || inputKind(inputs) === 'floats') {
    const got = imageShape === undefined ? 'samples that are not images' : 'images of floats';
    throw new EdgeMlpError('bad-argument', `augment: expected images whose pixels are bytes, got ${got} in ${name}`);
  }
  return imageShape;
}

/**
 * The distorted images of epoch `epoch`, from 0, as training with the same seed sees them: [samples][rows · columns]. Throws
 * EdgeMlpError "bad-argument" if the samples are not images of bytes.
 *
 * @example
 * ```ts
 * import { distortedPictures, loadKernels } from 'edge-mlp';
 * import { digitsDataset } from 'edge-mlp/data';
 *
 * const digits = digitsDataset({ samples: 10, seed: 1 });
 * const pictures = distortedPictures(await loadKernels(), digits, { augment: { kind: 'elastic' } }, 0);
 * console.log(pictures.length, pictures.some((pixel, i) => pixel !== digits.inputs[i])); // 7840 true
 * ```
 */
export function distortedPictures(
  kernels: Kernels,
  dataset: AnyDataset,
  options: AugmentationOptions,
  epoch: number,
): Uint8Array<ArrayBuffer> {
  const { columns } = dataset;
  const pictures = new Uint8Array(sampleCount(dataset) * columns);
  withResources((hold) => {
    const samples = hold(SampleMemory.of(kernels, dataset, { sparse: true, packed: false }));
    const augmentation = hold(new AugmentationMemory(kernels, dataset, options));
    const { address } = hold(kernels.block(columns));
    augmentation.epoch = epoch;
    samples.augmentBy(augmentation.address);
    for (let sample = 0; sample < sampleCount(dataset); sample++) {
      kernels.call.distortSample(address, samples.address, sample);
      pictures.set(kernels.bytes(address, columns), sample * columns);
    }
  });
  return pictures;
}
