/** Regressions of a service through the command. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';
import { serve } from '../support/http.ts';

it('are pushed with their targets, and downloaded once to predict several tables', async () => {
  const cwd = temporaryFolder();
  const rows = Array.from({ length: 20 }, (_, n) => `${n % 7},${2 * (n % 7) + 0.5}`);
  writeFileSync(join(cwd, 'a.csv'), `x,price\n${rows.join('\n')}\n`);
  writeFileSync(join(cwd, 'b.csv'), 'x\n3\n');
  const train = ['train', '--data', 'a.csv', '--target', 'price', '--hidden', '2', '--epochs', '1', '--out'];
  expect((await edgeMlp([...train, 'm.safetensors'], { cwd })).code).toBe(0);
  let downloads = 0;
  const remote = await serve((request, response) => {
    if (request.method === 'GET') {
      downloads++;
      return response.end(readFileSync(join(cwd, 'm.safetensors')));
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    const uploaded = { version: 1, layers: [1, 2, 1], hiddenActivation: 'relu', scaling: 'standard' };
    const predictions = [{ values: { price: 6.5 } }];
    response.end(JSON.stringify({ ...uploaded, classes: [], targets: ['price'], predictions }));
  });
  const pushed = await edgeMlp(['models', 'push', '--remote', remote, 'm', 'm.safetensors', '--version', '1'], { cwd });
  expect(pushed.stderr).toMatch(/^(?!.*classes).*targets {2}price\n$/s);

  const predicted = await edgeMlp(['predict', '--remote', remote, 'm@1', 'b.csv', 'b.csv', '--json'], { cwd });
  expect(JSON.parse(predicted.stdout).predictions).toMatchObject([{ values: { price: 6.5 } }, { index: 0 }]);
  expect(downloads).toBe(1);
});
