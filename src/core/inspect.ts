/**
 * The method by which Node, Bun and Deno print an object. The symbol is registered globally, so no import is needed:
 * https://nodejs.org/api/util.html#utilinspectcustom
 */
export const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** `util.inspect`, which the runtime passes to that method. */
export type Inspect = (value: unknown, options: object) => string;
