/** What can go wrong, as a stable code that programs may rely on; the message is for people. */
export type ErrorCode =
  | 'bad-argument' // an option or a call's argument is out of its range
  | 'bad-spec' // a network that cannot be built
  | 'bad-shape' // an array whose length or shape does not fit
  | 'bad-data' // a data set or one of its files is malformed
  | 'bad-model' // a model file is malformed, or not one of ours
  | 'checkpoint-mismatch' // a checkpoint of another network, run or data set
  | 'data-missing' // a data set was not found, and could not be fetched
  | 'disposed' // a network was used after its dispose()
  | 'diverged' // training produced a loss that is no number, or absurd
  | 'file' // the file system refused
  | 'not-finite' // NaN or infinity where a number must be
  | 'remote' // a service refused, or cannot be reached
  | 'out-of-memory'; // WebAssembly memory cannot grow as far as needed

/**
 * Every error that this library throws on purpose. Messages say what failed, what was expected and what was found.
 *
 * @example
 * ```ts
 * import { EdgeMlpError, Mlp } from 'edge-mlp';
 * import { loadKernels } from 'edge-mlp';
 *
 * try {
 *   Mlp.create(await loadKernels(), { layers: [2] });
 * } catch (error) {
 *   if (error instanceof EdgeMlpError) console.log(error.code); // bad-spec
 * }
 * ```
 */
export class EdgeMlpError extends Error {
  /** Tells it from other errors. */
  override readonly name = 'EdgeMlpError';

  /** For programs; it stays the same when the message gets better. */
  readonly code: ErrorCode;

  /** `options.cause` keeps what led to it. */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The text of whatever was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A value from outside, for a message: never more than a line of it, whatever it is. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** A number for a message: thousands are set apart. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}
