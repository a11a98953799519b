/** Training jobs. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { JobId, JobSchema } from '../../src/api/index.ts';
import { checkSpec, parameterCount } from '../../src/core/spec.ts';
import { formatModel } from '../../src/format/model-file.ts';
import { requireScope } from '../access.ts';
import { parseJson, readBody } from '../body.ts';
import { DatasetStore } from '../datasets/store.ts';
import { BINARY, documentedSchema, problems, refuseInvalid, SECURED } from '../documents.ts';
import type { AppEnv } from '../env.ts';
import { HttpError } from '../errors.ts';
import { checkSame, IdempotencyHeader, nameOfRequest } from '../idempotency.ts';
import { type Contract, readContract } from '../models/contract.ts';
import { ModelService } from '../models/service.ts';
import { rateLimit } from '../rate-limit.ts';
import { dataContract } from './data.ts';
import type { DirectoryEntry } from './directory.ts';
import { modelOfCheckpoint, type TrainingJob } from './job.ts';
import { type DataShape, dataShape } from './shape.ts';
import { checkMemory, heldOut, JobRequest, type JobSpec, networkSpec } from './spec.ts';
import { openStart, shapeFor, withStart } from './start.ts';
import type { Job } from './state.ts';

const tags = ['Jobs'];
const training = () => [requireScope('train'), rateLimit('CHANGE_LIMIT')];
const one = { params: z.object({ id: JobId }) };
const jobResponse = (description: string) => ({ description, content: { 'application/json': { schema: JobSchema } } });
const LISTED = 100;

const startRoute = createRoute({
  ...{ method: 'post', path: '/jobs', summary: 'Start a training job', tags, ...SECURED },
  description:
    'The options and their defaults are those of edge-mlp train. With an Idempotency-Key a second request is told of the first one’s job.',
  middleware: training(),
  request: {
    headers: IdempotencyHeader,
    body: { required: true, content: { 'application/json': documentedSchema('JobRequest') } },
  },
  responses: {
    200: jobResponse('The job that was started under this key before'),
    202: jobResponse('The job'),
    ...problems(400, 401, 403, 404, 409, 413, 429, 503, 507),
  },
});
const listRoute = createRoute({
  ...{ method: 'get', path: '/jobs', summary: `The latest ${LISTED} jobs`, tags },
  responses: {
    200: {
      description: 'Jobs, the latest first',
      content: { 'application/json': { schema: z.object({ jobs: z.array(JobSchema) }) } },
    },
  },
});
const statusRoute = createRoute({
  ...{ method: 'get', path: '/jobs/{id}', summary: 'How far a job is', tags },
  request: one,
  responses: { 200: jobResponse('The job'), ...problems(400, 404) },
});
const eventsRoute = createRoute({
  ...{
    method: 'get',
    path: '/jobs/{id}/events',
    summary: 'Its events as they come (SSE); Last-Event-ID misses nothing',
    tags,
  },
  request: one,
  responses: {
    200: { description: 'Events: progress, epoch, state', content: { 'text/event-stream': { schema: z.string() } } },
    204: { description: 'It is over, and Last-Event-ID was its last event' },
    ...problems(400, 404),
  },
});
const modelRoute = createRoute({
  ...{ method: 'get', path: '/jobs/{id}/model', summary: 'Its model, as far as it has come (safetensors)', tags },
  request: one,
  responses: {
    200: { description: 'The file', content: { 'application/octet-stream': BINARY } },
    ...problems(400, 404, 409),
  },
});
const recordingRoute = createRoute({
  ...{
    method: 'get',
    path: '/jobs/{id}/run',
    summary: 'All that it recorded (safetensors), where it was asked to',
    tags,
  },
  request: one,
  responses: {
    200: {
      description: 'Weights, the loss of every step, the figures',
      content: { 'application/octet-stream': BINARY },
    },
    ...problems(400, 404, 409),
  },
});
const changeRoute = (verb: 'cancel' | 'resume', summary: string) =>
  createRoute({
    ...{ method: 'post', path: `/jobs/{id}/${verb}`, summary, tags, ...SECURED },
    middleware: training(),
    request: one,
    responses: { 200: jobResponse('The job'), ...problems(400, 401, 403, 404, 409, 429) },
  });

export const jobRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid })
  .openapi(startRoute, async (c) => {
    const { spec, shape, contract } = await planned(c, parseJson(await readBody(c.req.raw, 65_536)));
    checkSpec(networkSpec(spec, shape));
    checkMemory(spec, shape);
    heldOut(spec, shape);
    if (spec.publish !== undefined) await new ModelService(c.env.MODELS).checkContract(spec.publish, contract);
    const id = c.env.JOBS.idFromName(nameOfRequest(c, 'job'));
    const { job, created } = await getStub(c, id.toString()).start(id.toString(), spec, { shape });
    if (!created) checkSame('job', job.spec, spec);
    await c.env.JOB_DIRECTORY.getByName('jobs').add(job.id, job.created);
    c.header('location', `/jobs/${job.id}`);
    return c.json(shown(job), created ? 202 : 200);
  })
  .openapi(listRoute, async (c) => {
    const entries: readonly DirectoryEntry[] = await c.env.JOB_DIRECTORY.getByName('jobs').list(LISTED);
    const jobs: readonly (Job | undefined)[] = await Promise.all(entries.map(({ id }) => getStub(c, id).status()));
    return c.json({ jobs: jobs.flatMap((job) => (job === undefined ? [] : [shown(job)])) }, 200);
  })
  .openapi(statusRoute, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(shown(found(await getStub(c, id).status(), id)), 200);
  })
  .openapi(eventsRoute, async (c) => {
    const { id } = c.req.valid('param');
    if (c.req.method === 'HEAD') {
      found(await getStub(c, id).status(), id);
      return c.body(null, 200, { 'content-type': 'text/event-stream' }) as never;
    }
    const response = await getStub(c, id).fetch(c.req.raw);
    if (response.status === 404) throw unknownJob(id);
    return new Response(response.body, response) as never;
  })
  .openapi(modelRoute, async (c) => {
    const { id } = c.req.valid('param');
    const job = found(await getStub(c, id).status(), id);
    const bytes = await getStub(c, id).model();
    if (bytes === undefined)
      throw new HttpError(409, `job ${id}: expected a first slice to be done, it has not begun yet`);
    const { info, parameters } = modelOfCheckpoint(bytes);
    // A job that is over keeps its model; one under way keeps a checkpoint, of which a client gets the network alone.
    const file = job.state.status === 'succeeded' ? bytes : formatModel({ info, parameters });
    return c.body(file, 200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="job-${id.slice(0, 8)}.safetensors"`,
      'cache-control': 'no-store',
    });
  })
  .openapi(recordingRoute, async (c) => {
    const { id } = c.req.valid('param');
    found(await getStub(c, id).status(), id);
    const bytes = await getStub(c, id).recording();
    if (bytes === undefined) throw new HttpError(409, `job ${id}: expected one with "record" that has succeeded`);
    return c.body(bytes, 200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' });
  })
  .openapi(changeRoute('cancel', 'Stop it; it can be resumed'), async (c) => {
    const { id } = c.req.valid('param');
    return c.json(
      shown(changed(await getStub(c, id).cancel(), id, 'one that is not over, and whose model is not being published')),
      200,
    );
  })
  .openapi(changeRoute('resume', 'Go on after a cancel or an interruption'), async (c) => {
    const { id } = c.req.valid('param');
    return c.json(shown(changed(await getStub(c, id).resume(), id, 'one that was cancelled or interrupted')), 200);
  });

function getStub(c: Context<AppEnv>, id: string): DurableObjectStub<TrainingJob> {
  try {
    return c.env.JOBS.get(c.env.JOBS.idFromString(id));
  } catch {
    throw unknownJob(id);
  }
}

function found(job: Job | undefined, id: string): Job {
  if (job === undefined) throw unknownJob(id);
  return job;
}

function changed(job: Job | undefined | false, id: string, expected: string): Job {
  if (job === false) throw new HttpError(409, `job ${id}: expected ${expected}`);
  return found(job, id);
}

/** A job as it was asked, with what is known of its data; of one that goes on from a model as that model has it. */
async function planned(
  c: Context<AppEnv>,
  asked: unknown,
): Promise<{ spec: JobSpec; shape: DataShape; contract: Contract }> {
  const spec = JobRequest.parse(asked);
  const datasets = new DatasetStore(c.env.MODELS);
  const shape = await dataShape(datasets, spec.data);
  const contract = await dataContract(datasets, spec.data);
  if (spec.from === undefined) return { spec, shape, contract };
  const start = await openStart(new ModelService(c.env.MODELS), spec.from);
  return {
    spec: withStart(spec, start, asked),
    shape: shapeFor(shape, contract, start),
    contract: readContract(start.info),
  };
}

function unknownJob(id: string): HttpError {
  return new HttpError(404, `there is no job ${id}`);
}

/** What clients are shown: not how the job goes about it. */
function shown(job: Job): z.infer<typeof JobSchema> {
  const { id, spec, shape, state, progress, history, slices, computeMs, created, updated } = job;
  const { layers } = networkSpec(spec, shape);
  return {
    ...{ id, spec, state, progress, slices, computeMs, created, updated },
    layers: [...layers],
    parameters: parameterCount(layers),
    history: history.map((metrics) => ({ ...metrics })),
  };
}
