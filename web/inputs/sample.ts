/** What a network is asked about, and how it can be given. */
import type { Inputs } from '../../src/core/dataset.ts';
import { inputSize } from '../../src/core/spec.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { DIGIT_SIDE } from '../pixels.ts';

export interface Sample {
  /** As the service takes it: pixels 0–255, or numbers as a table has them. */
  readonly given: Uint8Array | readonly number[];
  /** As the network takes it. */
  readonly inputs: Inputs;
}

/** Drawn, written into a field for each number, or brought as a whole. */
export type InputKind = 'pad' | 'fields' | 'list';

/** More fields than that nobody fills in. */
const MOST_FIELDS = 64;

export function inputKind({ spec, imageShape, scaling }: ModelInfo): InputKind {
  const drawn = imageShape?.every((side) => side === DIGIT_SIDE) ?? false;
  if (drawn && scaling.kind === 'bytes') return 'pad';
  return inputSize(spec) <= MOST_FIELDS ? 'fields' : 'list';
}
