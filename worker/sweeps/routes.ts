/** Sweeps: training jobs over a grid of options. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { IdempotencyHeader, ListQuery } from '../../src/api/fields.ts';
import { Sweep, SweepId, SweepList, SweepRequest } from '../../src/api/sweeps.ts';
import { getCaller, getIdentity } from '../access.ts';
import { DatasetRegistry } from '../datasets/registry.ts';
import type { AppEnv } from '../env.ts';
import { describeData } from '../jobs/shape.ts';
import { LIMITS } from '../limits.ts';
import { json, jsonBody, problems, refuseInvalid, tagRoutes } from '../openapi.ts';
import { nameCreation, readJson, readKey } from '../requests.ts';
import { buildPlan } from './plan.ts';
import { SweepService } from './service.ts';

const route = tagRoutes('Sweeps');
const params = z.object({ id: SweepId });

const startRoute = route('post', '/sweeps', 'Start a sweep', {
  operationId: 'startSweep',
  description:
    'Runs one job for every combination of grid values and every seed. A second request with the same Idempotency-Key returns the sweep of the first.',
  request: { headers: IdempotencyHeader, body: jsonBody('SweepRequest') },
  responses: {
    200: json('The sweep that was started with this key before', Sweep, 'location'),
    202: json('The new sweep', Sweep, 'location'),
    ...problems(404, 409),
  },
});
const listRoute = route('get', '/sweeps', 'List the sweeps', {
  operationId: 'listSweeps',
  description: 'A closed service lists only the sweeps of the token.',
  request: { query: ListQuery },
  responses: { 200: json('Sweeps, newest first', SweepList) },
});
const getRoute = route('get', '/sweeps/{id}', 'Get a sweep, its progress and its results', {
  operationId: 'getSweep',
  request: { params },
  responses: { 200: json('The sweep', Sweep), ...problems(404) },
});
const cancelRoute = route('post', '/sweeps/{id}/cancel', 'Cancel a sweep and its jobs; finished runs are kept', {
  operationId: 'cancelSweep',
  request: { params, headers: IdempotencyHeader },
  responses: { 200: json('The sweep', Sweep), ...problems(404, 409) },
});
const deleteRoute = route('delete', '/sweeps/{id}', 'Delete a sweep that is over, and its table', {
  operationId: 'deleteSweep',
  description: `A sweep that is over is deleted after ${LIMITS.sweepDays} days.`,
  request: { params },
  responses: { 204: { description: 'Deleted' }, ...problems(404, 409) },
});

export const sweepRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid })
  .openapi(startRoute, async (c) => {
    const spec = SweepRequest.parse(await readJson(c, LIMITS.optionsBytes));
    const { shape } = await describeData(new DatasetRegistry(c.env, getCaller(c)), spec.data);
    const plan = buildPlan(getIdentity(c), spec, shape);
    const { sweep, created } = await getService(c).start(plan, nameCreation(c, 'sweep'));
    c.header('location', `/sweeps/${sweep.id}`);
    return c.json(sweep, created ? 202 : 200);
  })
  .openapi(listRoute, async (c) => c.json(await getService(c).list(c.req.valid('query')), 200))
  .openapi(getRoute, async (c) => c.json(await getService(c).get(c.req.valid('param').id), 200))
  .openapi(cancelRoute, async (c) => {
    return c.json(await getService(c).cancel(c.req.valid('param').id, await readKey(c, 'cancel')), 200);
  })
  .openapi(deleteRoute, async (c) => {
    await getService(c).remove(c.req.valid('param').id);
    return c.body(null, 204);
  });

function getService(c: Context<AppEnv>): SweepService {
  return new SweepService(c.env, getCaller(c));
}
