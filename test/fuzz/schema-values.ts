/** Valid values of a JSON Schema, as far as the request bodies of the service use it. */
import fc from 'fast-check';

export interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
}

/** More options at once often contradict each other. */
const MOST_OPTIONAL = 6;

export function schemaValues(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { anyOf, type, properties = {}, required = [], items = {}, minItems = 0 } = schema;
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (anyOf !== undefined) return fc.oneof(...anyOf.map(schemaValues));
  switch (type) {
    case 'object': {
      const members = Object.fromEntries(
        Object.entries(properties).map(([name, member]) => [name, schemaValues(member)] as const),
      );
      const optional = Object.keys(members).filter((name) => !required.includes(name));
      return fc.subarray(optional, { maxLength: Math.min(optional.length, MOST_OPTIONAL) }).chain((chosen) => {
        return fc.record(
          Object.fromEntries([...required, ...chosen].map((name) => [name, members[name] ?? fc.constant(null)])),
        );
      });
    }
    case 'array':
      return fc.array(schemaValues(items), { minLength: minItems, maxLength: Math.max(4, minItems) });
    case 'integer':
      return fc.integer(numberRange(schema));
    case 'number':
      return fc.double({ ...numberRange(schema), noNaN: true, noDefaultInfinity: true });
    case 'string':
      // Patterns are those of names.
      return schema.pattern === undefined ? fc.string() : fc.constantFrom('mnist', 'set-7', 'v2');
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue();
  }
}

function numberRange({ minimum = 0.001, maximum = 1000 }: JsonSchema): { min: number; max: number } {
  return { min: Math.max(minimum, 0), max: Math.min(maximum, 1000) };
}
