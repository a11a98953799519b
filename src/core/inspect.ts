/**
 * The method by which Node, Bun and Deno print an object. The symbol is registered globally, so no import is needed:
 * https://nodejs.org/api/util.html#utilinspectcustom
 */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** `util.inspect`, which the runtime passes to that method. */
type Inspect = (value: unknown, options: object) => string;

/**
 * Lets the runtime print an object as `name` and its state. Constructors call this, because bundlers cannot remove an
 * unused class with a method whose name is computed.
 */
export function printAsJson(object: { toJSON(): object }, name: string): void {
  const value = (_depth: number, options: object, inspect: Inspect) => `${name} ${inspect(object.toJSON(), options)}`;
  Object.defineProperty(object, INSPECT, { value });
}
