/** Which epochs of a run are printed. */

/** A longer run prints its first epochs, and about half as many lines evenly over the others. */
const MOST_LINES = 50;
const FIRST_LINES = 10;

/** Whether a run of `epochs` prints a line for this epoch. The last epoch has one as well. */
export function hasLine(epoch: number, epochs: number): boolean {
  const stride = epochs <= MOST_LINES ? 1 : Math.ceil((2 * epochs) / MOST_LINES);
  return epoch <= FIRST_LINES || epoch % stride === 0 || epoch === epochs;
}
