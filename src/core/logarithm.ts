/** The natural logarithm in float64. That of engines differs in the last bit; this one does not. */

/* ln 2 in two parts: the product of the first and a whole number below 2^11 is exact (fdlibm's e_log.c). */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
/** Terms of the series: the next one is below 2^-53 for |z| <= 3 - 2 sqrt(2). */
const TERMS = 11;

/** The natural logarithm of a positive number; error at most 2 ulp. */
export function naturalLogarithm(x: number): number {
  let [exponent, fraction] = [0, x];
  while (fraction > Math.SQRT2) {
    fraction /= 2;
    exponent++;
  }
  while (fraction < Math.SQRT1_2) {
    fraction *= 2;
    exponent--;
  }
  // log(f) = 2 atanh(z) = 2 (z + z^3/3 + z^5/5 + ...), by Horner's rule.
  const z = (fraction - 1) / (fraction + 1);
  let series = 0;
  for (let k = TERMS - 1; k > 0; k--) series = (series + 1 / (2 * k + 1)) * z * z;
  return exponent * LN2_HIGH + (2 * z * series + exponent * LN2_LOW + 2 * z);
}
