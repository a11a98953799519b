/** Networks for pixels: clients send bytes, which are divided by 255 before the first layer. */
import { inputSize } from '../core/spec.ts';
import type { ModelInfo } from './metadata.ts';
import type { ModelFile } from './model-file.ts';

/** The greatest value of a pixel in a file: bytes, or shares of the brightness from 0 to 1. */
export type PixelRange = 255 | 1;
export const BYTES: PixelRange = 255;
export const SHARES: PixelRange = 1;

/** (x - mean) / standardDeviation. */
export interface Front {
  readonly mean: readonly number[];
  readonly standardDeviation: readonly number[];
}

/**
 * The range of pixels that a standardisation is for; undefined if it is unclear. Networks take numbers of about -4 to
 * 4. Bytes that are divided by less than 4 would reach 64; shares that are divided by more than 64 would not differ.
 */
export function findRange({ standardDeviation }: Front): PixelRange | undefined {
  if (standardDeviation.every((each) => each >= 64)) return BYTES;
  return standardDeviation.every((each) => each <= 4) ? SHARES : undefined;
}

/** Makes the standardisation of pixels in a range part of the first layer. */
export function toPixels(model: ModelFile, range: PixelRange, front = readFront(model.info)): ModelFile {
  const { info, parameters } = model;
  const pixels: ModelInfo = { ...info, scaling: { kind: 'bytes' } };
  if (front === undefined && range === SHARES) return { ...model, info: pixels };
  const inputs = inputSize(info.spec);
  const { mean, standardDeviation } = front ?? { mean: [], standardDeviation: [] };
  const [weight = new Float32Array(), ...weights] = parameters.weights;
  const [bias = new Float32Array(), ...biases] = parameters.biases;
  // W ((r u - m) / s) + b = (W r / s) u + (b - W m / s), in float64, rounded once.
  const divided = Float64Array.from(weight, (w, k) => w / (standardDeviation[k % inputs] ?? 1));
  const shifted = Float64Array.from(bias);
  for (let o = 0; o < shifted.length; o++) {
    for (let i = 0; i < inputs; i++) shifted[o] = (shifted[o] ?? 0) - (divided[o * inputs + i] ?? 0) * (mean[i] ?? 0);
  }
  const scaled = Float32Array.from(divided, (w) => w * range);
  return {
    info: pixels,
    parameters: { weights: [scaled, ...weights], biases: [Float32Array.from(shifted), ...biases] },
  };
}

function readFront({ scaling }: ModelInfo): Front | undefined {
  return scaling.kind === 'standard' ? scaling : undefined;
}
