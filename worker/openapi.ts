/** /openapi.json, and the parts of it that routes share. */
import { createRoute, type Hook, type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import packageJson from '../package.json' with { type: 'json' };
import { DatasetRequest } from '../src/api/datasets.ts';
import { ErrorResponse } from '../src/api/fields.ts';
import { JobRequest } from '../src/api/jobs.ts';
import { LearnerRequest, PromoteRequest, TeachRequest } from '../src/api/learners.ts';
import { AliasRequest } from '../src/api/models.ts';
import { PredictRequest } from '../src/api/predict.ts';
import { SweepRequest } from '../src/api/sweeps.ts';
import type { AppEnv } from './env.ts';
import { badRequest, type HttpError } from './errors.ts';
import { addExamples } from './examples.ts';
import { type Access, RULES, readAccess } from './policy.ts';

const PROBLEMS = {
  400: 'Malformed request',
  401: 'Missing or unknown token',
  403: 'The scope of the token does not allow this, or it belongs to another token',
  404: 'Not found',
  409: 'Conflict with the current state, for example an existing version',
  412: 'Another client changed it first',
  413: 'Too large',
  415: 'Unsupported media type or encoding',
  429: 'Too many requests',
  500: 'A fault of the service, which has logged the details',
  503: 'The storage is unavailable, or the service has no tokens',
  507: 'The storage is full',
} as const;

type Status = keyof typeof PROBLEMS;

/** Response headers that clients use. */
const HEADERS = {
  'content-disposition': 'Proposed file name',
  etag: 'Version of what was read, for If-Match and If-None-Match',
  'learner-examples': 'Number of examples that the learner had learned',
  location: 'Path of what was created',
  'retry-after': 'Seconds to wait before the next attempt',
  'server-timing': 'Bytes parsed and multiply-adds computed, with their times in milliseconds',
  'www-authenticate': 'Bearer',
} as const;

type Header = keyof typeof HEADERS;

/** Headers of the responses with a status. */
const PROBLEM_HEADERS: Partial<Record<Status, Header>> = { 401: 'www-authenticate', 429: 'retry-after' };

const TAGS = {
  Predict: 'Classification with a model of the registry',
  Models: 'The registry of models, with versions and aliases',
  'Data sets': 'Uploaded data for jobs and learners',
  Jobs: 'Training jobs',
  Sweeps: 'Training jobs over a grid of options',
  Learners: 'Models of one user or device that learn from single examples',
  'Open Inference Protocol V2': 'Routes for clients of KServe and Triton',
  Usage: 'Storage that a token uses',
  Service: 'The service itself',
};

/** Request bodies that routes read and check themselves, with a limit on their size. */
const BODIES = {
  PredictRequest,
  AliasRequest,
  JobRequest,
  SweepRequest,
  DatasetRequest,
  LearnerRequest,
  TeachRequest,
  PromoteRequest,
};

export function serveDocument(app: OpenAPIHono<AppEnv>): void {
  for (const [name, schema] of Object.entries(BODIES)) app.openAPIRegistry.register(name, schema as z.ZodType);
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    description: 'A token, as edge-mlp token creates it',
  });
  let document: object | undefined;
  app.openapi(documentRoute, (c) => {
    // Once per isolate, because it takes longer than most requests.
    document ??= buildDocument(app);
    return c.json({ ...document }, 200);
  });
}

function buildDocument(app: OpenAPIHono<AppEnv>): object {
  const document = app.getOpenAPI31Document(DOCUMENT);
  addExamples(document.paths ?? {});
  return document;
}

const DOCUMENT = {
  openapi: '3.1.0',
  info: {
    title: 'edge-mlp',
    version: packageJson.version,
    description:
      'Small neural networks at the edge: prediction, a model registry, training jobs, learners, and the Open Inference Protocol V2.',
    license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
  },
  servers: [{ url: '/', description: 'The service that has this document' }],
  tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
};

type RouteOptions = Omit<RouteConfig, 'method' | 'path' | 'summary' | 'tags'> & { readonly operationId: string };

/** Returns a function that declares routes with this tag. The policy and the request define most refusals. */
export function tagRoutes(tag: keyof typeof TAGS) {
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
      ...addEncoding(options),
      responses: { ...responses, ...describeRefusals(options.request), ...options.responses },
    });
  };
}

/** Security and refusals of a route. An open service accepts requests without a token for rules that allow it. */
function describeAccess(access: Access) {
  const { scopes, ifClosed, isChange } = RULES[access];
  // OpenAPI 3.1 allows names of roles here.
  const token = { token: [...scopes] as string[] };
  const security = scopes.length === 0 ? [] : ifClosed ? [{}, token] : [token];
  // Any route answers 503 while the secret TOKENS is malformed.
  const responses = {
    ...problems(429, 500, 503),
    ...(scopes.length === 0 ? {} : problems(401, 403)),
    ...(isChange ? problems(507) : {}),
  };
  return { security, responses };
}

/** Refusals of malformed requests. No handler returns them: they are thrown. */
function describeRefusals(request: RouteOptions['request']): object {
  if (request === undefined) return {};
  return request.body === undefined ? problems(400) : problems(400, 413, 415);
}

/** Every body may be compressed. */
function addEncoding<Options extends RouteOptions>(options: Options): Options {
  const { request } = options;
  if (request?.body === undefined) return options;
  const encoding = z.string().optional().describe('Compression of the body: gzip, deflate, or none');
  const headers = (request.headers as z.ZodObject | undefined) ?? z.object({});
  return { ...options, request: { ...request, headers: headers.extend({ 'content-encoding': encoding }) } };
}

const documentRoute = tagRoutes('Service')('get', '/openapi.json', 'Get this document', {
  operationId: 'getOpenApi',
  responses: { 200: json('An OpenAPI 3.1 document', z.record(z.string(), z.unknown())) },
});

/** Content with a schema that has a name in the document, without validation by the framework. */
export function refer(name: string) {
  return { schema: { $ref: `#/components/schemas/${name}` } };
}

export function bodySchema(name: keyof typeof BODIES) {
  return refer(name);
}

/** A JSON request body that the route checks itself. */
export function jsonBody(name: keyof typeof BODIES) {
  return { required: true, content: { 'application/json': bodySchema(name) } };
}

export function json<Schema extends z.ZodType>(description: string, schema: Schema, ...headers: Header[]) {
  return { description, content: { 'application/json': { schema } }, ...describeHeaders(headers) };
}

export const BINARY = { schema: { type: 'string', format: 'binary' } } as const;

export function file(description: string, ...headers: Header[]) {
  return {
    description,
    content: { 'application/octet-stream': BINARY },
    ...describeHeaders(['content-disposition', ...headers]),
  };
}

/** Headers that every response of a kind has. */
function describeHeaders(names: readonly Header[]) {
  if (names.length === 0) return {};
  const schema = { type: 'string' as const };
  const headers = names.map((name) => [name, { description: HEADERS[name], required: true, schema }] as const);
  return { headers: Object.fromEntries(headers) };
}

export function problems<Given extends Status>(...statuses: Given[]) {
  const content = { 'application/json': { schema: ErrorResponse } };
  const responses = statuses.map((status) => {
    const header = PROBLEM_HEADERS[status];
    return [status, { description: PROBLEMS[status], content, ...describeHeaders(header ? [header] : []) }];
  });
  return Object.fromEntries(responses) as { [S in Given]: { description: string; content: typeof content } };
}

/** Turns a validation failure into an error like all others. */
export const refuseInvalid: Hook<unknown, AppEnv, string, unknown> = (result) => {
  if (!result.success) throw toBadRequest(result.error, 'request');
};

/** Status 400, with the path and message of the first issue. */
export function toBadRequest({ issues: [issue] }: z.core.$ZodError, subject: string): HttpError {
  return badRequest(`${issue?.path.join('.') || subject}: ${issue?.message ?? 'malformed'}`);
}
