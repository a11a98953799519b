/** The service: middleware, routes and error responses. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { cors } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import { secureHeaders } from 'hono/secure-headers';
import { enforcePolicy, identify } from './access.ts';
import { datasetRoutes } from './datasets/routes.ts';
import type { AppEnv } from './env.ts';
import { HttpError, toHttpError } from './errors.ts';
import { jobRoutes } from './jobs/routes.ts';
import { learnerRoutes } from './learners/routes.ts';
import { networkCache } from './models/networks.ts';
import { modelRoutes } from './models/routes.ts';
import { serveDocument, toBadRequest } from './openapi.ts';
import { predictRoutes } from './predict/routes.ts';
import { protocolRoutes } from './protocol/routes.ts';
import { sweepRoutes } from './sweeps/routes.ts';
import { usageRoutes } from './usage/routes.ts';

const EXPOSED_HEADERS = [
  'etag',
  'location',
  'retry-after',
  'server-timing',
  'inference-header-content-length',
  'learner-examples',
];
/** Joined once, for every answer. */
const EXPOSED_TEXT = EXPOSED_HEADERS.join(',');
/** Messages may quote a request at length. */
const MESSAGE_LENGTH = 500;

export function createApp(): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.use(secureHeaders({ crossOriginResourcePolicy: 'cross-origin' }));
  app.use(allowEveryOrigin);
  app.use(identify, enforcePolicy);
  app.route('/', predictRoutes);
  app.route('/', modelRoutes);
  app.route('/', datasetRoutes);
  app.route('/', jobRoutes);
  app.route('/', sweepRoutes);
  app.route('/', learnerRoutes);
  app.route('/', usageRoutes);
  app.route('/', protocolRoutes);
  serveDocument(app);
  refuseOtherMethods(app);
  app.notFound((c) => c.json({ error: `unknown path ${c.req.path}` }, 404));
  app.onError(onError);
  return app;
}

/**
 * The service uses tokens and no cookies, so requests from every page are safe. Only a preflight needs `cors`: it would
 * create an empty response before the route does, and copy the route's response to merge both.
 */
const allowEveryOrigin = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.method === 'OPTIONS') return preflight(c, next);
  await next();
  c.res.headers.set('access-control-allow-origin', '*');
  c.res.headers.set('access-control-expose-headers', EXPOSED_TEXT);
});
const preflight = cors({ origin: '*', exposeHeaders: EXPOSED_HEADERS, maxAge: 86_400 });

/** Answers 405 with Allow, instead of 404, for known paths. */
function refuseOtherMethods(app: OpenAPIHono<AppEnv>): void {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (method !== 'ALL') methods.set(path, (methods.get(path) ?? new Set()).add(method));
  }
  for (const [path, allowed] of methods) {
    const allow = [...allowed, ...(allowed.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
    app.all(path, (c) => {
      throw new HttpError(405, `${c.req.path}: expected ${allow}, got ${c.req.method}`, { allow });
    });
  }
}

function onError(error: Error, c: Context<AppEnv>): Response {
  const { status, message, headers, cause } =
    error instanceof z.ZodError ? toBadRequest(error, 'body') : toHttpError(error);
  // A trap leaves linear memory in an unknown state.
  if (error instanceof WebAssembly.RuntimeError) networkCache.reset();
  // The only log line of a fault: without the body and the headers of the request.
  if (status >= 500) {
    console.error(`${c.req.method} ${c.req.path}: ${status} ${message}`, ...(cause === undefined ? [] : [cause]));
  }
  return c.json({ error: truncate(message) }, status, { ...headers });
}

function truncate(message: string): string {
  return message.length <= MESSAGE_LENGTH ? message : `${message.slice(0, MESSAGE_LENGTH)} …`;
}
