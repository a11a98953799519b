/** edge-mlp data push, against a service that asks to wait, is lost, or has some pieces. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { edgeMlp, interruptAt, type RunOptions, temporaryFolder } from '../support/cli.ts';
import { serve } from '../support/http.ts';

/** The answer to a request, or `lost` for a closed connection. */
type Answer = { readonly status: number; readonly retryAfter?: number | string } | 'lost';

interface Received {
  readonly request: string;
  readonly time: number;
}

/** How a service reads a piece that is sent to this address. */
function listReading(url = '') {
  const query = new URL(url, 'http://localhost').searchParams;
  const list = (option: string) => query.get(option)?.replaceAll('"', '').split(',');
  const reading = { targets: list('target'), weightName: query.get('weight'), categories: list('categories') };
  const known = Object.entries({ ...reading, missing: query.get('missing') }).filter(([, value]) => value != null);
  return { labelName: query.get('label') ?? reading.targets?.[0], ...Object.fromEntries(known) };
}

/** A service with pieces. It gives `answers` first, in order, then accepts everything. */
async function startService(answers: Answer[] = []) {
  const received: Received[] = [];
  const pieces = new Map<string, object>();
  const url = await serve(async (request, response) => {
    received.push({ request: `${request.method} ${request.url}`, time: performance.now() });
    const answer = answers.shift() ?? { status: 200 };
    if (answer === 'lost') return request.socket.destroy();
    const body = await buffer(request);
    const [, , , part = '', number = ''] = request.url?.split(/[/?]/) ?? [];
    const { status, retryAfter } = answer;
    const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    if (status !== 200) return response.end(JSON.stringify({ error: `status ${status}` }));
    if (request.method === 'GET') {
      return response.end(JSON.stringify({ pieces: [...pieces.values()] }));
    }
    if (number !== '') {
      const sha256 = createHash('sha256').update(body).digest('hex');
      pieces.set(`${part} ${number}`, { part, number: Number(number), sha256, ...listReading(request.url) });
    }
    response.end(JSON.stringify({ kind: 'table', name: 'rows', training: { pieces: 1, samples: 2 }, test: null }));
  });
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'rows.csv'), 'x,kind\n1,a\n2,b\n');
  const push = (options: RunOptions = {}, data = 'rows.csv', ...more: string[]) =>
    edgeMlp(['data', 'push', '--remote', url, '--data', data, ...more], { cwd, ...options });
  const pauses = () => received.slice(1).map(({ time }, i) => time - (received[i]?.time ?? 0));
  const sent = () =>
    received.filter(({ request }) => /^PUT .*\/training\//.test(request)).map(({ request }) => request);
  return { cwd, push, received, pauses, sent };
}

describe('data push waits', () => {
  it('as long as the service asks, and continues', async () => {
    const service = await startService([
      { status: 429, retryAfter: 2 },
      { status: 503, retryAfter: 1 },
    ]);
    const pushed = await service.push();
    expect(pushed).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/asks to wait: continues in [23] s[\s\S]*2 training samples/),
    });
    const [first, second] = service.pauses();
    expect(first).toBeGreaterThanOrEqual(1990);
    expect(second).toBeGreaterThanOrEqual(990);
  });

  it('until a date', async () => {
    const service = await startService([
      { status: 200 },
      { status: 429, retryAfter: new Date(Date.now() + 3000).toUTCString() },
    ]);
    expect(await service.push()).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/asks to wait: continues in \d s/),
    });
    expect(service.pauses()[1]).toBeGreaterThanOrEqual(1000);
  });

  it('for a lost service', async () => {
    const service = await startService(['lost', { status: 200 }, 'lost', { status: 502 }, { status: 504 }]);
    expect(await service.push()).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/cannot be reached: .*: tries again in 0\.\d s/),
    });
    expect(service.received).toHaveLength(7);
  });

  it.each([
    ['a refusal', { status: 409 }, 'status 409'],
    ['a service without tokens', { status: 503 }, 'status 503'],
    ['a pause beyond the limit', { status: 429, retryAfter: 3600 }, 'status 429'],
  ])('not for %s', async (_, answer, message) => {
    const service = await startService([answer]);
    expect(await service.push()).toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
    expect(service.received).toHaveLength(1);
  });

  it('at most until Ctrl-C', async () => {
    const service = await startService([{ status: 200 }, { status: 429, retryAfter: 100 }]);
    const stopped = await service.push({ onStderr: interruptAt(/asks to wait/) });
    expect(stopped).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('stopped: the service has 0 of 2 samples; the same command sends the others'),
    });
  });
});

describe('data push continues', () => {
  it('with the pieces that the service lacks', async () => {
    const service = await startService([{ status: 200 }, { status: 200 }, { status: 200 }, { status: 409 }]);
    // 500 KB a row: four rows a piece.
    const rows = Array.from({ length: 12 }, (_, i) => `${i}.${'0'.repeat(500_000)},${'ab'[i % 2]}`);
    writeFileSync(join(service.cwd, 'large.csv'), `x,kind\n${rows.join('\n')}\n`);
    expect(await service.push({}, 'large.csv')).toMatchObject({ code: 1 });
    expect(service.sent()).toHaveLength(3);
    const again = await service.push({}, 'large.csv');
    expect(again).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('in 3 pieces, of which the service had 2'),
    });
    expect(service.sent().slice(3)).toEqual(['PUT /datasets/large/training/2?label=kind']);
  });

  it.each([
    ['a text and a weight', ['--label', 'kind', '--sample-weight', 'w', '--max-categories', '5']],
    ['targets', ['--target', 'x,w', '--missing', 'mean']],
  ])('with other options of a table: %s', async (_, options) => {
    const service = await startService();
    writeFileSync(join(service.cwd, 'table.csv'), 'x,colour,w,kind\n1,red,1,a\n2,blue,2,b\n3,red,1,a\n');
    const push = () => service.push({}, 'table.csv', ...options);
    expect(await push()).toMatchObject({ code: 0 });
    expect(await push()).toMatchObject({ stderr: expect.stringContaining('of which the service had 1') });
    expect(service.sent()).toHaveLength(1);
    expect(service.sent()[0]).toContain('categories=%22colour%22');
    await service.push({}, 'table.csv', ...options, '--missing', 'drop');
    expect(service.sent()).toHaveLength(2);
  });

  it('with all pieces if the data or the label column changed', async () => {
    const service = await startService();
    await service.push();
    await service.push();
    expect(service.sent()).toHaveLength(1);
    writeFileSync(join(service.cwd, 'rows.csv'), 'x,kind\n1,a\n3,b\n');
    expect((await service.push()).stderr).not.toContain('of which the service had');
    writeFileSync(join(service.cwd, 'rows.csv'), 'x,kind\n1,7\n3,8\n');
    await service.push();
    await service.push({}, 'rows.csv', '--label', 'x');
    expect(service.sent()).toHaveLength(4);
  });
});
