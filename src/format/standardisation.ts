/** Standardisation in float32, for ONNX and firmware, which do not have float64. */
import type { InputScaling } from '../core/dataset.ts';
import { EdgeMlpError } from '../core/errors.ts';
import type { Target } from '../core/targets.ts';

/** x becomes ((x - mean) - rest) / deviation. */
interface Float32Standardisation {
  readonly mean: Float32Array<ArrayBuffer>;
  readonly rest: Float32Array<ArrayBuffer>;
  readonly deviation: Float32Array<ArrayBuffer>;
}

/** Throws EdgeMlpError "bad-model" for numbers outside the range of float32. */
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
    const got = `${mean[without]} and ${standardDeviation[without]} of input ${without}`;
    throw new EdgeMlpError('bad-model', `scaling: expected a mean and a deviation in float32, got ${got}`);
  }
  return {
    mean: Float32Array.from(means, ([high]) => high),
    rest: Float32Array.from(means, ([, rest]) => rest),
    deviation,
  };
}

/** The standardisation of targets, of which formats without float64 need the inverse. */
export function targetScaling(targets: readonly Target[]): Extract<InputScaling, { kind: 'standard' }> {
  return {
    kind: 'standard',
    mean: targets.map(({ mean }) => mean),
    standardDeviation: targets.map(({ standardDeviation }) => standardDeviation),
  };
}

/**
 * A float64 number as the sum of two float32 numbers. For a mean that is large compared with the deviation, such as a
 * time in seconds, one float32 number is not exact enough.
 */
export function split(value: number): readonly [high: number, rest: number] {
  const high = Math.fround(value);
  return [high, Math.fround(value - high)];
}
