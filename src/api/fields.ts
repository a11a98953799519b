/** zod as the service configures it, and the fields that several features share. */
import { z } from '@hono/zod-openapi';
import { formatJson } from '../core/errors.ts';
import { type HiddenActivations as CoreActivations, HIDDEN_ACTIVATIONS } from '../core/spec.ts';
import { suggestName } from '../core/suggestion.ts';
import { JOB_LIMITS, MAX_SEED, NAME } from './limits.ts';

z.config({
  // zod compiles checks with Function(), which Workers forbid.
  jitless: true,
  // "expected …, got …", as in all messages of this project.
  customError: (issue) => {
    const got = `got ${formatJson(issue.input)}`;
    if (issue.code === 'too_big') return `expected ${describeSize(issue.origin)}at most ${issue.maximum}, ${got}`;
    if (issue.code === 'too_small') {
      return `expected ${describeSize(issue.origin)}${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}, ${got}`;
    }
    if (issue.code === 'invalid_type') return `expected ${issue.expected}, ${got}`;
    if (issue.code === 'unrecognized_keys') {
      const [key = ''] = issue.keys;
      const known = Object.keys((issue.inst as z.ZodObject | undefined)?.shape ?? {});
      return `unknown field ${JSON.stringify(key)}${suggestName(key, known)}`;
    }
    if (issue.code === 'invalid_value') return `expected ${issue.values.map(String).join(', ')}, ${got}`;
    return undefined;
  },
});

export { z };

/** The input of a schema, which clients send: read-only, and fields with a default are optional. */
export type Input<Schema extends z.ZodType> = Frozen<z.input<Schema>>;

type Frozen<Value> = Value extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: Frozen<Value[Key]> }
    : Value;

function describeSize(origin: string): string {
  return origin === 'array' || origin === 'string' ? 'a length of ' : '';
}

export const ErrorResponse = z.object({ error: z.string() }).openapi('Error');

/** The path /v2/models/stats is taken. */
const RESERVED = 'stats';

/** Name of a new model or data set, in a body. */
export const Name = z
  .string()
  .regex(NAME, 'expected a name of up to 64 letters, digits, dots, underscores and hyphens')
  .refine((name) => name !== RESERVED, `expected another name, got the reserved ${RESERVED}`);

/** The same in a path. */
export const ModelName = Name.openapi({ description: 'Name of the model', param: { name: 'name', in: 'path' } });

/** Name of a model to use. */
export const ModelReference = z.string().regex(NAME, 'expected the name of a model').default('mnist');

/** The alias that is served if a request names no version. */
export const STABLE = 'stable';

export const VersionReference = z
  .string()
  .regex(/^(\d{1,9}|[a-z][a-z0-9_-]{0,31})$/, 'expected a version number or an alias');

/** Idempotency-Key: repeating a request with the same key returns what the first request created. */
export const IdempotencyHeader = z.object({
  'idempotency-key': z.string().min(1).max(200).optional().describe('Key of the request, chosen by the client'),
});

/** Entries of a page of a list, at most. */
export const MAX_LISTED = 1000;

/** Query of a list. */
export const ListQuery = z.object({
  limit: z.coerce
    .number<string>()
    .int()
    .min(1)
    .max(MAX_LISTED)
    .default(100)
    .openapi({ type: 'integer', minimum: 1, maximum: MAX_LISTED, default: 100, description: 'Entries of the page' }),
  cursor: z.string().max(100).optional().describe('Value of `next` in the page before; default: the first page'),
});

/** Field of a list. */
export const Next = z.string().nullable().describe('Cursor of the next page; null after the last');

/** The path parameter of a Durable Object's id: 64 hexadecimal digits. */
export function objectId(noun: string) {
  return z
    .string()
    .regex(/^[0-9a-f]{64}$/, `expected the 64 hexadecimal digits of a ${noun}`)
    .openapi({ description: `Id of the ${noun}`, param: { name: 'id', in: 'path' } });
}

const HiddenActivation = z.enum(HIDDEN_ACTIVATIONS);

/** One activation for all hidden layers, or a list with one for each. */
export const HiddenActivations = z.union([HiddenActivation, z.array(HiddenActivation).max(JOB_LIMITS.hiddenLayers)], {
  error: ({ input }) => `expected one of ${HIDDEN_ACTIVATIONS.join(', ')}, or a list of them, got ${formatJson(input)}`,
});

/** The activations of a network as a field. */
export function copyActivations(activations: CoreActivations): z.infer<typeof HiddenActivations> {
  return typeof activations === 'string' ? activations : [...activations];
}

export const Seed = z.int().min(0).max(MAX_SEED);

/** The kernels compute in float32, where 1e-50 is 0 and 1e39 is infinite. */
export const Positive32 = z.number().refine((value) => Math.fround(value) > 0 && Number.isFinite(Math.fround(value)), {
  error: ({ input }) => `expected a float32 above 0, got ${input}`,
});

export const NonNegative32 = z
  .number()
  .min(0)
  .refine((value) => Number.isFinite(Math.fround(value)), {
    error: ({ input }) => `expected a float32 of at least 0, got ${input}`,
  });

/** A probability, also as a float32: 0.99999999 would be 1. */
export const Fraction32 = z
  .number()
  .min(0)
  .lt(1)
  .refine((value) => Math.fround(value) < 1, { error: ({ input }) => `expected a float32 below 1, got ${input}` });

/** A list without repeated values. */
export function distinct<Item extends z.ZodType>(item: Item, most: number) {
  return z
    .array(item)
    .min(1)
    .max(most)
    .refine((items) => new Set(items.map((value) => JSON.stringify(value))).size === items.length, {
      error: ({ input }) => `expected distinct values, got ${JSON.stringify(input)}`,
    });
}
