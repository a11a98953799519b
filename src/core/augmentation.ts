/** Distortions of training images (assembly/distort.ts): their options and their memory. */
import { withResources } from './borrow.ts';
import { type AnyDataset, inputKind, sampleCount } from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import type { Kernels } from './kernels.ts';
import { SampleMemory } from './sample-memory.ts';
import { checkTrainingOptions, type TrainingOptionsInput } from './training-options.ts';

/** How images are distorted, and the seed of their distortions. */
export type AugmentationOptions = Pick<TrainingOptionsInput, 'augment' | 'seed'>;

/** The distortions of the images of one data set, for all threads of the kernels. */
export class AugmentationMemory {
  /** Address of the Augmentation record. */
  readonly address: number;
  readonly #kernels: Kernels;

  /** Throws EdgeMlpError "bad-argument" if the samples are not images of bytes, or "out-of-memory". */
  constructor(kernels: Kernels, dataset: AnyDataset, options: AugmentationOptions) {
    const [rows, columns] = checkPictures(dataset);
    this.#kernels = kernels;
    const { augment, seed } = checkTrainingOptions(options);
    const { sigma, alpha, shift, rotation, scale, shear } = { ...NO_DISTORTION, ...augment };
    const { threads, call } = kernels;
    this.address = kernels.allocate(call.augmentationBytes(rows, columns, sigma, threads));
    // Simard's alpha scales noise smoothed by a normalised Gaussian, whose deviation is 2 √π sigma times smaller.
    const elastic = sigma === 0 ? 0 : alpha / (2 * Math.sqrt(Math.PI) * sigma);
    const radians = (rotation * Math.PI) / 180;
    call.setUpAugmentation(this.address, rows, columns, sigma, threads, seed, shift, radians, scale, shear, elastic);
  }

  /** Epoch whose distortions apply from now on, from 0. */
  set epoch(epoch: number) {
    this.#kernels.setField(this.address, 'AUGMENTATION_EPOCH', epoch);
  }

  free(): void {
    this.#kernels.free(this.address);
  }
}

/** The strengths of the distortions that a kind of augmentation does not have. */
const NO_DISTORTION = { shift: 0, rotation: 0, scale: 0, shear: 0, alpha: 0, sigma: 0 };

/**
 * Rows and columns of the images of a data set. Throws EdgeMlpError "bad-argument" if its samples are not images of
 * bytes.
 */
export function checkPictures(dataset: AnyDataset): readonly [rows: number, columns: number] {
  const { name, imageShape, inputs } = dataset;
  if (imageShape === undefined || inputKind(inputs) === 'floats') {
    const got = imageShape === undefined ? 'samples that are not images' : 'images of floats';
    throw new EdgeMlpError('bad-argument', `augment: expected images whose pixels are bytes, got ${got} in ${name}`);
  }
  return imageShape;
}

/**
 * The distorted images of epoch `epoch`, from 0, as training with the same seed sees them: [samples][rows · columns].
 * Throws EdgeMlpError "bad-argument" if the samples are not images of bytes.
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
