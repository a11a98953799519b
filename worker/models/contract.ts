/** Properties that all versions of a model share, so that clients need not change with a version. */
import { describeValue, formatNumber } from '../../src/core/errors.ts';
import { inputSize } from '../../src/core/spec.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { badRequest } from '../errors.ts';

export interface Contract {
  readonly inputs: number;
  /** Names of the classes, by label. */
  readonly classes: readonly string[];
  /** Names of the targets of a regression. */
  readonly targets?: readonly string[] | undefined;
  /** Rows and columns; null if an input is not a picture. */
  readonly imageShape: readonly [rows: number, columns: number] | null;
  /** Whether inputs are pixels from 0 to 255. */
  readonly pixels: boolean;
}

export function readContract({
  spec,
  classes,
  targets,
  scaling: { kind },
  imageShape,
}: Pick<ModelInfo, 'spec' | 'classes' | 'targets' | 'scaling' | 'imageShape'>): Contract {
  // Standardised images are sent as pixels, like images of bytes.
  const pixels = kind === 'bytes' || (kind === 'standard' && imageShape !== undefined);
  const names = targets === undefined ? {} : { targets: targets.map(({ name }) => name) };
  return { inputs: inputSize(spec), classes, ...names, imageShape: imageShape ?? null, pixels };
}

/** Throws 400 for a model that differs from the versions of its name. */
export function checkContract(name: string, { imageShape, ...got }: Contract, expected: Contract): void {
  const differs = (wanted: string, given: string) =>
    badRequest(`${name}: expected ${wanted}, as in its versions, got ${given}: choose another name`);
  const targets = ({ targets: names }: Pick<Contract, 'targets'>) => names?.map(describeValue).join(', ') ?? 'classes';
  if (targets(got) !== targets(expected)) throw differs(targets(expected), targets(got));
  if (got.inputs !== expected.inputs || got.classes.length !== expected.classes.length) {
    const sizes = ({ inputs, classes }: Pick<Contract, 'inputs' | 'classes'>) =>
      `${formatNumber(inputs)} inputs and ${formatNumber(classes.length)} classes`;
    throw differs(sizes(expected), sizes(got));
  }
  const label = got.classes.findIndex((each, i) => each !== expected.classes[i]);
  if (label >= 0)
    throw differs(`class ${label} ${describeValue(expected.classes[label])}`, describeValue(got.classes[label]));
  if (imageShape?.join() !== expected.imageShape?.join()) {
    const pictures = (shape: Contract['imageShape']) =>
      shape === null ? 'no images' : `images of ${shape.join(' × ')}`;
    throw differs(pictures(expected.imageShape), pictures(imageShape));
  }
  if (got.pixels !== expected.pixels) {
    const numbers = (pixels: boolean) => (pixels ? 'pixels from 0 to 255' : 'unscaled numbers');
    throw differs(numbers(expected.pixels), numbers(got.pixels));
  }
}
