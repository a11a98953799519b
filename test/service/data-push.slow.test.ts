/** An upload that is interrupted, killed and repeated, with a running service. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { edgeMlp, interruptAt, type RunOptions, TERMINAL, temporaryFolder } from '../support/cli.ts';
import { startService } from '../support/service.ts';
import { TOKENS } from '../support/tokens.ts';

it('sends only the missing pieces, and gives the same data set', { timeout: 120_000 }, async () => {
  const cwd = temporaryFolder();
  await edgeMlp(['data', 'digits', '--out', 'set', '--samples', '60000', '--test-samples', '12000'], { cwd });
  const service = await startService({ store: join(cwd, 'state') });
  const client = new Client(service.url, { token: TOKENS.train });
  const push = (name: string, options: RunOptions = {}) =>
    edgeMlp(['data', 'push', '--remote', service.url, '--data', 'set', '--name', name], {
      cwd,
      ...options,
      env: { EDGE_MLP_TOKEN: TOKENS.train, ...options.env },
    });
  const countPieces = async () => (await client.datasets.pieces('broken').catch(() => [])).length;
  try {
    expect(await push('whole')).toMatchObject({ code: 0, stderr: expect.stringMatching(/in 8 pieces\n$/) });
    // The bar has moved: the first piece has arrived.
    const stopped = await push('broken', { env: TERMINAL, onStderr: interruptAt(/ [1-9]\d* % /) });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toMatch(
      /stopped: the service has [\d,]+ of 72,000 samples; the same command sends the others\n$/,
    );
    const first = await countPieces();
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(8);
    const killed = await push('broken', {
      onSpawn: (child) => {
        const timer = setInterval(async () => (await countPieces()) > first && child.kill('SIGKILL'), 20);
        child.on('exit', () => clearInterval(timer));
      },
    });
    const second = await countPieces();
    expect(second).toBeGreaterThan(first);
    // The kill may come after the last piece.
    expect([0, null]).toContain(killed.code);
    const last = await push('broken');
    expect(last).toMatchObject({ code: 0, stderr: expect.stringContaining(`in 8 pieces, of which the service had `) });
    expect(Number(/the service had (\d)/.exec(last.stderr)?.[1])).toBeGreaterThanOrEqual(second);
    const [whole, broken] = await Promise.all([client.datasets.get('whole'), client.datasets.get('broken')]);
    expect(broken.sha256).toBe(whole.sha256);
  } finally {
    await service.stop();
  }
});
