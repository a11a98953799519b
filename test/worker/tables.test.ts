/** Uploaded tables, and jobs on them. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/api/jobs.ts';
import { JobRequest } from '../../src/api/jobs.ts';
import { completeOptions, readDataKind } from '../../src/core/default-options.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { splitShuffled } from '../../src/core/split.ts';
import { train } from '../../src/core/train.ts';
import { csvDataset } from '../../src/data/csv-table.ts';
import { formatIdx } from '../../src/data/idx.ts';
import { applyScaling, fitStandardScaling } from '../../src/data/scaling.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { countTableBytes, type TableManifest } from '../../worker/datasets/pieces.ts';
import { DatasetRegistry } from '../../worker/datasets/registry.ts';
import { loadJobData } from '../../worker/jobs/data.ts';
import { describeData } from '../../worker/jobs/shape.ts';
import { SERVICE } from '../../worker/owners.ts';
import { ask, bearer, expectError, finishedJob, kernels, post, postJson, put, readRows } from './support.ts';

// Two tokens, so that neither reaches its rate limit.
const TRAIN = bearer('train');
/** Owns the data sets, which the token of the jobs may read. */
const OWNER = bearer('other');

const CSV = { 'content-type': 'text/csv; charset=utf-8' };
const HEADER = 'height,kind,"width, cm"\n';
/** Rows with a quoted class, a class that occurs only in the last row, and a line break within a class. */
const KINDS = ['red, "deep"\nand wide', 'blue'];
const ROWS = Array.from({ length: 61 }, (_, n) => {
  const kind = n === 60 ? 'amber' : (KINDS[n % 2] ?? '');
  const width = (n % 2) * 4 + ((n * 7) % 11) / 10;
  return `${n / 4},"${kind.replaceAll('"', '""')}",${width.toFixed(2)}\r\n`;
});
const buildPiece = (from: number, to: number) => HEADER + ROWS.slice(from, to).join('');
const TABLE = csvDataset(buildPiece(0, 61), { name: 'whole', labelColumn: 'kind' });

const PICTURE = Uint8Array.of(
  ...formatIdx({ shape: [1], data: Uint8Array.of(1) }),
  ...formatIdx({ shape: [1, 2, 2], data: new Uint8Array(4) }),
);

function putRows(path: string, csv: string, headers: Record<string, string> = {}): Promise<Response> {
  return put(path, csv, { ...CSV, ...OWNER, ...headers });
}

function finish(name: string, body: string): Promise<Response> {
  return put(`/datasets/${name}`, body, OWNER);
}

async function startJob(options: object): Promise<Job> {
  const response = await postJson('/jobs', options, TRAIN);
  expect(response.status).toBe(202);
  return finishedJob(((await response.json()) as Job).id);
}

/** Uploads the pieces in another order than jobs read them. */
async function uploadTable(name: string, owner = OWNER): Promise<void> {
  for (const [piece, from, to] of [
    [1, 30, 60],
    [0, 0, 30],
    [2, 60, 61],
  ] as const) {
    const path = `/datasets/${name}/training/${piece}?label=kind`;
    expect((await putRows(path, buildPiece(from, to), owner)).status).toBe(200);
  }
  expect((await put(`/datasets/${name}`, '{"training": 3}', owner)).status).toBe(201);
}

/** Hash of the weights that the library has after splitting, scaling and training on the whole file. */
function trainedWhole(options: { seed: number; epochs: number; held: number; scaling: 'standard' | 'none' }) {
  const { seed, epochs, held, scaling } = options;
  const { training } = splitShuffled(TABLE, held, seed);
  const scaled = scaling === 'none' ? training : applyScaling(training, fitStandardScaling(training));
  const mlp = Mlp.create(kernels, { layers: [2, 5, 3], seed });
  for (const _ of train(mlp, scaled, completeOptions({ epochs, seed }, readDataKind(scaled))));
  return { mlp, scaling: scaled.scaling };
}

describe('an uploaded table', () => {
  it('consists of pieces, has the classes of all, and has one description', async () => {
    const piece = await putRows('/datasets/flowers/training/0?label=kind', buildPiece(0, 30));
    expect(await piece.json()).toEqual({
      ...{ kind: 'table', samples: 30, bytes: new TextEncoder().encode(buildPiece(0, 30)).length },
      ...{ features: ['height', 'width, cm'], labelName: 'kind', delimiter: ',', classes: ['blue', KINDS[0]] },
    });
    await uploadTable('flowers');
    const manifest = await (await ask('/datasets/flowers')).json();
    expect(manifest).toMatchObject({
      ...{ kind: 'table', name: 'flowers', features: ['height', 'width, cm'], labelName: 'kind', delimiter: ',' },
      classes: ['amber', 'blue', KINDS[0]],
      training: { pieces: 3, samples: 61, pieceBytes: new TextEncoder().encode(buildPiece(30, 60)).length },
      test: null,
    });
    const store = new DatasetRegistry(env, SERVICE);
    // Pieces are stored unchanged.
    const stored = await store.manifest('flowers');
    const second = stored === undefined ? undefined : await store.piece(stored, 'training', 1);
    expect(new TextDecoder().decode(second)).toBe(buildPiece(30, 60));
    const spec = JobRequest.parse({ data: 'flowers', scaling: 'none', final: true });
    const { training } = await loadJobData(store, spec, await describeData(store, 'flowers'));
    // Lines of pieces are not lines of a file.
    const { lines: _, ...order } = splitShuffled(TABLE, 0, 1).training;
    expect(training).toEqual({ ...order, name: 'flowers' });
    const fifth = JobRequest.parse({ data: 'flowers', scaling: 'none', validation: 0.2 });
    const { validation } = await loadJobData(store, fifth, await describeData(store, 'flowers'));
    const { lines: __, ...held } = splitShuffled(TABLE, 12, 1).validation;
    expect(validation).toEqual({ ...held, name: 'flowers' });
  });

  it.each(['standard', 'none'] as const)(
    'gives a model that is byte-identical to that of edge-mlp train, scaling %s',
    async (scaling) => {
      const name = `table-${scaling}`;
      await uploadTable(name);
      const options = { data: name, hidden: [5], epochs: 4, seed: 6, publish: name };
      const done = await startJob({ ...options, ...(scaling === 'none' ? { scaling } : {}) });
      const expected = trainedWhole({ seed: 6, epochs: 4, held: 6, scaling });
      const file = new Uint8Array(await (await ask(`/jobs/${done.id}/model`)).arrayBuffer());
      const { info, parameters } = parseModel(file, 'the model');
      expect(parameters).toEqual(expected.mlp.parameters());
      expect(info).toMatchObject({
        ...{ classes: TABLE.classes, features: TABLE.features, labelName: 'kind', scaling: expected.scaling },
        provenance: { dataset: { name, samples: 55 } },
      });
      expect(done.history.at(-1)?.validationAccuracy).not.toBeNull();
      expect(done.state).toMatchObject({ result: { test: null, published: { model: name } } });
      // Raw features, as in the file.
      const raw = TABLE.inputs.subarray(0, 8);
      const answer = await postJson(
        `/predict?model=${name}`,
        [0, 2, 4, 6].map((i) => [raw[i], raw[i + 1]]),
      );
      const { predictions } = (await answer.json()) as { predictions: { probabilities: number[] }[] };
      const scaled = applyScaling({ ...TABLE, inputs: Float32Array.from(raw) }, expected.scaling).inputs;
      const probabilities = [0, 2, 4, 6].map((i) => [...expected.mlp.predict(scaled.subarray(i, i + 2)).probabilities]);
      expect(predictions.map((prediction) => prediction.probabilities)).toEqual(probabilities);
    },
  );

  it('trains on all rows with final, without a test result', async () => {
    await uploadTable('final');
    const done = await startJob({ data: 'final', hidden: [5], epochs: 2, seed: 3, final: true });
    const file = new Uint8Array(await (await ask(`/jobs/${done.id}/model`)).arrayBuffer());
    const { mlp } = trainedWhole({ seed: 3, epochs: 2, held: 0, scaling: 'standard' });
    expect(parseModel(file, 'the model').parameters).toEqual(mlp.parameters());
    expect(done.state).toMatchObject({ status: 'succeeded', result: { test: null } });
  });

  it('has headers and classes with a total of at most 262,144 characters', async () => {
    const csv = `${'a'.repeat(2 ** 18 - 1)},k\n1,x\n`;
    expect((await put('/datasets/wordy/training/0', csv, { ...bearer('admin'), ...CSV })).status).toBe(200);
  });

  it.each<[string, string, number, string]>([
    ['nothing', '', 400, 'the piece: expected a header line, got an empty file'],
    ['no rows', 'a,k\n', 400, 'the piece: expected samples below the header, got none'],
    [
      'no number',
      'a,k\n1,x\ntwo,x\n',
      400,
      'the piece: line 3, column 1 (a): expected a number, as in most cells of the column, got "two"',
    ],
    [
      'an empty cell',
      'a,k\n1,x\n2,\n',
      400,
      'the piece: expected a value in each cell, got 1 missing cell (k 1), first in line 3 of the piece',
    ],
    ['a row cut short', 'a,b,k\n1,2,x\n1,2\n', 400, 'the piece: line 3: expected 3 cells, as the header has, got 2'],
    ['a quote cut short', 'a,k\n1,"x\n', 400, 'the piece: line 2: expected CSV, got: Quoted field unterminated'],
    [
      'names without end',
      `${'a'.repeat(2 ** 18)},k\n1,x\n`,
      413,
      'expected headers, classes and categories with a total of at most 262,144',
    ],
    ['more bytes than a body', `a,k\n${'1,x\n'.repeat(2 ** 21)}`, 413, 'body: expected at most 8,388,608 bytes, got'],
  ])('is refused with %s', async (_, csv, status, message) => {
    await expectError(await putRows('/datasets/refused/training/0', csv), status, message);
  });

  it('is refused if the names of all pieces together are too long', async () => {
    for (const [piece, letter] of ['x', 'y'].entries())
      await putRows(`/datasets/union/training/${piece}`, `a,k\n1,${letter.repeat(2 ** 17)}\n`, bearer('admin'));
    const finished = await put('/datasets/union', '{"training": 2}', bearer('admin'));
    await expectError(finished, 413, 'union: expected headers, classes and categories');
  });

  it('is refused with an unknown label column, a test part, different pieces, or one class', async () => {
    await expectError(
      await putRows('/datasets/odd/training/0?label=c', 'a,k\n1,x\n'),
      400,
      'the piece: expected a column "c", got a, k',
    );
    await expectError(
      await putRows('/datasets/odd/test/0', 'a,k\n1,x\n'),
      400,
      'test: expected pictures, got text/csv: tables have training pieces only',
    );
    await putRows('/datasets/odd/training/0', 'a,k\n1,x\n');
    await expectError(await finish('odd', '{"training": 1}'), 400, 'odd: expected at least two classes, got x');
    for (const [other, got] of [
      ['b,k\n1,y\n', 'features "b", labels "k" and delimiter ","'],
      ['k,a\n1,y\n', 'features "k", labels "a" and delimiter ","'],
      ['a;k;l\n1;2;y\n', 'features "a", "k", labels "l" and delimiter ";"'],
    ]) {
      await putRows('/datasets/odd/training/1', other ?? '');
      await expectError(
        await finish('odd', '{"training": 2}'),
        400,
        `odd: expected pieces with features "a", labels "k" and delimiter ",", got ${got} in piece 1`,
      );
    }
    await putRows('/datasets/odd/training/1?label=a', 'a,k\n1,2\n');
    await expectError(await finish('odd', '{"training": 2}'), 400, 'got features "k", labels "a"');
    await put('/datasets/odd/training/1', PICTURE, OWNER);
    await expectError(await finish('odd', '{"training": 2}'), 400, 'got pictures in piece 1');
    await put('/datasets/odd/test/0', PICTURE, OWNER);
    await expectError(await finish('odd', '{"training": 1, "test": 1}'), 400, 'odd: expected no test pieces');
    await put('/datasets/odd/training/2', PICTURE, OWNER);
    await put('/datasets/mix/training/0', PICTURE, OWNER);
    await putRows('/datasets/mix/training/1', 'a,k\n1,x\n');
    await expectError(
      await finish('mix', '{"training": 2}'),
      400,
      'mix: expected only pieces of 2 × 2 pixels, got a different one',
    );
    await uploadTable('closed');
    await expectError(
      await putRows('/datasets/closed/training/0?label=kind', buildPiece(0, 9)),
      409,
      'data set closed is finished and cannot change',
    );
    const anonymous = { method: 'PUT', headers: CSV, body: buildPiece(0, 9) };
    await expectError(await ask('/datasets/open/training/0', anonymous), 401, 'expected Authorization');
  });

  it('must be UTF-8, because replaced characters could merge two classes', async () => {
    const latin = Uint8Array.from('a,k\n1,\xe9\n2,\xe8\n', (letter) => letter.charCodeAt(0));
    const response = await put('/datasets/latin/training/0', latin, CSV);
    await expectError(response, 400, 'the piece: expected text in UTF-8, got other bytes');
  });

  it('with too many classes is refused by a job with record', async () => {
    const rows = Array.from({ length: 600 }, (_, n) => `${n},c${n % 300}\n`).join('');
    await putRows('/datasets/many/training/0', `a,k\n${rows}`);
    await finish('many', '{"training": 1}');
    const refused = await postJson('/jobs', { data: 'many', record: true }, TRAIN);
    await expectError(refused, 413, 'record: expected at most 256 classes, many has 300');
  });

  it('does not change with later uploads, and differs from another set with the same name', async () => {
    await uploadTable('changed');
    const started = await postJson('/jobs', { data: 'changed', hidden: [2], epochs: 1, seed: 3 }, TRAIN);
    const { id } = (await started.json()) as Job;
    const first = await finishedJob(id);
    await expectError(await putRows('/datasets/changed/training/1?label=kind', buildPiece(0, 61)), 409, 'is finished');
    expect((await startJob({ data: 'changed', hidden: [2], epochs: 1, seed: 3 })).state).toEqual(first.state);

    const { id: waiting } = (await (
      await postJson('/jobs', { data: 'changed', hidden: [64], epochs: 1000, seed: 4 }, TRAIN)
    ).json()) as Job;
    await post(`/jobs/${waiting}/cancel`, null, TRAIN);
    await runDurableObjectAlarm(env.JOBS.get(env.JOBS.idFromString(waiting)));
    expect((await ask('/datasets/changed', { method: 'DELETE', headers: OWNER })).status).toBe(204);
    await putRows('/datasets/changed/training/0?label=kind', buildPiece(0, 61));
    await finish('changed', '{"training": 1}');
    await evictDurableObject(env.JOBS.get(env.JOBS.idFromString(waiting)));
    await post(`/jobs/${waiting}/resume`, null, TRAIN);
    expect((await finishedJob(waiting)).state).toEqual({
      ...{ status: 'failed', code: 'refused' },
      reason: 'data set changed was replaced after the start of the job: start a new job',
    });
  });

  it('leaves nothing in the storage when it is deleted', async () => {
    await uploadTable('gone', bearer('admin'));
    expect((await ask('/datasets/gone', { method: 'DELETE', headers: bearer('admin') })).status).toBe(204);
    const object = env.DATASETS.getByName('gone');
    expect(await runInDurableObject(object, (_, { storage }) => readRows(storage, 'blobs'))).toEqual([]);
    await runDurableObjectAlarm(object);
    expect(await runInDurableObject(object, (_, { storage }) => readRows(storage, 'sqlite_master'))).toEqual([]);
    await expectError(await ask('/datasets/gone'), 404, 'data set gone not found');
  });

  it('counts all copies of its numbers, and is refused with figures if they do not fit', async () => {
    const manifest = (training: Partial<TableManifest['training']>): TableManifest => ({
      ...{
        kind: 'table',
        name: 'huge',
        sha256: '',
        hashes: { training: [], test: [] },
        labelName: 'k',
        delimiter: ',',
        classes: ['x', 'y'],
        test: null,
        created: '',
      },
      features: Array.from({ length: 10 }, (_, i) => `f${i}`),
      training: { pieces: 1, samples: 1000, pieceBytes: 5000, ...training },
    });
    const offered = async (samples: number) => {
      await runInDurableObject(env.DATASETS.getByName('huge'), (_, { storage }) => {
        storage.sql.exec('CREATE TABLE IF NOT EXISTS pieces (part, number, json, file, bytes, updated)');
        storage.sql.exec('CREATE TABLE IF NOT EXISTS manifest (one INTEGER PRIMARY KEY, json)');
        const json = JSON.stringify(manifest({ samples }));
        storage.sql.exec('INSERT OR REPLACE INTO manifest (one, json) VALUES (1, ?)', json);
      });
      return postJson('/jobs', { data: 'huge', hidden: [] }, TRAIN);
    };
    // 40 bytes of floats and 2 bytes of label, three times, an index, and a column of float64.
    expect(countTableBytes(manifest({}))).toBe(1000 * (3 * 42 + 4 + 8));
    // While reading: floats, a label of 4 bytes, and three times a piece.
    expect(countTableBytes(manifest({ pieceBytes: 2 ** 20 }))).toBe(1000 * 44 + 3 * 2 ** 20);
    // 600,000 × 138 bytes are 79 MB.
    await expectError(
      await offered(600_000),
      413,
      'the job: expected at most 64 MB of memory, got 79 MB: 79 MB for the samples, 1 MB for the network',
    );
    const accepted = await offered(480_000);
    expect(accepted.status).toBe(202);
    // Its pieces do not exist, and a job that retries would outlive the test.
    const { id } = (await accepted.json()) as Job;
    expect((await post(`/jobs/${id}/cancel`, null, TRAIN)).status).toBe(200);
  });
});
