import { OpenAPIHono, z } from '@hono/zod-openapi';
import { PredictQuery, PredictResponse, ValuesResponse } from '../../src/api/predict.ts';
import type { AppEnv } from '../env.ts';
import { LIMITS } from '../limits.ts';
import { ModelServer } from '../models/serving.ts';
import { BINARY, bodySchema, json, problems, refuseInvalid, tagRoutes } from '../openapi.ts';
import { readBody, readMediaType } from '../requests.ts';
import { decodeContent } from './content.ts';
import { answer, countMultiplyAdds, readSamples } from './inference.ts';

/** Samples in each supported media type. */
export const SAMPLES_BODY = {
  required: true,
  content: {
    'application/json': bodySchema('PredictRequest'),
    'application/octet-stream': BINARY,
    'image/png': BINARY,
    'image/jpeg': BINARY,
    'image/webp': BINARY,
    'text/csv': { schema: { type: 'string' as const } },
  },
};

const route = tagRoutes('Predict')('post', '/predict', 'Classify samples', {
  operationId: 'predict',
  description: [
    `Classifies up to ${LIMITS.batch} samples.`,
    [
      '- Models of pixels take JSON (numbers from 0 to 255, or to scale), raw bytes (one byte per pixel), or one image (PNG, JPEG or WebP, recognized by its bytes).',
      '- Models of 28 × 28 pixels remove shadows, lines and frames from an image of any size. They crop, scale and centre it as MNIST was. An image of two digits is refused.',
      '- Other models take JSON or raw little-endian float32, unscaled. The service standardises if the model was trained on standardised inputs.',
      '- Models of tables take named cells, such as `{"mass": 180, "colour": "red"}`, and CSV with a header. Unknown texts are refused.',
      '- Regressions answer the `values` of their targets.',
    ].join('\n'),
  ].join('\n\n'),
  request: { query: PredictQuery, body: SAMPLES_BODY },
  responses: {
    200: json('One prediction per sample, in order', z.union([PredictResponse, ValuesResponse]), 'server-timing'),
    ...problems(404),
  },
});

export const predictRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid }).openapi(route, async (c) => {
  const started = performance.now();
  const { model: requested, version } = c.req.valid('query');
  const body = await readBody(c.req.raw, LIMITS.bodyBytes);
  const content = await decodeContent(body, readMediaType(c.req.raw));
  // No await after this one: another request could evict the network.
  const network = await new ModelServer(c.env).network({ name: requested, version });
  const samples = readSamples(content, network);
  const parsed = performance.now();
  const predictions = answer(network, samples);
  const computed = performance.now();
  // Work in addition to time: on Cloudflare the clock stands still while the Worker computes.
  const timing = [
    `parse;desc="${body.length} bytes";dur=${(parsed - started).toFixed(3)}`,
    `compute;desc="${countMultiplyAdds(network, samples)} multiply-adds";dur=${(computed - parsed).toFixed(3)}`,
  ];
  const headers = { 'server-timing': timing.join(', '), 'cache-control': 'no-store' };
  const { name: model, version: number } = network;
  return c.json({ model, version: number, predictions } as PredictResponse | ValuesResponse, 200, headers);
});
