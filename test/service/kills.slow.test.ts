/**
 * All kinds of work in a service whose processes are killed repeatedly. For more kills, or at other moments:
 * `EDGE_MLP_KILLS=100 EDGE_MLP_SEED=7 npx vitest run test/service/kills.slow.test.ts`
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { Random } from '../../src/index.ts';
import { temporaryFolder } from '../support/cli.ts';
import { startService } from '../support/service.ts';
import { formatTokens } from '../support/tokens.ts';
import { actUntilDown } from '../support/workload/actor.ts';
import { createActors, createReference } from '../support/workload/index.ts';

const KILLS = Number(process.env.EDGE_MLP_KILLS ?? 4);
const SEED = Number(process.env.EDGE_MLP_SEED ?? 2026);
/** Milliseconds of work before a kill. */
const WORK_MS = [200, 2500] as const;
/** Interrupted changes are cleaned up after a minute. */
const CLEAN_UP_MS = 90_000;

it(`everything that is acknowledged survives ${KILLS} kills at random moments`, {
  timeout: 300_000 + KILLS * 60_000,
}, async () => {
  const store = join(temporaryFolder(), 'state');
  const random = new Random(SEED, 'generation');
  const tokens = formatTokens({
    reference: 'train',
    models: 'admin',
    datasets: 'train',
    jobs: 'train',
    sweeps: 'train',
    learners: 'train',
  });
  let service = await startService({ store, tokens });
  try {
    const reference = await createReference(new Client(service.url, { token: 'reference' }));
    const actors = createActors(reference);
    const check = async () => {
      for (const actor of actors) await actor.check(new Client(service.url, { token: actor.name }));
    };
    let answered = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const clients = actors.map((actor, n) => {
        const client = new Client(service.url, { token: actor.name });
        return actUntilDown(actor, client, new Random(SEED + n + 1000 * kill, 'generation'));
      });
      await new Promise((resolve) => setTimeout(resolve, random.between(...WORK_MS)));
      await service.kill();
      for (const count of await Promise.all(clients)) answered += count;
      // Alarms fire without requests.
      service = await startService({ store, tokens });
      await check();
      if (kill % 10 === 9) console.log(`${kill + 1} kills, ${answered} requests answered`);
    }
    const done = actors.map((actor) => actor.summarize()).join('; ');
    console.log(`${KILLS} kills, ${answered} requests answered: ${done}`);
    expect(answered).toBeGreaterThan(2 * KILLS);
    const consistent = { excess: 0, unfinished: 0, orphans: 0 };
    await expect
      .poll(() => readStorage(store), { timeout: CLEAN_UP_MS, interval: 1000 })
      .toEqual({ models: consistent, datasets: consistent });
    await check();
  } finally {
    await service.stop();
  }
});

/** Compares the bytes in the directory with the files in the objects. */
function readStorage(store: string) {
  return {
    models: compareBytes(store, 'StoredModel', 'model'),
    datasets: compareBytes(store, 'StoredDataset', 'data set'),
  };
}

function compareBytes(store: string, className: string, kind: string) {
  const [listed = {}] = readDatabases(
    store,
    'Directory',
    `SELECT SUM(bytes) AS bytes FROM entries WHERE kind = '${kind}'`,
  );
  const files = readDatabases(store, className, 'SELECT SUM(bytes) AS bytes, SUM(kept = 0) AS unfinished FROM files');
  const orphans = readDatabases(
    store,
    className,
    'SELECT COUNT(*) AS count FROM blobs WHERE name NOT IN (SELECT name FROM files)',
  );
  const sum = (rows: Record<string, unknown>[], name: string) =>
    rows.reduce((total, row) => total + Number(row[name] ?? 0), 0);
  return {
    excess: Number(listed.bytes ?? 0) - sum(files, 'bytes'),
    unfinished: sum(files, 'unfinished'),
    orphans: sum(orphans, 'count'),
  };
}

/** The first row of a query in each object of a class that has the table. */
function readDatabases(store: string, className: string, query: string): Record<string, unknown>[] {
  const folder = join(store, 'v3', 'do', `edge-mlp-${className}`);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sqlite') && file !== 'metadata.sqlite')
    .flatMap((file) => {
      const database = new DatabaseSync(join(folder, file), { readOnly: true });
      try {
        const table = /FROM (\w+)/.exec(query)?.[1] ?? '';
        const known = database.prepare('SELECT name FROM sqlite_master WHERE name = ?').all(table).length > 0;
        return known ? (database.prepare(query).all() as Record<string, unknown>[]) : [];
      } finally {
        database.close();
      }
    });
}
