/** Jobs in a running service: the command that starts and watches them, and their data sets. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { Client, type Job } from '../../src/client/index.ts';
import { parseModel } from '../../src/format/index.ts';
import { Random } from '../../src/index.ts';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';
import { startService } from '../support/service.ts';
import { TOKENS } from '../support/tokens.ts';

interface Pushed {
  readonly data: string;
  readonly label?: string[];
  /** Training part, and test part if there is one. */
  readonly samples: number[];
  /** Training part. */
  readonly pieces: number;
  readonly run: string[];
}

/** Rows sorted by class; one class has quotes and a line break; the label column is between the features. */
function flowers(count: number): string {
  const random = new Random(12, 'generation');
  const kinds = ['rose', '"wild ""rose"",\nof the woods"', 'aster'];
  const rows = Array.from({ length: count }, (_, n) => {
    const kind = Math.floor((n * kinds.length) / count);
    return `${random.between(kind, kind + 2)};${kinds[kind]};${random.between(-5, 100 * kind)}`;
  });
  return `height;kind;width\r\n${rows.join('\r\n')}\r\n`;
}

/** Pictures that are bright at the top or at the bottom. */
function writeSkies(folder: string, samples: number): void {
  for (let n = 0; n < samples; n++) {
    const above = n < samples / 3;
    const data = Uint8Array.from({ length: 80 }, (_, i) => (i < 40 === above ? 150 : 20) + ((n * 31 + i * 7) % 90));
    const name = join(folder, above ? 'sky' : 'earth');
    mkdirSync(name, { recursive: true });
    writeFileSync(join(name, `${n}.png`), encode({ width: 10, height: 8, channels: 1, depth: 8, data }));
  }
}

describe('a job', () => {
  it('can be started, listed, watched through a lost connection, cancelled, resumed and fetched with the command', {
    timeout: 120_000,
  }, async () => {
    const folder = temporaryFolder();
    const state = join(folder, 'state');
    let service = await startService({ store: state });
    const jobs = (args: string[], more: Parameters<typeof edgeMlp>[1] = {}) =>
      edgeMlp(['jobs', ...args, '--remote', service.url], {
        cwd: folder,
        env: { EDGE_MLP_TOKEN: TOKENS.train },
        ...more,
      });
    try {
      const run = ['--hidden', '50', '--epochs', '3', '--seed', '3'];
      const watched = await jobs(['start', ...run, '--watch', '--json']);
      expect(watched.code).toBe(0);
      expect(watched.stderr.match(/^epoch \d {2}loss .*validation loss/gm)).toHaveLength(3);
      const job: Job = JSON.parse(watched.stdout);
      const alone = JSON.parse(
        (await edgeMlp(['train', '--data', 'digits', ...run, '--json', '--out', 'a'], { cwd: folder })).stdout,
      );
      expect(job.state).toMatchObject({ result: { weightsSha256: alone.weightsSha256 } });
      expect(job.history).toEqual(alone.epochs.map(({ seconds: _, ...metrics }: { seconds: number }) => metrics));

      expect((await jobs(['fetch', job.id, '--out', 'b'])).code).toBe(0);
      const evaluated = await edgeMlp(['evaluate', 'b', '--json'], { cwd: folder });
      expect(JSON.parse(evaluated.stdout).weightsSha256).toBe(alone.weightsSha256);
      expect(readFileSync(join(folder, 'b')).length).toBeGreaterThan(100_000);

      const long = await jobs(['start', '--hidden', '300', '--epochs', '500', '--json']);
      const { id }: Job = JSON.parse(long.stdout);
      // The service restarts, and the watcher reconnects after the last event.
      const port = new URL(service.url).port;
      const watching = jobs(['watch', id, '--json']);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      await service.kill();
      service = await startService({ store: state, port: Number(port) });
      await new Promise((resolve) => setTimeout(resolve, 2500));
      expect((await jobs(['cancel', id])).stderr).toContain(`${id}  cancelled`);
      const seen = await watching;
      expect(seen.code).toBe(0);
      expect(JSON.parse(seen.stdout).state).toEqual({ status: 'cancelled' });
      expect((await jobs(['list'])).stdout).toMatch(new RegExp(`${id} +784-300-10 +cancelled`));
      expect((await jobs(['resume', id])).stderr).toContain('queued');
      await jobs(['cancel', id]);

      const refused = await edgeMlp(['jobs', 'start', '--remote', service.url], { cwd: folder });
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.stderr).toContain('expected Authorization: Bearer TOKEN, got none');
    } finally {
      await service.stop();
    }
  });

  const mnist = process.env.EDGE_MLP_DATA;
  const sets: [name: string, pushed: Pushed][] = [
    [
      'a folder of IDX files',
      { data: './letters', samples: [1500, 200], pieces: 1, run: ['--final', '--hidden', '20', '--epochs', '2'] },
    ],
    [
      'a CSV file',
      {
        ...{ data: 'flowers.csv', label: ['--label', 'kind'], samples: [60_000], pieces: 2 },
        run: ['--hidden', '6', '--epochs', '1', '--seed', '8'],
      },
    ],
    [
      'a folder of PNG files, which lie class after class',
      { ...{ data: 'skies', samples: [120], pieces: 1 }, run: ['--hidden', '6', '--epochs', '2'] },
    ],
    ...(mnist
      ? [['MNIST', { data: 'mnist', samples: [60_000, 10_000], pieces: 6, run: ['--final'] }] as [string, Pushed]]
      : []),
  ];
  it.each(sets)(
    'runs on %s uploaded by edge-mlp data push, with the weights of edge-mlp train',
    { timeout: 180_000 },
    async (_, { data, label = [], samples, pieces, run }) => {
      const folder = temporaryFolder();
      const service = await startService();
      const env: Record<string, string> = { EDGE_MLP_TOKEN: TOKENS.train, ...(mnist ? { EDGE_MLP_DATA: mnist } : {}) };
      const command = (args: string[]) => edgeMlp(args, { cwd: folder, env });
      const remote = ['--remote', service.url];
      try {
        const made = ['--samples', '1500', '--test-samples', '200', '--seed', '9'];
        await command(['data', 'digits', '--out', 'letters', ...made]);
        writeFileSync(join(folder, 'flowers.csv'), flowers(60_000));
        writeSkies(join(folder, 'skies'), 120);
        const pushed = await command(['data', 'push', ...remote, '--data', data, ...label, '--json']);
        expect(pushed.stderr).not.toContain('error');
        const { name, training, test } = JSON.parse(pushed.stdout);
        expect([training.samples, ...(test === null ? [] : [test.samples])]).toEqual(samples);
        expect(training.pieces).toBe(pieces);
        const start = ['jobs', 'start', ...remote, '--data', name, '--publish', 'trained', '--watch', '--json'];
        const job: Job = JSON.parse((await command([...start, ...run])).stdout);
        const alone = JSON.parse((await command(['train', '--data', data, ...label, '--json', ...run])).stdout);
        const tested = alone.testLoss === null ? null : { loss: alone.testLoss, accuracy: alone.testAccuracy };
        expect(job.state).toMatchObject({
          result: {
            weightsSha256: alone.weightsSha256,
            test: tested,
            published: { model: 'trained', version: 1 },
          },
        });
        const kept = await command(['inspect', 'model.safetensors', '--json']);
        const { info } = parseModel(await new Client(service.url).models.download('trained', 1), 'trained');
        expect(info.classes).toEqual(JSON.parse(kept.stdout).classes);
        if (data === 'skies') expect(info).toMatchObject({ classes: ['earth', 'sky'], pictures: 'as-is' });
        expect(job.history).toEqual(alone.epochs.map(({ seconds: _, ...metrics }: { seconds: number }) => metrics));
        if (data === 'mnist') expect(alone.testAccuracy).toBeGreaterThanOrEqual(0.9754);
        // Repeating a push succeeds; other data need another name.
        expect((await command(['data', 'push', ...remote, '--data', data, ...label])).code).toBe(0);
        const other = data === './letters' ? ['flowers.csv', '--label', 'kind'] : ['./letters'];
        const refused = await command(['data', 'push', ...remote, '--name', name, '--data', ...other]);
        expect(refused.stderr).toContain(`data set ${name} is finished and cannot change`);
      } finally {
        await service.stop();
      }
    },
  );
});
