/** Derivatives by central differences. */

/** (f(x + h) - f(x - h)) / 2h, with error O(h²). */
export function centralDifference(f: (x: number) => number, x: number, h = 1e-5): number {
  return (f(x + h) - f(x - h)) / (2 * h);
}

/** The central differences of f with respect to each element of `values`. */
export function numericalGradient(f: (values: number[]) => number, values: readonly number[], h = 1e-5): number[] {
  return values.map((value, i) => centralDifference((x) => f(values.with(i, x)), value, h));
}
