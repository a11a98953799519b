/**
 * What the clients of a name rely on, whichever version answers them. It is written once, before the first version: of two that come
 * at the same time under a new name, one decides.
 */
import { describeValue, formatNumber } from '../../src/core/errors.ts';
import { inputSize } from '../../src/core/spec.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { HttpError } from '../errors.ts';

export interface Contract {
  readonly inputs: number;
  /** Names, by label. */
  readonly classes: readonly string[];
  /** Rows and columns; null where an input is no picture. */
  readonly imageShape: readonly [rows: number, columns: number] | null;
  /** Whether inputs go from 0 to 255: other numbers would be answered, and wrong. */
  readonly pixels: boolean;
}

export function readContract({
  spec,
  classes,
  scaling: { kind },
  imageShape,
}: Pick<ModelInfo, 'spec' | 'classes' | 'scaling' | 'imageShape'>): Contract {
  // Pictures are standardised as they come, too.
  const pixels = kind === 'bytes' || (kind === 'standard' && imageShape !== undefined);
  return { inputs: inputSize(spec), classes, imageShape: imageShape ?? null, pixels };
}

/** Throws 400 where a model would answer otherwise than its name did before. */
export function checkContract(name: string, { imageShape, ...got }: Contract, expected: Contract): void {
  const differ = (wanted: string, given: string) =>
    new HttpError(400, `${name}: expected ${wanted}, as its versions have, got ${given}: take another name`);
  if (got.inputs !== expected.inputs || got.classes.length !== expected.classes.length) {
    const sizes = ({ inputs, classes }: Pick<Contract, 'inputs' | 'classes'>) =>
      `${formatNumber(inputs)} inputs and ${formatNumber(classes.length)} classes`;
    throw differ(sizes(expected), sizes(got));
  }
  const label = got.classes.findIndex((each, i) => each !== expected.classes[i]);
  if (label >= 0)
    throw differ(`class ${label} ${describeValue(expected.classes[label])}`, describeValue(got.classes[label]));
  if (imageShape?.join() !== expected.imageShape?.join()) {
    const pictures = (shape: Contract['imageShape']) =>
      shape === null ? 'no pictures' : `pictures of ${shape.join(' × ')}`;
    throw differ(pictures(expected.imageShape), pictures(imageShape));
  }
  if (got.pixels !== expected.pixels) {
    const numbers = (pixels: boolean) => (pixels ? 'pixels from 0 to 255' : 'numbers as they are');
    throw differ(numbers(expected.pixels), numbers(got.pixels));
  }
}
