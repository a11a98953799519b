/** Sweeps: many jobs over a grid of options. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { SweepId, SweepRecordSchema, SweepSchema } from '../../src/api/index.ts';
import { requireScope } from '../access.ts';
import { parseJson, readBody } from '../body.ts';
import { DatasetStore } from '../datasets/store.ts';
import { documentedSchema, problems, refuseInvalid, SECURED } from '../documents.ts';
import type { AppEnv } from '../env.ts';
import { HttpError } from '../errors.ts';
import { IdempotencyHeader, nameOfRequest } from '../idempotency.ts';
import { dataShape } from '../jobs/shape.ts';
import { rateLimit } from '../rate-limit.ts';
import { SweepService } from './service.ts';
import { buildPlan, SweepRequest } from './spec.ts';

const tags = ['Sweeps'];
const training = () => [requireScope('train'), rateLimit('CHANGE_LIMIT')];
const one = { params: z.object({ id: SweepId }) };
const response = (description: string) => ({ description, content: { 'application/json': { schema: SweepSchema } } });

const startRoute = createRoute({
  ...{ method: 'post', path: '/sweeps', summary: 'Start a sweep', tags, ...SECURED },
  description:
    'One job for every combination of the grid’s values and every seed, some at a time. With an Idempotency-Key a second request is told of the first one’s sweep.',
  middleware: training(),
  request: {
    headers: IdempotencyHeader,
    body: { required: true, content: { 'application/json': documentedSchema('SweepRequest') } },
  },
  responses: {
    200: response('The sweep that was started under this key before'),
    202: response('The sweep'),
    ...problems(400, 401, 403, 404, 409, 413, 429, 503, 507),
  },
});
const listRoute = createRoute({
  ...{ method: 'get', path: '/sweeps', summary: 'All sweeps', tags },
  responses: {
    200: {
      description: 'The latest first',
      content: { 'application/json': { schema: z.object({ sweeps: z.array(SweepRecordSchema) }) } },
    },
    ...problems(503),
  },
});
const statusRoute = createRoute({
  ...{ method: 'get', path: '/sweeps/{id}', summary: 'How far a sweep is, and its table', tags },
  request: one,
  responses: { 200: response('The sweep'), ...problems(400, 404, 503) },
});
const cancelRoute = createRoute({
  ...{ method: 'post', path: '/sweeps/{id}/cancel', summary: 'Stop it and its jobs; what is done is kept', tags },
  ...SECURED,
  middleware: training(),
  request: one,
  responses: { 200: response('The sweep'), ...problems(400, 401, 403, 404, 409, 429, 503) },
});

export const sweepRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid })
  .openapi(startRoute, async (c) => {
    const spec = SweepRequest.parse(parseJson(await readBody(c.req.raw, 65_536)));
    const plan = buildPlan(spec, await dataShape(new DatasetStore(c.env.MODELS), spec.data));
    const { sweep, created } = await new SweepService(c.env).start(plan, nameOfRequest(c, 'sweep'));
    c.header('location', `/sweeps/${sweep.id}`);
    return c.json(sweep, created ? 202 : 200);
  })
  .openapi(listRoute, async (c) => {
    const sweeps = await new SweepService(c.env).list();
    return c.json({ sweeps: sweeps.map((record) => ({ ...record })) }, 200);
  })
  .openapi(statusRoute, async (c) => {
    const { id } = c.req.valid('param');
    const sweep = await new SweepService(c.env).find(id);
    if (sweep === undefined) throw unknown(id);
    return c.json(sweep, 200);
  })
  .openapi(cancelRoute, async (c) => {
    const { id } = c.req.valid('param');
    const sweep = await new SweepService(c.env).cancel(id);
    if (sweep === undefined) throw unknown(id);
    if (sweep === false) throw new HttpError(409, `sweep ${id}: expected one that is not over`);
    return c.json(sweep, 200);
  });

function unknown(id: string): HttpError {
  return new HttpError(404, `there is no sweep ${id}`);
}
