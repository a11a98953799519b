/** A sweep of a service that is killed, compared with a local sweep. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';
import { freePort, startService } from '../support/service.ts';
import { TOKENS } from '../support/tokens.ts';

const GRID = ['--data', 'digits', '--learning-rate', '0.003,0.01,0.03,0.1', '--seeds', '3', '--hidden', '20'];
const SWEEP = ['sweep', ...GRID, '--epochs', '2'];

/** The figures of a report, without times and origin. */
function readFigures(folder: string): unknown {
  const text = readFileSync(join(folder, 'figures.json'), 'utf8');
  const { provenance: _, ...figures } = JSON.parse(text);
  return JSON.parse(JSON.stringify(figures), (key, value) => (key === 'seconds' || key === 'kept' ? null : value));
}

it('has the table and the report of a local sweep after the service was killed', {
  timeout: 240_000,
}, async () => {
  const folder = temporaryFolder();
  const state = join(folder, 'state');
  const env = { EDGE_MLP_TOKEN: TOKENS.train };
  const port = await freePort();
  let service = await startService({ store: state, port });
  try {
    const remote = ['--remote', service.url];
    const following = edgeMlp([...SWEEP, ...remote, '--out', 'there'], { cwd: folder, env });
    const client = new Client(service.url);
    const over = async () => {
      const [record] = await client.sweeps.list();
      if (record === undefined) return 0;
      const { trials } = await client.sweeps.get(record.id);
      return trials.flatMap(({ runs }) => runs).filter((run) => run.state.status === 'succeeded').length;
    };
    while ((await over()) < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    await service.kill();
    service = await startService({ store: state, port });
    const followed = await following;
    expect(followed.stderr.match(/^ *\d+\/12 {2}learning rate .* validation loss/gm)).toHaveLength(12);
    expect(followed.code).toBe(0);

    const alone = await edgeMlp([...SWEEP, '--out', 'here'], { cwd: folder });
    expect(alone.stderr).not.toContain('Warning');
    expect(readFigures(join(folder, 'there'))).toEqual(readFigures(join(folder, 'here')));
    // The last columns have times.
    const table = (text: string) => text.split('\n').map((line) => line.split('%').slice(0, 2));
    expect(table(followed.stdout)).toEqual(table(alone.stdout));
    for (const name of ['epochs', 'best-epochs', 'best-steps']) {
      const read = (where: string) => readFileSync(join(folder, where, 'data', `${name}.csv`), 'utf8');
      expect(read('there')).toBe(read('here'));
    }

    // Repeating the command returns the results without new runs.
    const again = await edgeMlp([...SWEEP, ...remote, '--out', 'again', '--json'], { cwd: folder, env });
    expect(await client.sweeps.list()).toHaveLength(1);
    expect(JSON.parse(again.stdout).trials).toEqual(
      JSON.parse(readFileSync(join(folder, 'there', 'figures.json'), 'utf8')).trials,
    );

    const sweeps = (args: string[]) => edgeMlp(['sweeps', ...args, ...remote], { cwd: folder, env });
    const [record] = await client.sweeps.list();
    expect((await sweeps(['list'])).stdout).toMatch(new RegExp(`^${record?.id} +digits +12 +20`, 'm'));
    const over409 = await sweeps(['cancel', record?.id ?? '']);
    expect([over409.code, over409.stderr]).toEqual([1, expect.stringContaining('cannot be cancelled: it is over')]);

    const refused = await edgeMlp([...SWEEP, ...remote, '--threads', '2'], { cwd: folder, env });
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('--threads cannot be combined with --remote'),
    ]);
  } finally {
    await service.stop();
  }
});
