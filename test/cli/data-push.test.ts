/** edge-mlp data push, against a service that asks to wait. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';
import { serve } from '../support/http.ts';

/** Answers of a service, in order. */
async function push(answers: { status: number; retryAfter?: number }[]) {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'rows.csv'), 'x,kind\n1,a\n2,b\n');
  const times: number[] = [];
  const url = await serve((request, response) => {
    times.push(performance.now());
    const { status, retryAfter } = answers[times.length - 1] ?? { status: 200 };
    request.resume();
    const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
    const info = { kind: 'table', name: 'rows', training: { pieces: 1, samples: 2 }, test: null };
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(status === 200 ? info : { error: `status ${status}` }));
  });
  const result = await edgeMlp(['data', 'push', '--remote', url, '--data', 'rows.csv'], { cwd });
  return { ...result, pauses: times.slice(1).map((time, i) => time - (times[i] ?? 0)) };
}

it('waits as long as the service asks, and continues', async () => {
  const pushed = await push([{ status: 429, retryAfter: 2 }, { status: 503, retryAfter: 1 }, { status: 200 }]);
  expect(pushed).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/asks to wait: continues in [23] s[\s\S]*2 training samples/),
  });
  expect(pushed.pauses).toHaveLength(3);
  expect(pushed.pauses[0]).toBeGreaterThanOrEqual(1990);
  expect(pushed.pauses[1]).toBeGreaterThanOrEqual(990);
});

it('ends at once with a refusal', async () => {
  const pushed = await push([{ status: 409 }]);
  expect(pushed).toMatchObject({ code: 1, stderr: expect.stringContaining('status 409'), pauses: [] });
});
