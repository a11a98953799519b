/** The pieces of /openapi.json that every route has in common. */
import type { Hook, z } from '@hono/zod-openapi';
import { ErrorBody } from '../src/api/index.ts';
import type { AppEnv } from './env.ts';
import { HttpError } from './errors.ts';

const PROBLEMS = {
  400: 'What was sent is malformed',
  401: 'A token is missing or not known',
  403: 'The token has too small a scope',
  404: 'There is no such model, version, job or learner',
  409: 'That cannot be done as things are: the version exists, say',
  412: 'Somebody else was faster',
  413: 'Too large',
  415: 'A media type or encoding that is not taken',
  429: 'Too many requests; Retry-After says when',
  501: 'Not offered',
  507: 'The storage is full',
  503: 'The store of models does not answer, or there are no tokens yet',
} as const;

/** A body that the documents describe by a schema of theirs, and that the route checks itself. */
export function documentedSchema(name: string) {
  return { schema: { $ref: `#/components/schemas/${name}` } };
}

/** JSON of a schema. */
export function json<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}

/** A route that asks for a token. */
export const SECURED = { security: [{ token: [] as string[] }] };

/** Bytes. */
export const BINARY = { schema: { type: 'string', format: 'binary' } } as const;

/** Text. */
export const TEXT = { schema: { type: 'string' } } as const;

/** Responses that are errors. */
export function problems<Status extends keyof typeof PROBLEMS>(...statuses: Status[]) {
  const content = { 'application/json': { schema: ErrorBody } };
  const responses = statuses.map((status) => [status, { description: PROBLEMS[status], content }]);
  return Object.fromEntries(responses) as { [S in Status]: { description: string; content: typeof content } };
}

/** A request that its schema refuses is an error like any other. */
export const refuseInvalid: Hook<unknown, AppEnv, string, unknown> = (result) => {
  if (result.success) return;
  const [issue] = result.error.issues;
  throw new HttpError(400, `${issue?.path.join('.') || 'request'}: ${issue?.message ?? 'malformed'}`);
};
