/** Learners: private copies of a model that learn from one example at a time. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { IdempotencyHeader, ListQuery } from '../../src/api/fields.ts';
import {
  ExampleResponse,
  Learner,
  LearnerId,
  LearnerList,
  LearnerPredictResponse,
  type LearnerRecord,
  LearnerRequest,
  LearnerValuesResponse,
  PromoteRequest,
  PromoteResponse,
  ValuesExampleResponse,
} from '../../src/api/learners.ts';
import { getCaller, getIdentity } from '../access.ts';
import type { AppEnv } from '../env.ts';
import { LIMITS } from '../limits.ts';
import { file, json, jsonBody, problems, refuseInvalid, tagRoutes } from '../openapi.ts';
import { SAMPLES_BODY } from '../predict/routes.ts';
import { nameCreation, readBody, readJson, readKey, readMediaType } from '../requests.ts';
import { listEntries } from '../storage/directory.ts';
import { askReply } from '../storage/objects.ts';
import { type LearnerAnswer, type Learner as LearnerObject, type Lesson, unknownLearner } from './learner.ts';

const route = tagRoutes('Learners');
const params = z.object({ id: LearnerId });

const createLearnerRoute = route('post', '/learners', 'Create a learner from a model', {
  operationId: 'createLearner',
  description: `The learner has a copy of the model. It is deleted ${LIMITS.learnerDays} days after its last use. A second request with the same Idempotency-Key returns the learner of the first.`,
  request: { headers: IdempotencyHeader, body: jsonBody('LearnerRequest') },
  responses: {
    200: json('The learner that was created with this key before', Learner, 'location'),
    201: json('The new learner', Learner, 'location'),
    ...problems(404, 409),
  },
});
const listRoute = route('get', '/learners', 'List the learners of the token, or all for admin', {
  operationId: 'listLearners',
  request: { query: ListQuery },
  responses: { 200: json('Learners, newest first', LearnerList) },
});
const getRoute = route('get', '/learners/{id}', 'Get a learner', {
  operationId: 'getLearner',
  request: { params },
  responses: { 200: json('The learner', Learner), ...problems(404) },
});
const exampleRoute = route('post', '/learners/{id}/examples', 'Learn one example', {
  operationId: 'learnExample',
  description: `Runs the SGD steps at once, with rehearsal, and returns the predictions before and after. Regressions learn values instead of a label. At most ${LIMITS.learnerExamples} examples.`,
  request: { params, headers: IdempotencyHeader, body: jsonBody('TeachRequest') },
  responses: {
    200: json('Predictions before and after the example', z.union([ExampleResponse, ValuesExampleResponse])),
    ...problems(404, 409),
  },
});
const predictRoute = route('post', '/learners/{id}/predict', 'Predict samples with a learner', {
  operationId: 'predictWithLearner',
  description: 'The request body and the predictions are those of /predict.',
  request: { params, body: SAMPLES_BODY },
  responses: {
    200: json('One prediction per sample, in order', z.union([LearnerPredictResponse, LearnerValuesResponse])),
    ...problems(404),
  },
});
const changeRoute = (action: 'undo' | 'reset', summary: string) =>
  route('post', `/learners/{id}/${action}`, summary, {
    operationId: `${action}Learner`,
    request: { params, headers: IdempotencyHeader },
    responses: { 200: json('The learner', Learner), ...problems(404, 409) },
  });
const modelRoute = route('get', '/learners/{id}/model', 'Download a learner as a model (safetensors)', {
  operationId: 'downloadLearner',
  request: { params },
  responses: {
    200: file('The model file', 'learner-examples'),
    ...problems(404),
  },
});
const promoteRoute = route('post', '/learners/{id}/promote', 'Publish a learner as the next version of a model', {
  operationId: 'promoteLearner',
  description:
    'An unchanged learner is published once. The version is served when an alias is moved to it, or at once if the model is new.',
  request: { params, headers: IdempotencyHeader, body: jsonBody('PromoteRequest') },
  responses: {
    200: json('The version that was published before', PromoteResponse, 'location'),
    201: json('The new version', PromoteResponse, 'location'),
    ...problems(404, 409),
  },
});
const deleteRoute = route('delete', '/learners/{id}', 'Delete a learner and its examples', {
  operationId: 'deleteLearner',
  request: { params },
  responses: { 204: { description: 'Deleted' }, ...problems(404) },
});

export const learnerRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid })
  .openapi(createLearnerRoute, async (c) => {
    const spec = LearnerRequest.parse(await readJson(c, LIMITS.smallBodyBytes));
    const id = c.env.LEARNERS.idFromName(nameCreation(c, 'learner')).toString();
    const begin = () => getStub(c, id).begin(id, spec, getTokenCaller(c));
    const { learner, created } = await askReply<{ learner: Learner; created: boolean }>(begin);
    c.header('location', `/learners/${id}`);
    return c.json(learner, created ? 201 : 200);
  })
  .openapi(listRoute, async (c) => {
    const own = { ...getCaller(c), isClosed: true };
    const { items, next } = await listEntries(c.env, 'learner', own, c.req.valid('query'));
    const learners = items.map(({ name, summary }) => ({ id: name, ...(summary as Omit<LearnerRecord, 'id'>) }));
    return c.json({ learners, next }, 200);
  })
  .openapi(getRoute, async (c) => {
    return c.json(await askReply<Learner>(() => getStub(c).status(getCaller(c))), 200);
  })
  .openapi(exampleRoute, async (c) => {
    const body = await readBody(c.req.raw, LIMITS.bodyBytes);
    const key = await readKey(c, 'example', body);
    const learn = () => getStub(c).learn(getCaller(c), body, key);
    return c.json(await askReply<Lesson>(learn), 200);
  })
  .openapi(predictRoute, async (c) => {
    const body = await readBody(c.req.raw, LIMITS.bodyBytes);
    const predict = () => getStub(c).predict(getCaller(c), body, readMediaType(c.req.raw));
    return c.json(await askReply<LearnerAnswer>(predict), 200, { 'cache-control': 'no-store' });
  })
  .openapi(changeRoute('undo', 'Undo the last example'), async (c) => {
    const key = await readKey(c, 'undo');
    return c.json(await askReply<Learner>(() => getStub(c).undo(getCaller(c), key)), 200);
  })
  .openapi(changeRoute('reset', 'Undo all examples'), async (c) => {
    const key = await readKey(c, 'reset');
    return c.json(await askReply<Learner>(() => getStub(c).reset(getCaller(c), key)), 200);
  })
  .openapi(modelRoute, async (c) => {
    const { id } = c.req.valid('param');
    const read = () => getStub(c).file(getCaller(c));
    const { examples, bytes } = await askReply<{ examples: number; bytes: Uint8Array<ArrayBuffer> }>(read);
    return c.body(bytes, 200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="learner-${id.slice(0, 8)}.safetensors"`,
      'cache-control': 'no-store',
      'learner-examples': String(examples),
    });
  })
  .openapi(promoteRoute, async (c) => {
    const { name } = PromoteRequest.parse(await readJson(c, LIMITS.smallBodyBytes));
    const key = await readKey(c, `promote ${c.req.valid('param').id} as ${name}`);
    const promote = () => getStub(c).promote(getTokenCaller(c), name, key);
    const { created, ...promoted } = await askReply<PromoteResponse & { created: boolean }>(promote);
    c.header('location', `/models/${promoted.model}/versions/${promoted.version}`);
    return c.json(promoted, created ? 201 : 200);
  })
  .openapi(deleteRoute, async (c) => {
    await askReply<null>(() => getStub(c).remove(getCaller(c)));
    return c.body(null, 204);
  });

function getTokenCaller(c: Context<AppEnv>) {
  return { ...getCaller(c), identity: getIdentity(c) };
}

/** The learner `id`, by default that of the path. Throws 404 for an id that the platform did not issue. */
function getStub(c: Context<AppEnv>, id = c.req.param('id') ?? ''): DurableObjectStub<LearnerObject> {
  try {
    return c.env.LEARNERS.get(c.env.LEARNERS.idFromString(id));
  } catch {
    throw unknownLearner(id);
  }
}
