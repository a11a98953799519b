/** Behaviour that all routes share. */
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { createApp } from '../../worker/app.ts';
import { toHttpError } from '../../worker/errors.ts';
import { checkAnswer } from './contract.ts';
import { ask, bearer, brokenObjects, digit, expectError, post } from './support.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the service', () => {
  it('answers unknown paths with 404, and other methods with 405 and Allow', async () => {
    await expectError(await ask('/nothing/here'), 404, 'unknown path /nothing/here');
    for (const [path, method, allow] of [
      ['/predict', 'DELETE', 'POST, OPTIONS'],
      ['/models', 'POST', 'GET, HEAD, OPTIONS'],
      ['/models/mnist/versions/1', 'POST', 'GET, PUT, DELETE, HEAD, OPTIONS'],
      ['/models/mnist/aliases/stable', 'POST', 'GET, PUT, DELETE, HEAD, OPTIONS'],
      ['/v2/health/live', 'PUT', 'GET, HEAD, OPTIONS'],
      ['/v2/models/mnist/infer', 'GET', 'POST, OPTIONS'],
      ['/openapi.json', 'PATCH', 'GET, HEAD, OPTIONS'],
    ]) {
      const response = await ask(path ?? '', { method: method ?? '' });
      expect(response.headers.get('allow')).toBe(allow);
      await expectError(response, 405, `expected ${allow}, got ${method}`);
    }
    expect((await ask('/v2/health/live', { method: 'HEAD' })).status).toBe(200);
  });

  it('sets security headers', async () => {
    for (const response of [await ask('/v2/health/live'), await ask('/nothing')]) {
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('strict-transport-security')).toContain('max-age');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
    }
  });

  it('limits the rate of each address', async () => {
    const headers = { 'content-type': 'application/octet-stream', 'cf-connecting-ip': '192.0.2.7' };
    const { answered, refused } = await untilRefused(() => post('/predict', digit(0), headers));
    expect(answered).toBeGreaterThanOrEqual(600);
    expect(refused?.headers.get('retry-after')).toBe('60');
    if (refused !== undefined) await expectError(refused, 429, 'too many requests: try again in 60 seconds');
    expect((await post('/predict', digit(0), { ...headers, 'cf-connecting-ip': '192.0.2.8' })).status).toBe(200);
  });

  it('limits the rate of each token separately, and never refuses health checks', async () => {
    const from = { 'cf-connecting-ip': '192.0.2.9' };
    const { answered } = await untilRefused(() => ask('/v2', { headers: from }));
    expect(answered).toBeGreaterThanOrEqual(600);
    expect((await ask('/v2', { headers: { ...from, ...bearer('predict') } })).status).toBe(200);
    expect((await ask('/v2', { headers: { ...from, authorization: 'Bearer guess' } })).status).toBe(429);
    expect((await ask('/v2/health/live', { headers: from })).status).toBe(200);
  });

  it('logs a fault once, with the method, the path and the cause, and without the body and the token', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const request = new Request('https://edge-mlp.test/datasets/secrets?label=hidden', {
      method: 'PUT',
      headers: bearer('train'),
      body: '{"training": 17}',
    });
    const bindings = { ...env, DATASETS: brokenObjects<typeof env.DATASETS>() };
    const response = await checkAnswer(request, await createApp().fetch(request, bindings));
    await expectError(response, 503, 'the storage is unavailable');
    const fault = 'PUT /datasets/secrets: 503 the storage is unavailable: retry later';
    expect(log.mock.calls).toEqual([[fault, new Error('the object is down: secret detail')]]);
  });

  it.each([
    ['bad-data', 400, 'row 3'],
    ['out-of-memory', 503, 'row 3'],
    ['disposed', 500, 'internal error: the service has logged the details'],
    ['file', 500, 'internal error: the service has logged the details'],
  ] as const)('answers the error %s of the library with %i: %s', (code, status, message) => {
    const cause = new EdgeMlpError(code, 'row 3');
    expect(toHttpError(cause)).toMatchObject({ status, message, cause });
  });

  it.each(['identity', 'gzip'])('does not log a client that hangs up in a body of encoding %s', async (encoding) => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    for (const path of ['/predict', '/v2/models/mnist/infer', '/jobs', '/learners']) {
      const body = new ReadableStream({
        type: 'bytes',
        pull: (controller) => controller.error(new Error('Network connection lost.')),
      });
      const headers = { 'content-type': 'application/json', 'content-encoding': encoding, ...bearer('train') };
      const request = new Request(`https://edge-mlp.test${path}`, { method: 'POST', body, headers });
      const response = await checkAnswer(request, await createApp().fetch(request, env));
      await expectError(response, 400, /^body: expected .*, got: Network connection lost/);
    }
    expect(log).not.toHaveBeenCalled();
  });
});

/** If a new minute starts in between, the limit counts from 0 again, so this may send 1,200 requests. */
async function untilRefused(
  send: () => Promise<Response>,
): Promise<{ answered: number; refused: Response | undefined }> {
  for (let answered = 0; answered < 1300; answered++) {
    const response = await send();
    if (response.status === 429) return { answered, refused: response };
    expect(response.status).toBe(200);
    await response.arrayBuffer();
  }
  return { answered: 1300, refused: undefined };
}
