/** The kind of an error, as a stable code for programs. */
export type ErrorCode =
  | 'bad-argument' // an option or an argument is out of range
  | 'bad-spec' // a network that cannot be built
  | 'bad-shape' // an array with the wrong length or shape
  | 'bad-data' // a malformed data set or data file
  | 'bad-model' // a malformed or foreign model file
  | 'checkpoint-mismatch' // a checkpoint of another network, run or data set
  | 'data-missing' // a data set that was not found and could not be downloaded
  | 'disposed' // a network was used after dispose()
  | 'diverged' // the training loss became infinite or NaN, or exceeded the limit
  | 'file' // a file could not be read or written
  | 'not-finite' // NaN or infinity instead of a number
  | 'remote' // a service refused a request or cannot be reached
  | 'unsupported' // the runtime, or its policy, cannot run the kernels or teams of threads
  | 'out-of-memory'; // WebAssembly memory cannot grow further

/**
 * Every error that this library throws on purpose. Messages say what failed, what was expected and what was found.
 *
 * @example
 * ```ts
 * import { EdgeMlpError, loadKernels, Mlp } from 'edge-mlp';
 *
 * try {
 *   Mlp.create(await loadKernels(), { layers: [2] });
 * } catch (error) {
 *   if (error instanceof EdgeMlpError) console.log(error.code); // bad-spec
 * }
 * ```
 */
export class EdgeMlpError extends Error {
  /** The name of the class. */
  override readonly name = 'EdgeMlpError';

  /** For programs. Unlike the message, it does not change between versions. */
  readonly code: ErrorCode;

  /** `options.cause` is the error behind this one. */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The message of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A value from outside as a short text for a message. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value !== 'object' || value === null) return String(value);
  // Promise, Float64Array, Map …
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return tag === 'Object' ? 'an object' : tag;
}

/** A number for a message, with thousands separators. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US');
}

/** The end of a message about an unknown name, `: did you mean scale?`; empty if no known name is similar. */
export function suggestName(name: string, known: readonly string[]): string {
  const given = name.toLowerCase();
  const distances = known.map((each) => ({ each, distance: countEdits(given, each.toLowerCase()) }));
  const [nearest] = distances.toSorted((a, b) => a.distance - b.distance);
  if (nearest === undefined || nearest.distance > Math.max(1, given.length / 3)) return '';
  return `: did you mean ${nearest.each}?`;
}

/**
 * Insertions, deletions, replacements and swaps of neighbouring characters from one text to another (Damerau 1964,
 * optimal string alignment).
 */
function countEdits(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i++) {
    const [above = [], twoAbove = []] = [rows[i - 1], rows[i - 2]];
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = isSwap ? (twoAbove[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replaced, swapped, 1 + (above[j] ?? 0), 1 + (row[j - 1] ?? 0)));
    }
    rows.push(row);
  }
  return rows[from.length]?.[to.length] ?? 0;
}
