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

/** Characters of a message: a file may have names of any length. */
const MESSAGE_LENGTH = 2000;

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
    super(message.length > MESSAGE_LENGTH ? `${message.slice(0, MESSAGE_LENGTH)} …` : message, options);
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

/** A value for a message: texts and numbers unchanged. Objects of JSON may have a toString that is not a function. */
export function formatValue(value: unknown): string {
  return typeof value === 'object' && value !== null ? describeValue(value) : String(value);
}

/** With thousands separators. `toLocaleString` would load tables of locales, which takes 20 ms in a new process. */
export function formatNumber(value: number): string {
  const [whole = '', ...fraction] = String(value).split('.');
  return [whole.replace(/\B(?=(\d{3})+$)/g, ','), ...fraction].join('.');
}

/** A text for a message, cut after 60 characters: files and requests may have names of any length. */
export function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 60)} …`;
}

/** A value as JSON for a message, shortened. */
export function formatJson(value: unknown): string {
  return value === undefined ? 'nothing' : shorten(JSON.stringify(value));
}

/** Up to 20 names for a message, shortened; `none` without names. */
export function listNames(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const some = names.slice(0, 20).map(shorten);
  return [...some, ...(names.length > some.length ? [`… (${formatNumber(names.length)})`] : [])].join(', ');
}
