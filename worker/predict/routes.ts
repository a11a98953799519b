import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { PredictQuery, PredictResponse } from '../../src/api/index.ts';
import { predictAccess } from '../access.ts';
import { readBody, readMediaType } from '../body.ts';
import { BINARY, documentedSchema, problems, refuseInvalid } from '../documents.ts';
import type { AppEnv } from '../env.ts';
import { LIMITS } from '../limits.ts';
import { ModelService } from '../models/service.ts';
import { estimateWork, MEDIA_TYPES, predict, readSamples } from './inference.ts';

const [JSON_TYPE, RAW_TYPE, PNG_TYPE] = MEDIA_TYPES;

/** Samples in each of the ways in which they are taken. */
export const SAMPLES_BODY = {
  required: true,
  content: {
    [JSON_TYPE]: documentedSchema('PredictRequest'),
    [RAW_TYPE]: BINARY,
    [PNG_TYPE]: BINARY,
  },
};

const route = createRoute({
  method: 'post',
  path: '/predict',
  summary: 'Classify samples',
  description:
    `Up to ${LIMITS.batch} samples. For a model of pixels: JSON (numbers 0–255, or 0–scale), raw bytes, one for each pixel, or, of` +
    ' 28 × 28, one PNG of any size, which is cropped, scaled and centred as MNIST was. For any other: JSON, or raw' +
    ' little-endian float32, of numbers as they are; what the model standardises is standardised here.',
  tags: ['Predict'],
  middleware: [predictAccess()] as const,
  request: {
    query: PredictQuery,
    body: SAMPLES_BODY,
  },
  responses: {
    200: {
      description: 'Predictions in the order of the samples',
      content: { 'application/json': { schema: PredictResponse } },
    },
    ...problems(400, 401, 403, 404, 413, 415, 429, 503),
  },
});

export const predictRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid }).openapi(route, async (c) => {
  const started = performance.now();
  const { model, version } = c.req.valid('query');
  const body = await readBody(c.req.raw, LIMITS.bodyBytes);
  // From here on nothing is awaited: the network stays where it is.
  const network = await new ModelService(c.env.MODELS).network({ name: model, version });
  const samples = readSamples(body, readMediaType(c.req.raw), network);
  const parsed = performance.now();
  const predictions = predict(network, samples);
  const answer = { model: network.name, version: network.version, predictions };
  return c.json(answer, 200, {
    'server-timing': timing(body.length, estimateWork(network, samples), parsed - started, performance.now() - parsed),
    'cache-control': 'no-store',
  });
});

/** Work as well as time: deployed, the clock stands still while the Worker computes. */
function timing(bytes: number, work: number, parse: number, compute: number): string {
  return `parse;desc="${bytes} bytes";dur=${parse.toFixed(3)}, compute;desc="${work} multiply-adds";dur=${compute.toFixed(3)}`;
}
