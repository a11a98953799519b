/** The service: middleware, routes, documents, errors. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import packageJson from '../package.json' with { type: 'json' };
import { AliasBody, DatasetBody, ExampleBody, PredictBody, PromoteBody } from '../src/api/index.ts';
import { identify } from './access.ts';
import { datasetRoutes } from './datasets/routes.ts';
import type { AppEnv } from './env.ts';
import { FAULT, HttpError, toHttpError } from './errors.ts';
import { jobRoutes } from './jobs/routes.ts';
import { JobRequest } from './jobs/spec.ts';
import { learnerRoutes } from './learners/routes.ts';
import { LearnerRequest } from './learners/spec.ts';
import { modelRoutes } from './models/routes.ts';
import { ModelService } from './models/service.ts';
import { predictRoutes } from './predict/routes.ts';
import { protocolRoutes } from './protocol/routes.ts';
import { rateLimit } from './rate-limit.ts';
import { sweepRoutes } from './sweeps/routes.ts';
import { SweepRequest } from './sweeps/spec.ts';

const EXPOSED = [
  'etag',
  'location',
  'retry-after',
  'server-timing',
  'inference-header-content-length',
  'learner-examples',
];

export function createApp(): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.use(secureHeaders({ crossOriginResourcePolicy: 'cross-origin' }));
  // No cookies: whoever has a token may come from any page.
  app.use(cors({ origin: '*', exposeHeaders: EXPOSED, maxAge: 86_400 }));
  app.use(identify(), rateLimit('REQUEST_LIMIT'));
  app.route('/', predictRoutes);
  app.route('/', modelRoutes);
  app.route('/', datasetRoutes);
  app.route('/', jobRoutes);
  app.route('/', sweepRoutes);
  app.route('/', learnerRoutes);
  app.route('/', protocolRoutes);
  documents(app);
  refuseOtherVerbs(app);
  app.notFound((c) => c.json({ error: `there is nothing at ${c.req.path}` }, 404));
  app.onError(onError);
  return app;
}

function documents(app: OpenAPIHono<AppEnv>): void {
  app.openAPIRegistry.register('PredictRequest', PredictBody);
  app.openAPIRegistry.register('AliasRequest', AliasBody);
  app.openAPIRegistry.register('JobRequest', JobRequest);
  app.openAPIRegistry.register('SweepRequest', SweepRequest);
  app.openAPIRegistry.register('DatasetRequest', DatasetBody);
  app.openAPIRegistry.register('LearnerRequest', LearnerRequest);
  app.openAPIRegistry.register('ExampleRequest', ExampleBody);
  app.openAPIRegistry.register('PromoteRequest', PromoteBody);
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'edge-mlp',
      version: packageJson.version,
      description:
        'Small neural networks at the edge: prediction, a registry of models, the Open Inference Protocol V2.',
      license: { name: 'MIT' },
    },
  });
}

/** 405 with Allow for every path that there is, in place of a 404. */
function refuseOtherVerbs(app: OpenAPIHono<AppEnv>): void {
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
  const known = error instanceof z.ZodError ? invalid(error) : toHttpError(error);
  if (known !== undefined) return c.json({ error: shortened(known.message) }, known.status, { ...known.headers });
  // A trap leaves linear memory in an unknown state: the networks are made anew.
  if (error instanceof WebAssembly.RuntimeError) new ModelService(c.env.MODELS).recover();
  console.error(error);
  return c.json({ error: FAULT }, 500);
}

/** Whatever a message quotes. */
const MESSAGE_LENGTH = 500;

function shortened(message: string): string {
  return message.length <= MESSAGE_LENGTH ? message : `${message.slice(0, MESSAGE_LENGTH)} …`;
}

function invalid({ issues: [issue] }: z.ZodError): HttpError {
  return new HttpError(400, `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'malformed'}`);
}
