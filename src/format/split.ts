/**
 * A float64 number as the sum of two float32 numbers. Of a mean that is large beside the deviation, such as a time in seconds, one
 * would lose what matters: subtracted one after the other they lose nothing that a float32 feature has.
 */
export function split(value: number): readonly [high: number, rest: number] {
  const high = Math.fround(value);
  return [high, Math.fround(value - high)];
}
