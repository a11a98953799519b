/** /openapi.json, and the parts of it that routes share. */
import { createRoute, type Hook, type OpenAPIHono, type RouteConfig, type z } from '@hono/zod-openapi';
import packageJson from '../package.json' with { type: 'json' };
import { DatasetRequest } from '../src/api/datasets.ts';
import { ErrorResponse } from '../src/api/fields.ts';
import { JobRequest } from '../src/api/jobs.ts';
import { ExampleRequest, LearnerRequest, PromoteRequest } from '../src/api/learners.ts';
import { AliasRequest } from '../src/api/models.ts';
import { PredictRequest } from '../src/api/predict.ts';
import { SweepRequest } from '../src/api/sweeps.ts';
import type { AppEnv } from './env.ts';
import { badRequest, type HttpError } from './errors.ts';
import { type Access, RULES, readAccess } from './policy.ts';

const PROBLEMS = {
  400: 'Malformed request',
  401: 'Missing or unknown token',
  403: 'The scope of the token does not allow this',
  404: 'Not found',
  409: 'Conflict with the current state, for example an existing version',
  412: 'Another client changed it first',
  413: 'Too large',
  415: 'Unsupported media type or encoding',
  429: 'Too many requests; Retry-After holds the seconds to wait',
  503: 'The storage is unavailable, or the service has no tokens',
  507: 'The storage is full',
} as const;

/** Request bodies that routes read and check themselves, with a limit on their size. */
const BODIES = {
  PredictRequest,
  AliasRequest,
  JobRequest,
  SweepRequest,
  DatasetRequest,
  LearnerRequest,
  ExampleRequest,
  PromoteRequest,
};

export function serveDocument(app: OpenAPIHono<AppEnv>): void {
  for (const [name, schema] of Object.entries(BODIES)) app.openAPIRegistry.register(name, schema as z.ZodType);
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'edge-mlp',
      version: packageJson.version,
      description:
        'Small neural networks at the edge: prediction, a model registry, training jobs, learners, and the Open Inference Protocol V2.',
      license: { name: 'MIT' },
    },
  });
}

type RouteOptions = Omit<RouteConfig, 'method' | 'path' | 'summary' | 'tags'>;

/** Returns a function that declares routes with this tag. */
export function tagRoutes(tag: string) {
  return <Method extends RouteConfig['method'], Path extends string, Options extends RouteOptions>(
    method: Method,
    path: Path,
    summary: string,
    options: Options,
  ) => {
    const { security, responses } = describeAccess(readAccess(method, path));
    return createRoute({
      method,
      path,
      summary,
      tags: [tag],
      security,
      ...options,
      responses: { ...responses, ...options.responses },
    });
  };
}

/** Security and refusals of a route. An open service accepts requests without a token for rules that allow it. */
export function describeAccess(access: Access) {
  const { scopes, ifClosed } = RULES[access];
  const token = { token: [] as string[] };
  if (scopes.length === 0) return { security: [], responses: problems(429) };
  return { security: ifClosed ? [{}, token] : [token], responses: problems(401, 403, 429, 503) };
}

export function bodySchema(name: keyof typeof BODIES) {
  return { schema: { $ref: `#/components/schemas/${name}` } };
}

/** A JSON request body that the route checks itself. */
export function jsonBody(name: keyof typeof BODIES) {
  return { required: true, content: { 'application/json': bodySchema(name) } };
}

export function json<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}

export const BINARY = { schema: { type: 'string', format: 'binary' } } as const;

export function file(description: string) {
  return { description, content: { 'application/octet-stream': BINARY } };
}

export function problems<Status extends keyof typeof PROBLEMS>(...statuses: Status[]) {
  const content = { 'application/json': { schema: ErrorResponse } };
  const responses = statuses.map((status) => [status, { description: PROBLEMS[status], content }]);
  return Object.fromEntries(responses) as { [S in Status]: { description: string; content: typeof content } };
}

/** Turns a validation failure into an error like all others. */
export const refuseInvalid: Hook<unknown, AppEnv, string, unknown> = (result) => {
  if (!result.success) throw toBadRequest(result.error, 'request');
};

/** Status 400, with the path and message of the first issue. */
export function toBadRequest({ issues: [issue] }: z.core.$ZodError, subject: string): HttpError {
  return badRequest(`${issue?.path.join('.') || subject}: ${issue?.message ?? 'malformed'}`);
}
