/** Learners: models of one's own that learn from each example. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import {
  ExampleResponse,
  LearnerId,
  LearnerPredictResponse,
  LearnerSchema,
  PromoteBody,
  PromoteResponse,
} from '../../src/api/index.ts';
import { predictAccess, requireScope } from '../access.ts';
import { parseJson, readBody, readMediaType } from '../body.ts';
import { BINARY, documentedSchema, json, problems, refuseInvalid, SECURED } from '../documents.ts';
import type { AppEnv } from '../env.ts';
import { HttpError } from '../errors.ts';
import { IdempotencyHeader, nameOfRequest } from '../idempotency.ts';
import { LIMITS } from '../limits.ts';
import { SAMPLES_BODY } from '../predict/routes.ts';
import { rateLimit } from '../rate-limit.ts';
import type { Learner, Predicted, Taught } from './learner.ts';
import { granted, type Reply } from './reply.ts';
import { LearnerRequest } from './spec.ts';
import type { LearnerInfo } from './state.ts';

const tags = ['Learners'];
const teaching = () => [requireScope('train'), rateLimit('CHANGE_LIMIT')];
const one = { params: z.object({ id: LearnerId }) };

const beginRoute = createRoute({
  ...{ method: 'post', path: '/learners', summary: 'Fork a model into a learner', tags, ...SECURED },
  description: `It keeps a copy of the model, and is deleted ${LIMITS.learnerDays} days after it was last asked or taught something. With an Idempotency-Key a second request is told of the first one’s learner.`,
  middleware: teaching(),
  request: {
    headers: IdempotencyHeader,
    body: { required: true, content: { 'application/json': documentedSchema('LearnerRequest') } },
  },
  responses: {
    200: json('The learner that was begun under this key before', LearnerSchema),
    201: json('The learner', LearnerSchema),
    ...problems(400, 401, 403, 404, 409, 413, 429, 503, 507),
  },
});
const statusRoute = createRoute({
  ...{ method: 'get', path: '/learners/{id}', summary: 'What a learner is, and how much it has learnt', tags },
  request: one,
  responses: { 200: json('The learner', LearnerSchema), ...problems(400, 404) },
});
const exampleRoute = createRoute({
  ...{ method: 'post', path: '/learners/{id}/examples', summary: 'Teach it one sample', tags, ...SECURED },
  description: `Takes the steps at once, with rehearsal, and answers with what it said before and says now. At most ${LIMITS.learnerExamples} examples.`,
  middleware: teaching(),
  request: { ...one, body: { required: true, content: { 'application/json': documentedSchema('ExampleRequest') } } },
  responses: {
    200: json('Before and after', ExampleResponse),
    ...problems(400, 401, 403, 404, 409, 413, 429, 503, 507),
  },
});
const predictRoute = createRoute({
  ...{ method: 'post', path: '/learners/{id}/predict', summary: 'Classify samples as it sees them', tags },
  description: 'The bodies are those of /predict.',
  middleware: [predictAccess()] as const,
  request: { ...one, body: SAMPLES_BODY },
  responses: {
    200: json('Predictions in the order of the samples', LearnerPredictResponse),
    ...problems(400, 401, 403, 404, 413, 415, 429, 503),
  },
});
const changeRoute = (verb: 'undo' | 'reset', summary: string) =>
  createRoute({
    ...{ method: 'post', path: `/learners/{id}/${verb}`, summary, tags, ...SECURED },
    middleware: teaching(),
    request: one,
    responses: { 200: json('The learner', LearnerSchema), ...problems(400, 401, 403, 404, 409, 429, 507) },
  });
const modelRoute = createRoute({
  ...{ method: 'get', path: '/learners/{id}/model', summary: 'Its model (safetensors)', tags },
  request: one,
  responses: {
    200: {
      description: 'The file; the header learner-examples says how many examples are in it',
      content: { 'application/octet-stream': BINARY },
    },
    ...problems(400, 404),
  },
});
const promoteRoute = createRoute({
  ...{
    method: 'post',
    path: '/learners/{id}/promote',
    summary: 'Publish it as the next version of a model',
    tags,
    ...SECURED,
  },
  description:
    'The same state, promoted again, is the same version. What is served changes with an alias, not with this, but for a name that is new.',
  middleware: teaching(),
  request: { ...one, body: { required: true, content: { 'application/json': documentedSchema('PromoteRequest') } } },
  responses: {
    200: json('The version that it was already', PromoteResponse),
    201: json('The version', PromoteResponse),
    ...problems(400, 401, 403, 404, 413, 429, 503),
  },
});
const deleteRoute = createRoute({
  ...{ method: 'delete', path: '/learners/{id}', summary: 'Delete it', tags, ...SECURED },
  middleware: teaching(),
  request: one,
  responses: { 204: { description: 'It is gone' }, ...problems(400, 401, 403, 404, 429) },
});

export const learnerRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid })
  .openapi(beginRoute, async (c) => {
    const spec = LearnerRequest.parse(parseJson(await readBody(c.req.raw, 4096)));
    const id = c.env.LEARNERS.idFromName(nameOfRequest(c, 'learner')).toString();
    const reply: Reply<{ learner: LearnerInfo; created: boolean }> = await getStub(c, id).begin(id, spec);
    const { learner, created } = granted(reply);
    c.header('location', `/learners/${id}`);
    return c.json(learner, created ? 201 : 200);
  })
  .openapi(statusRoute, async (c) => {
    const reply: Reply<LearnerInfo> = await getStub(c, c.req.valid('param').id).status();
    return c.json(granted(reply), 200);
  })
  .openapi(exampleRoute, async (c) => {
    const body = await readBody(c.req.raw, LIMITS.bodyBytes);
    const reply: Reply<Taught> = await getStub(c, c.req.valid('param').id).learn(body);
    return c.json(granted(reply), 200);
  })
  .openapi(predictRoute, async (c) => {
    const body = await readBody(c.req.raw, LIMITS.bodyBytes);
    const stub = getStub(c, c.req.valid('param').id);
    const reply: Reply<Predicted> = await stub.predict(body, readMediaType(c.req.raw));
    return c.json(granted(reply), 200, { 'cache-control': 'no-store' });
  })
  .openapi(changeRoute('undo', 'Forget the last example, by exact replay'), async (c) => {
    const reply: Reply<LearnerInfo> = await getStub(c, c.req.valid('param').id).undo();
    return c.json(granted(reply), 200);
  })
  .openapi(changeRoute('reset', 'Forget all examples'), async (c) => {
    const reply: Reply<LearnerInfo> = await getStub(c, c.req.valid('param').id).reset();
    return c.json(granted(reply), 200);
  })
  .openapi(modelRoute, async (c) => {
    const { id } = c.req.valid('param');
    const reply: Reply<{ examples: number; bytes: Uint8Array<ArrayBuffer> }> = await getStub(c, id).file();
    const { examples, bytes } = granted(reply);
    return c.body(bytes, 200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="learner-${id.slice(0, 8)}.safetensors"`,
      'cache-control': 'no-store',
      'learner-examples': String(examples),
    });
  })
  .openapi(promoteRoute, async (c) => {
    const { name } = PromoteBody.parse(parseJson(await readBody(c.req.raw, 4096)));
    const reply: Reply<{ model: string; version: number; examples: number; created: boolean }> = await getStub(
      c,
      c.req.valid('param').id,
    ).promote(name);
    const { created, ...promoted } = granted(reply);
    c.header('location', `/models/${promoted.model}/versions/${promoted.version}`);
    return c.json(promoted, created ? 201 : 200);
  })
  .openapi(deleteRoute, async (c) => {
    const reply: Reply<null> = await getStub(c, c.req.valid('param').id).remove();
    granted(reply);
    return c.body(null, 204);
  });

function getStub(c: Context<AppEnv>, id: string): DurableObjectStub<Learner> {
  try {
    return c.env.LEARNERS.get(c.env.LEARNERS.idFromString(id));
  } catch {
    throw new HttpError(404, `there is no learner ${id}`);
  }
}
