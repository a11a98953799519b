/** Samples that the user draws or enters. */
import type { Inputs } from '../../src/core/dataset.ts';
import { inputSize } from '../../src/core/spec.ts';
import type { PictureStage } from '../../src/data/picture/index.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { drawGrey } from '../canvas.ts';

/** Width and height in pixels of the images that can be drawn. */
export const DIGIT_SIDE = 28;
/** Models with more inputs, or columns of a table, get one text box instead of one field for each. */
const MAX_FIELDS = 64;

export interface Sample {
  /** As the service accepts it: pixels 0–255, or unscaled values. */
  readonly raw: Uint8Array | readonly number[];
  /** As the network accepts it: pixels 0–255, or scaled values. */
  readonly inputs: Inputs;
  /** How an image became the inputs. */
  readonly stages?: readonly PictureStage[];
}

/** A drawing pad, a field per value, or one text box for all values. */
export type InputKind = 'pad' | 'fields' | 'box';

export function selectInputKind({ spec, imageShape, scaling, tableColumns }: ModelInfo): InputKind {
  const drawable = imageShape?.every((side) => side === DIGIT_SIDE) ?? false;
  if (drawable && scaling.kind === 'bytes') return 'pad';
  return (tableColumns?.length ?? inputSize(spec)) <= MAX_FIELDS ? 'fields' : 'box';
}

/** Draws 28×28 grey levels 0–255 in row order; black without pixels. */
export function drawPixels(canvas: HTMLCanvasElement, pixels: Uint8Array = new Uint8Array(DIGIT_SIDE ** 2)): void {
  drawGrey(canvas, { width: DIGIT_SIDE, height: DIGIT_SIDE, pixels });
}
