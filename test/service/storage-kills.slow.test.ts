/** Uploads, moves of aliases, publishing and deletions in a service whose processes are killed repeatedly. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Client, ClientError } from '../../src/client/index.ts';
import { formatModel } from '../../src/format/index.ts';
import { Mlp, Random } from '../../src/index.ts';
import { loadKernels } from '../../src/runtime/node.ts';
import { temporaryFolder } from '../support/cli.ts';
import { startService } from '../support/service.ts';
import { TOKENS } from '../support/tokens.ts';

const KILLS = 20;
const NAME = 'killed';
const kernels = await loadKernels();

/** A model file of 1.3 MB, two chunks. */
function createFile(seed: number): Uint8Array<ArrayBuffer> {
  const mlp = Mlp.create(kernels, { layers: [784, 400, 10], seed });
  const classes = Array.from({ length: 10 }, (_, label) => String(label));
  const file = formatModel({
    info: { spec: mlp.spec, classes, scaling: { kind: 'bytes' }, imageShape: [28, 28] },
    parameters: mlp.parameters(),
  });
  mlp.dispose();
  return file;
}

/** CSV with as many rows of class b as the number of the piece. */
function createRows(piece: number): string {
  return `x,kind\n1,a\n${`${piece},b\n`.repeat(piece)}`;
}

/** Changes that the service has answered. */
class Ledger {
  /** Files of answered uploads and publications, by version. */
  readonly uploaded = new Map<number, Uint8Array>();
  /** Requested deletions, answered or not. */
  readonly deleting = new Set<number>();
  readonly deleted = new Set<number>();
  /** Target of the alias stable; undefined while a move has no answer. */
  stable: number | undefined;
  /** Number of stored pieces of a data set. */
  pieces = 0;
  #next = 1;

  /** Changes until the service dies. Returns the number of answered changes. */
  async change(client: Client, random: Random): Promise<number> {
    for (let answered = 0; ; answered++) {
      try {
        await this.#changeOnce(client, random);
      } catch (error) {
        // A limited rate and a service that dies end a round.
        if (error instanceof ClientError && error.status < 500 && error.status !== 429) throw error;
        return answered;
      }
    }
  }

  async #changeOnce(client: Client, random: Random): Promise<void> {
    const kept = [...this.uploaded.keys()].filter((version) => !this.deleting.has(version));
    const additions = kept.length < 6 ? ['upload', 'publish'] : [];
    const kinds = ['piece', ...additions, ...(kept.length < 3 ? [] : ['move', 'delete'])];
    const kind = kinds[random.below(kinds.length)];
    if (kind === 'upload' || kind === 'publish') {
      const file = createFile(this.#next);
      // Published versions take the numbers between those of uploads.
      const number = 1000 * this.#next++;
      const { models } = client;
      const { version } = await (kind === 'upload' ? models.upload(NAME, number, file) : models.publish(NAME, file));
      this.uploaded.set(version, file);
    } else if (kind === 'piece') {
      await client.datasets.uploadRows(NAME, this.pieces, createRows(this.pieces));
      this.pieces++;
    } else if (kind === 'move') {
      this.stable = undefined;
      const target = kept[random.below(kept.length)] ?? 0;
      await client.models.moveAlias(NAME, 'stable', target);
      this.stable = target;
    } else {
      const { served } = await client.models.get(NAME);
      const version = kept.find((each) => each !== served) ?? 0;
      this.deleting.add(version);
      await client.models.deleteVersion(NAME, version);
      this.deleted.add(version);
    }
  }

  /** Compares the service with what the client knows. */
  async check(client: Client): Promise<void> {
    const { versions, aliases, served } = await client.models.get(NAME);
    const numbers = versions.map(({ version }) => version);
    expect(numbers).toContain(served);
    for (const target of Object.values(aliases)) expect(numbers).toContain(target);
    if (this.stable !== undefined) expect(served).toBe(this.stable);
    for (const number of this.deleted) expect(numbers).not.toContain(number);
    for (const number of this.uploaded.keys()) {
      // A deletion without an answer may or may not have happened.
      if (!this.deleting.has(number)) expect(numbers).toContain(number);
    }
    // Versions without an answer are whole as well.
    for (const { version, sha256 } of versions) {
      const file = await client.models.download(NAME, version);
      expect(createHash('sha256').update(file).digest('hex')).toBe(sha256);
      if (this.uploaded.has(version)) expect(file).toEqual(this.uploaded.get(version));
    }
  }
}

it(`models survive ${KILLS} kills of the service at random moments: no version is lost or half written`, {
  timeout: 600_000,
}, async () => {
  const state = join(temporaryFolder(), 'state');
  const random = new Random(2026, 'generation');
  const ledger = new Ledger();
  let answered = 0;
  let service = await startService({ store: state });
  await new Client(service.url, { token: TOKENS.admin }).models.publish(NAME, createFile(0));
  for (let kill = 0; kill < KILLS; kill++) {
    const client = new Client(service.url, { token: TOKENS.admin });
    const changes = ledger.change(client, random);
    await new Promise((resolve) => setTimeout(resolve, random.between(200, 1500)));
    await service.kill();
    answered += await changes;
    service = await startService({ store: state });
    await ledger.check(new Client(service.url));
  }
  try {
    expect(answered).toBeGreaterThan(KILLS);
    expect(ledger.deleted.size).toBeGreaterThan(0);
    // Each token has its own limit of changes a minute.
    const client = new Client(service.url, { token: TOKENS.train });
    expect(await client.models.names()).toContain(NAME);
    expect(ledger.pieces).toBeGreaterThan(KILLS / 4);
    const samples = Array.from({ length: ledger.pieces }, (_, piece) => 1 + piece).reduce((sum, rows) => sum + rows);
    const finished = await client.datasets.finish(NAME, { training: ledger.pieces });
    expect(finished.training).toMatchObject({ pieces: ledger.pieces, samples });
  } finally {
    await service.stop();
  }
});
