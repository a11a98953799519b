/** Repetition of requests: which, when, and how long. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Client, ClientError, type ClientOptions, type RetryPause } from '../../src/client/index.ts';
import { serve } from '../support/http.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

type Answer = Error | (() => Response);

const refuse =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    Response.json({ error: `status ${status}` }, { status, headers });
const askToWait = (seconds: number) => refuse(429, { 'retry-after': String(seconds) });
const LOST = new TypeError('fetch failed');

/** A client whose service gives these answers, the last one forever; its requests and pauses. */
function createClient(answers: readonly Answer[], options: ClientOptions = {}) {
  const requests: Request[] = [];
  const pauses: RetryPause[] = [];
  const fetch = async (request: Request) => {
    requests.push(request);
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    if (answer instanceof Error) throw answer;
    if (request.signal.aborted) throw request.signal.reason;
    return answer?.() ?? Response.json({});
  };
  const retry = { ...options.retry, onPause: (pause: RetryPause) => pauses.push(pause) };
  return { client: new Client('http://127.0.0.1', { ...options, fetch, retry }), requests, pauses };
}

/** The outcome of a request, with all pauses skipped. */
async function settle<Value>(request: Promise<Value>) {
  const outcome = request.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  await vi.runAllTimersAsync();
  return outcome;
}

const fine = () => Response.json({ models: ['mnist'] });

describe('a request is repeated', () => {
  it('after the seconds of Retry-After and some more', async () => {
    const { client, requests, pauses } = createClient([askToWait(20), refuse(503, { 'retry-after': '3' }), fine]);
    expect(await settle(client.models.names())).toEqual({ value: ['mnist'] });
    expect(requests).toHaveLength(3);
    const [first, second] = pauses;
    expect([first?.reason, first?.error]).toEqual(['asked', new ClientError(429, 'status 429', 20)]);
    expect(first?.seconds).toBeGreaterThanOrEqual(20);
    expect(first?.seconds).toBeLessThanOrEqual(22);
    expect(second?.seconds).toBeGreaterThanOrEqual(3);
    expect(second?.seconds).toBeLessThanOrEqual(4);
  });

  it.each([
    [{ 'retry-after': 'Thu, 26 Nov 2026 10:00:30 GMT', date: 'Thu, 26 Nov 2026 10:00:00 GMT' }, 30],
    [{ 'retry-after': 'Thu, 26 Nov 2026 09:00:00 GMT', date: 'Thu, 26 Nov 2026 10:00:00 GMT' }, 0],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-1' }, undefined],
    [{ 'retry-after': '1e9' }, undefined],
    [{}, undefined],
  ] as [Record<string, string>, number | undefined][])('%j asks to wait %s s', async (headers, seconds) => {
    const { client, pauses } = createClient([refuse(429, headers), fine]);
    await settle(client.models.names());
    expect(pauses.map(({ error }) => error)).toEqual(
      seconds === undefined ? [] : [new ClientError(429, 'status 429', seconds)],
    );
  });

  it('after a date by the own clock, if the service hides its clock', async () => {
    vi.setSystemTime(new Date('2026-11-26T10:00:00Z'));
    const { client, pauses } = createClient([refuse(429, { 'retry-after': 'Thu, 26 Nov 2026 10:00:07 GMT' }), fine]);
    await settle(client.models.names());
    expect(Math.floor(pauses[0]?.seconds ?? 0)).toBe(7);
  });

  it.each([
    ['a lost connection', LOST],
    ['a bad gateway', refuse(502)],
    ['a timeout of a gateway', refuse(504)],
  ] as [string, Answer][])('after %s, with random pauses that grow', async (_, answer) => {
    const { client, requests, pauses } = createClient([answer, answer, answer, fine]);
    expect(await settle(client.models.names())).toEqual({ value: ['mnist'] });
    expect(requests).toHaveLength(4);
    expect(pauses.map(({ reason }) => reason)).toEqual(['lost', 'lost', 'lost']);
    for (const [i, { seconds }] of pauses.entries()) expect(seconds).toBeLessThanOrEqual(0.5 * 2 ** i);
    expect(new Set(pauses.map(({ seconds }) => seconds)).size).toBe(3);
  });

  it('after a connection that is lost within the answer', async () => {
    vi.useRealTimers();
    let requests = 0;
    const url = await serve((_, response) => {
      if (requests++ > 0) return response.end('{"models":[]}');
      response.writeHead(200, { 'content-length': 100 }).write('{"models":');
      setTimeout(() => response.destroy(), 20);
    });
    expect(await new Client(url).models.names()).toEqual([]);
    expect(requests).toBe(2);
  });

  it('with the same body and idempotency key', async () => {
    const { client, requests } = createClient([LOST, askToWait(1), fine]);
    await settle(client.jobs.start({ data: 'digits' }));
    await settle(client.jobs.start({ data: 'digits' }, 'mine'));
    const keys = requests.map(({ headers }) => headers.get('idempotency-key'));
    expect(keys).toEqual([keys[0], keys[0], keys[0], 'mine']);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(await Promise.all(requests.map((request) => request.json()))).toEqual(Array(4).fill({ data: 'digits' }));
  });

  it('every kind that is safe to repeat', async () => {
    const one = new Uint8Array(1);
    const calls: ((client: Client) => Promise<unknown>)[] = [
      (client) => client.models.get('m'),
      (client) => client.models.upload('m', 1, one),
      (client) => client.models.publish('m', one),
      (client) => client.models.moveAlias('m', 'stable', 1),
      (client) => client.predict(one),
      (client) => client.datasets.pieces('d'),
      (client) => client.datasets.uploadPiece('d', 'test', 0, one),
      (client) => client.datasets.finish('d', { training: 1 }),
      (client) => client.datasets.delete('d'),
      (client) => client.jobs.cancel('j'),
      (client) => client.jobs.model('j'),
      (client) => client.sweeps.cancel('s'),
      (client) => client.learners.teach('l', { pixels: [], label: 1 }),
      (client) => client.learners.promote('l', 'm'),
    ];
    for (const call of calls) {
      const { client, requests } = createClient([LOST, fine]);
      expect(await settle(call(client))).not.toHaveProperty('error');
      expect(requests).toHaveLength(2);
    }
  });
});

describe('a request is not repeated', () => {
  it.each([400, 401, 403, 404, 409, 412, 500, 501, 503, 507])('after status %d without Retry-After', async (status) => {
    const { client, requests } = createClient([refuse(status), fine]);
    expect(await settle(client.models.names())).toMatchObject({ error: { status } });
    expect(requests).toHaveLength(1);
  });

  it('after a failure of the program', async () => {
    const { client, requests } = createClient([new RangeError('mine'), fine]);
    expect(await settle(client.models.names())).toEqual({ error: new RangeError('mine') });
    expect(requests).toHaveLength(1);
  });

  it('if it depends on what the first one changed', async () => {
    const { client, requests } = createClient([LOST, fine]);
    expect(await settle(client.models.moveAlias('m', 'stable', 1, '"tag"'))).toEqual({ error: LOST });
    expect(requests).toHaveLength(1);
    const waiting = createClient([askToWait(1), fine]);
    expect(await settle(waiting.client.models.moveAlias('m', 'stable', 1, '"tag"'))).not.toHaveProperty('error');
  });

  it('if the service asks to wait longer than the limit', async () => {
    const { client, requests } = createClient([askToWait(181), fine]);
    expect(await settle(client.models.names())).toMatchObject({ error: { status: 429, retryAfter: 181 } });
    expect(requests).toHaveLength(1);
  });

  it('without a limit of pauses', async () => {
    for (const answer of [askToWait(1), LOST]) {
      const { client, requests } = createClient([answer, fine], { retry: { askedSeconds: 0, lostSeconds: 0 } });
      expect(await settle(client.models.names())).toHaveProperty('error');
      expect(requests).toHaveLength(1);
    }
  });
});

describe('the pauses of a request', () => {
  it.each([
    ['asked', askToWait(1), 180],
    ['asked', askToWait(0), 180],
    ['asked', askToWait(50), 180],
    ['lost', LOST, 10],
  ] as const)('%s: have a total of at most the limit', async (_, answer, limit) => {
    const { client, pauses } = createClient([answer]);
    expect(await settle(client.models.names())).toHaveProperty('error');
    const total = pauses.reduce((sum, { seconds }) => sum + seconds, 0);
    expect(total).toBeLessThanOrEqual(limit * 1.1);
    expect(total).toBeGreaterThan(limit / 5);
  });

  it('end with the signal of the client', async () => {
    const abort = new AbortController();
    const { client, requests } = createClient([askToWait(100), fine], { signal: abort.signal });
    const outcome = client.models.names().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1000);
    abort.abort(new Error('enough'));
    expect(await outcome).toEqual(new Error('enough'));
    expect(requests).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
    expect(await client.models.names().catch((error: unknown) => error)).toEqual(new Error('enough'));
  });
});

it('a list has the entries of all its pages', async () => {
  const { client, requests } = createClient([
    () => Response.json({ models: ['a', 'b'], next: 'b' }),
    () => Response.json({ models: ['c'], next: null }),
  ]);
  expect(await client.models.names()).toEqual(['a', 'b', 'c']);
  expect(requests.map(({ url }) => url)).toEqual([
    'http://127.0.0.1/models',
    'http://127.0.0.1/models?limit=1000&cursor=b',
  ]);
});

it('a deletion whose answer was lost has succeeded', async () => {
  const { client } = createClient([LOST, refuse(404)]);
  expect(await settle(client.datasets.delete('d'))).toEqual({ value: undefined });
  const { client: other } = createClient([askToWait(1), refuse(404)]);
  expect(await settle(other.datasets.delete('d'))).toMatchObject({ error: { status: 404 } });
});
