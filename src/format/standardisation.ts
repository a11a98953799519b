/** A standardisation in float32 alone, for runtimes that have no float64: of ONNX, and of firmware. */
import type { InputScaling } from '../core/dataset.ts';
import { EdgeMlpError } from '../core/errors.ts';

/** x becomes ((x - mean) - rest) / deviation. */
export interface Float32Standardisation {
  readonly mean: Float32Array<ArrayBuffer>;
  readonly rest: Float32Array<ArrayBuffer>;
  readonly deviation: Float32Array<ArrayBuffer>;
}

/** Throws `bad-model` for numbers that are not among those of float32. */
export function float32Standardisation({
  mean,
  standardDeviation,
}: Extract<InputScaling, { kind: 'standard' }>): Float32Standardisation {
  const means = mean.map(split);
  const deviation = Float32Array.from(standardDeviation);
  const without = means.findIndex(
    ([high], i) => !(Number.isFinite(high) && (deviation[i] ?? 0) > 0 && deviation[i] !== Infinity),
  );
  if (without >= 0) {
    throw new EdgeMlpError(
      'bad-model',
      `scaling: expected a mean and a deviation that float32 has, got ${mean[without]} and ${standardDeviation[without]} of input ${without}`,
    );
  }
  return {
    mean: Float32Array.from(means, ([high]) => high),
    rest: Float32Array.from(means, ([, rest]) => rest),
    deviation,
  };
}

/**
 * A float64 number as the sum of two float32 numbers. Of a mean that is large beside the deviation, such as a time in seconds, one
 * would lose what matters: subtracted one after the other they lose nothing that a float32 feature has.
 */
export function split(value: number): readonly [high: number, rest: number] {
  const high = Math.fround(value);
  return [high, Math.fround(value - high)];
}
