/** Training jobs. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { IdempotencyHeader, ListQuery } from '../../src/api/fields.ts';
import {
  Job,
  JobId,
  JobList,
  JobRequest,
  type JobSpec,
  type JobSummary,
  type RequestedJob,
} from '../../src/api/jobs.ts';
import { checkSpec, parameterCount } from '../../src/core/spec.ts';
import { formatModel, parseModel } from '../../src/format/model-file.ts';
import { getCaller, getIdentity } from '../access.ts';
import { DatasetRegistry } from '../datasets/registry.ts';
import type { AppEnv } from '../env.ts';
import { type Reply, readReplyUnless } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { type Contract, readContract } from '../models/contract.ts';
import { ModelPublisher } from '../models/publishing.ts';
import { ModelRegistry } from '../models/registry.ts';
import { file, json, jsonBody, problems, refuseInvalid, tagRoutes } from '../openapi.ts';
import { checkSameOptions, nameCreation, readJson, readKey } from '../requests.ts';
import { listEntries } from '../storage/directory.ts';
import { ask, askReply } from '../storage/objects.ts';
import { type TrainingJob, unknownJob } from './job.ts';
import { type DataShape, describeData } from './shape.ts';
import { checkMemory, completeSpec, networkSpec } from './spec.ts';
import { adaptShape, applyStart, openStart } from './start.ts';
import type { StoredJob } from './state.ts';

const route = tagRoutes('Jobs');
const params = z.object({ id: JobId });

const startRoute = route('post', '/jobs', 'Start a training job', {
  operationId: 'startJob',
  description:
    'Options and defaults are those of edge-mlp train. A second request with the same Idempotency-Key returns the job of the first.',
  request: { headers: IdempotencyHeader, body: jsonBody('JobRequest') },
  responses: {
    200: json('The job that was started with this key before', Job, 'location'),
    202: json('The new job', Job, 'location'),
    ...problems(404, 409),
  },
});
const listRoute = route('get', '/jobs', 'List the jobs', {
  operationId: 'listJobs',
  description: 'Without jobs of sweeps. A closed service lists only the jobs of the token.',
  request: { query: ListQuery },
  responses: { 200: json('Jobs, newest first', JobList) },
});
const getRoute = route('get', '/jobs/{id}', 'Get a job and its progress', {
  operationId: 'getJob',
  request: { params },
  responses: { 200: json('The job', Job), ...problems(404) },
});
const eventsRoute = route('get', '/jobs/{id}/events', 'Stream the events of a job (server-sent events)', {
  operationId: 'streamJobEvents',
  description: 'Starts after the event in Last-Event-ID, or with the first event, and ends with the job.',
  request: { params, headers: z.object({ 'last-event-id': z.string().optional().describe('Number of an event') }) },
  responses: {
    200: { description: 'Events: progress, epoch, state', content: { 'text/event-stream': { schema: z.string() } } },
    204: { description: 'The job is over, and Last-Event-ID is its last event' },
    ...problems(404),
  },
});
const modelRoute = route('get', '/jobs/{id}/model', 'Download the model of a job (safetensors)', {
  operationId: 'downloadJobModel',
  description: 'While the job runs, the file has the weights of the last commit.',
  request: { params },
  responses: { 200: file('The model file'), ...problems(404, 409) },
});
const recordingRoute = route('get', '/jobs/{id}/run', 'Download the recording of a job with "record" (safetensors)', {
  operationId: 'downloadJobRecording',
  request: { params },
  responses: {
    200: file('Weights, the loss of every step, and the metrics of every epoch'),
    ...problems(404, 409),
  },
});
const changeRoute = (action: 'cancel' | 'resume', summary: string) =>
  route('post', `/jobs/{id}/${action}`, summary, {
    operationId: `${action}Job`,
    request: { params, headers: IdempotencyHeader },
    responses: { 200: json('The job', Job), ...problems(404, 409) },
  });
const deleteRoute = route('delete', '/jobs/{id}', 'Delete a job that is over, and its model', {
  operationId: 'deleteJob',
  description: `A job that is over is deleted after ${LIMITS.jobDays} days.`,
  request: { params },
  responses: { 204: { description: 'Deleted' }, ...problems(404, 409) },
});

export const jobRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid })
  .openapi(startRoute, async (c) => {
    const body = await readJson(c, LIMITS.optionsBytes);
    const requested = JobRequest.parse(body);
    const id = c.env.JOBS.idFromName(nameCreation(c, 'job')).toString();
    const known = await findStarted(c, id);
    if (known !== undefined) {
      checkSameOptions('job', known.requested, requested);
      return c.json(describeJob(known), 200, { location: `/jobs/${id}` });
    }
    const { spec, shape, contract } = await planJob(c, requested, body);
    checkSpec(networkSpec(spec, shape));
    checkMemory(spec, shape);
    const owner = getIdentity(c);
    if (spec.publish !== undefined) await new ModelPublisher(c.env, owner).checkUpload(spec.publish, contract);
    const start = () => getStub(c, id).start(id, spec, { owner, requested, shape, place: null });
    const { job, created } = await askReply<{ job: StoredJob; created: boolean }>(start);
    if (!created) checkSameOptions('job', job.requested, requested);
    return c.json(describeJob(job), created ? 202 : 200, { location: `/jobs/${id}` });
  })
  .openapi(listRoute, async (c) => {
    const { items, next } = await listEntries(c.env, 'job', getCaller(c), c.req.valid('query'));
    return c.json({ jobs: items.map(({ summary }) => summary as JobSummary), next }, 200);
  })
  .openapi(getRoute, async (c) => {
    return c.json(describeJob(await askReply<StoredJob>(() => getStub(c).status(getCaller(c)))), 200);
  })
  .openapi(eventsRoute, async (c) => {
    const { id } = c.req.valid('param');
    await askReply<StoredJob>(() => getStub(c, id).status(getCaller(c)));
    if (c.req.method === 'HEAD') {
      return c.body(null, 200, { 'content-type': 'text/event-stream' }) as never;
    }
    const response = await ask(() => getStub(c, id).fetch(c.req.raw));
    if (response.status === 404) throw unknownJob(id);
    return new Response(response.body, response) as never;
  })
  .openapi(modelRoute, async (c) => {
    const { id } = c.req.valid('param');
    const read = () => getStub(c, id).model(getCaller(c));
    const { job, bytes } = await askReply<{ job: StoredJob; bytes: Uint8Array<ArrayBuffer> }>(read);
    return c.body(job.state.status === 'succeeded' ? bytes : removeCheckpoint(bytes), 200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="job-${id.slice(0, 8)}.safetensors"`,
      'cache-control': 'no-store',
    });
  })
  .openapi(recordingRoute, async (c) => {
    const { id } = c.req.valid('param');
    const bytes = await askReply<Uint8Array<ArrayBuffer>>(() => getStub(c, id).recording(getCaller(c)));
    return c.body(bytes, 200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="job-${id.slice(0, 8)}-run.safetensors"`,
      'cache-control': 'no-store',
    });
  })
  .openapi(changeRoute('cancel', 'Cancel a job; it can be resumed'), async (c) => {
    const key = await readKey(c, 'cancel');
    const job = await askReply<StoredJob>(() => getStub(c).cancel(getCaller(c), key));
    return c.json(describeJob(job), 200);
  })
  .openapi(changeRoute('resume', 'Resume a cancelled or failed job'), async (c) => {
    const key = await readKey(c, 'resume');
    const job = await askReply<StoredJob>(() => getStub(c).resume(getCaller(c), key));
    return c.json(describeJob(job), 200);
  })
  .openapi(deleteRoute, async (c) => {
    await askReply<null>(() => getStub(c).remove(getCaller(c)));
    return c.body(null, 204);
  });

/** The job `id`, by default that of the path. Throws 404 for an id that the platform did not issue. */
function getStub(c: Context<AppEnv>, id = c.req.param('id') ?? ''): DurableObjectStub<TrainingJob> {
  try {
    return c.env.JOBS.get(c.env.JOBS.idFromString(id));
  } catch {
    throw unknownJob(id);
  }
}

/** The job that an earlier request with this Idempotency-Key started: the repetition needs no data and no model. */
async function findStarted(c: Context<AppEnv>, id: string): Promise<StoredJob | undefined> {
  if (c.req.header('idempotency-key') === undefined) return undefined;
  return readReplyUnless<StoredJob>(404, await ask<Reply<StoredJob>>(() => getStub(c, id).status(getCaller(c))));
}

/** Checks the options against the data and the start model. `contract` is that of the trained model. Throws 400, 404 or 503. */
async function planJob(
  c: Context<AppEnv>,
  requested: RequestedJob,
  body: unknown,
): Promise<{ spec: JobSpec; shape: DataShape; contract: Contract }> {
  const data = await describeData(new DatasetRegistry(c.env, getCaller(c)), requested.data);
  if (requested.from === undefined) return { spec: completeSpec(requested, data.shape), ...data };
  const start = await openStart(new ModelRegistry(c.env), requested.from);
  const shape = adaptShape(data, start);
  const spec = completeSpec(applyStart(requested, start, body), shape);
  return { spec, shape, contract: readContract(start.info) };
}

/** The file of a running job also contains its training state. */
function removeCheckpoint(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { info, parameters } = parseModel(bytes, 'the job');
  return formatModel({ info, parameters });
}

function describeJob(stored: StoredJob): Job {
  const { id, spec, shape, state, progress, history, slices, computeMs, created, updated } = stored;
  const { layers } = networkSpec(spec, shape);
  return {
    id,
    spec,
    layers: [...layers],
    parameters: parameterCount(layers),
    state,
    progress,
    history: [...history],
    slices,
    computeMs,
    created,
    updated,
  };
}
