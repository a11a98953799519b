/** Storage that a token uses. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { Usage } from '../../src/api/usage.ts';
import { getIdentity } from '../access.ts';
import type { AppEnv } from '../env.ts';
import { json, refuseInvalid, tagRoutes } from '../openapi.ts';
import { openDirectory, type StorageUsage } from '../storage/directory.ts';
import { askReply } from '../storage/objects.ts';

const route = tagRoutes('Usage')('get', '/usage', 'Get the storage that the token uses', {
  operationId: 'getUsage',
  responses: { 200: json('Counts, bytes and quotas', Usage) },
});

export const usageRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid }).openapi(route, async (c) => {
  const identity = getIdentity(c);
  const { counts, bytes, limit, total } = await askReply<StorageUsage>(() => openDirectory(c.env).usage(identity));
  const { model: models, 'data set': datasets, job: jobs, sweep: sweeps, learner: learners } = counts;
  return c.json({ owner: identity.name, bytes, limit, models, datasets, jobs, sweeps, learners, total }, 200);
});
