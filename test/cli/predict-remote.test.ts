import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';
import { serve } from '../support/http.ts';

it('images are sent unchanged: the service decodes them', async () => {
  const cwd = temporaryFolder();
  // Only the first bytes are those of a PNG.
  const bytes = Buffer.from('\x89PNG, but damaged', 'latin1');
  writeFileSync(join(cwd, 'seven.png'), bytes);
  const received: unknown[] = [];
  const remote = await serve(async (request, response) => {
    received.push([request.headers['content-type'], await buffer(request)]);
    response.writeHead(200, { 'content-type': 'application/json' });
    const prediction = { label: 7, class: '7', confidence: 1, probabilities: [0, 0, 0, 0, 0, 0, 0, 1, 0, 0] };
    response.end(JSON.stringify({ model: 'mnist', version: 1, predictions: [prediction] }));
  });
  const predicted = await edgeMlp(['predict', '--remote', remote, 'mnist', 'seven.png', '--json'], { cwd });
  expect(predicted.stderr).toBe('');
  expect(JSON.parse(predicted.stdout).predictions).toMatchObject([{ label: 7 }]);
  expect(received).toEqual([['image/png', bytes]]);
});
