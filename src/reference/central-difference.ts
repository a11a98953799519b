/**
 * (f(x + h) - f(x - h)) / 2h with the error O(h²): the derivative by nothing but the function itself.
 *
 * @example
 * ```ts
 * import { centralDifference } from 'edge-mlp/reference';
 *
 * console.log(centralDifference((x) => x * x, 3).toFixed(6)); // 6.000000
 * ```
 */
export function centralDifference(f: (x: number) => number, x: number, h = 1e-5): number {
  return (f(x + h) - f(x - h)) / (2 * h);
}

/**
 * The central differences of f with respect to each element of `values`.
 *
 * @example
 * ```ts
 * import { numericalGradient } from 'edge-mlp/reference';
 *
 * const gradient = numericalGradient(([x = 0, y = 0]) => x * y, [2, 5]);
 * console.log(gradient.map((g) => g.toFixed(4))); // [ '5.0000', '2.0000' ]
 * ```
 */
export function numericalGradient(f: (values: number[]) => number, values: readonly number[], h = 1e-5): number[] {
  return values.map((value, i) => centralDifference((x) => f(values.with(i, x)), value, h));
}
