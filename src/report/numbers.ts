/** Numbers as people read them, in reports and on the terminal. */

/** A share of 1. */
export function percent(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** Rounded, thousands set apart. */
export function integer(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
