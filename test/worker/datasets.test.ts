/** Uploaded data sets, and jobs on them. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { PieceList } from '../../src/api/datasets.ts';
import type { Job } from '../../src/api/jobs.ts';
import { JobRequest } from '../../src/api/jobs.ts';
import { slice } from '../../src/core/dataset.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { PackedPixels } from '../../src/core/packed.ts';
import { splitTail } from '../../src/core/split.ts';
import { train } from '../../src/core/train.ts';
import { digitsDataset } from '../../src/data/digits.ts';
import { formatIdx } from '../../src/data/idx.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { DatasetRegistry } from '../../worker/datasets/registry.ts';
import { loadJobData } from '../../worker/jobs/data.ts';
import { describeData } from '../../worker/jobs/shape.ts';
import { SERVICE } from '../../worker/owners.ts';
import { ask, bearer, expectError, finishedJob, kernels, postJson } from './support.ts';

const TRAIN = bearer('train');
const samples = digitsDataset({ samples: 500, seed: 21 });
const test = digitsDataset({ samples: 60, seed: 21, part: 1 });

function piece(from: number, to: number, set = samples): Uint8Array<ArrayBuffer> {
  const { inputs, labels } = slice(set, from, to);
  const images = formatIdx({ shape: [to - from, 28, 28], data: Uint8Array.from(inputs) });
  const answers = formatIdx({ shape: [to - from], data: Uint8Array.from(labels) });
  const bytes = new Uint8Array(answers.length + images.length);
  bytes.set(answers);
  bytes.set(images, answers.length);
  return bytes;
}

function send(
  method: string,
  path: string,
  body?: BodyInit,
  headers: Record<string, string> = TRAIN,
): Promise<Response> {
  return ask(path, { method, headers, ...(body === undefined ? {} : { body }) });
}

async function upload(name: string): Promise<void> {
  for (const [index, [from, to]] of [
    [0, 200],
    [200, 350],
    [350, 500],
  ].entries()) {
    expect((await send('PUT', `/datasets/${name}/training/${index}`, piece(from ?? 0, to ?? 0))).status).toBe(200);
  }
  expect((await send('PUT', `/datasets/${name}/test/0`, piece(0, 60, test))).status).toBe(200);
  expect((await send('PUT', `/datasets/${name}`, JSON.stringify({ training: 3, test: 1 }))).status).toBe(201);
}

describe('the pieces of a data set', () => {
  const list = (name: string, token: Parameters<typeof bearer>[0] = 'train') =>
    send('GET', `/datasets/${name}/pieces`, undefined, bearer(token));
  const hash = async (bytes: BufferSource) => {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  };

  it('are listed by part and number, before and after the data set is finished', async () => {
    const csv = 'x,kind\n1,a\n2,b\n';
    await send('PUT', '/datasets/listed-table/training/0', csv, { ...TRAIN, 'content-type': 'text/csv' });
    const sha256 = await hash(new TextEncoder().encode(csv));
    const expected = { pieces: [{ part: 'training', number: 0, sha256, labelName: 'kind' }] };
    expect(await (await list('listed-table')).json()).toEqual(expected);
    await upload('listed');
    const { pieces } = (await (await list('listed')).json()) as PieceList;
    expect(pieces.map(({ part, number }) => `${part} ${number}`)).toEqual([
      ...['training 0', 'training 1', 'training 2', 'test 0'],
    ]);
    expect(pieces[1]).toMatchObject({ sha256: await hash(piece(200, 350)), labelName: null });
  });

  it('are only for their owner', async () => {
    await send('PUT', '/datasets/listed-own/training/0', piece(0, 10));
    expect((await list('listed-own', 'admin')).status).toBe(200);
    await expectError(await list('listed-own', 'other'), 403, 'data set listed-own belongs to another token');
    await expectError(await list('listed-own', 'predict'), 403, 'expected a token with the scope train');
    await expectError(await ask('/datasets/listed-own/pieces'), 401, 'expected Authorization');
    await expectError(await list('never-sent'), 404, 'data set never-sent not found');
    await expectError(await list('digits'), 404, 'is generated on demand');
  });
});

describe('an uploaded data set', () => {
  it('consists of pieces and has one description', async () => {
    await upload('whole');
    const manifest = await (await ask('/datasets/whole')).json();
    expect(manifest).toMatchObject({
      kind: 'pictures',
      rows: 28,
      columns: 28,
      classes: 10,
      training: { pieces: 3, samples: 500 },
      test: { samples: 60 },
    });
    expect(await (await ask('/datasets')).json()).toEqual({
      datasets: expect.arrayContaining(['digits', 'ellipse', 'whole']),
      next: null,
    });
    const store = new DatasetRegistry(env, SERVICE);
    const spec = JobRequest.parse({ data: 'whole', final: true });
    const description = await describeData(store, 'whole');
    const data = await loadJobData(store, spec, description);
    const packed = [data.training.inputs as PackedPixels, data.test?.inputs as PackedPixels];
    // Without the end of the last sample, with a label of two bytes for each sample, and twice.
    const bytes = packed.reduce((sum, { byteLength, samples }) => sum + byteLength - 4 + 2 * samples, 0);
    expect(description.shape.bytes).toBe(2 * bytes);
    expect(packed[0]?.unpack()).toEqual(samples.inputs);
    expect(data.training.labels).toEqual(samples.labels);
    expect(packed[1]).toEqual(PackedPixels.pack(kernels, test.inputs as Uint8Array, 784));
  });

  it('gives a job the weights of training on the unsplit data', async () => {
    await upload('trained');
    const response = await postJson(
      '/jobs',
      { data: 'trained', hidden: [9], epochs: 3, seed: 2, validation: 40 },
      TRAIN,
    );
    const done = await finishedJob(((await response.json()) as Job).id);
    expect(done).toMatchObject({ layers: [784, 9, 10] });
    const mlp = Mlp.create(kernels, { layers: [784, 9, 10], seed: 2 });
    for (const _ of train(mlp, splitTail(samples, 40).training, { epochs: 3, seed: 2 }));
    const file = new Uint8Array(await (await ask(`/jobs/${done.id}/model`)).arrayBuffer());
    expect(parseModel(file, 'the model').parameters).toEqual(mlp.parameters());
    expect(done.history.at(-1)?.validationAccuracy).not.toBeNull();
  });

  it('passes class names and the handling of pictures to the models of its jobs', async () => {
    const put = (body: object) => send('PUT', '/datasets/named', JSON.stringify(body));
    expect((await send('PUT', '/datasets/named/training/0', piece(0, 200))).status).toBe(200);
    const classNames = [...'おきすつなはまやれを', 'ん'];
    await expectError(
      await put({ training: 1, classNames: ['a', 'b'] }),
      400,
      'classNames: expected at least 10 distinct names, got 2',
    );
    await expectError(
      await put({ training: 1, classNames: Array(10).fill('a') }),
      400,
      'classNames: expected at least 10 distinct names',
    );
    await expectError(await put({ training: 1, pictures: 'large' }), 400, 'pictures: ');
    const made = await put({ training: 1, classNames, pictures: 'as-is' });
    expect(await made.json()).toMatchObject({ classes: 11, classNames, pictures: 'as-is' });
    const response = await postJson('/jobs', { data: 'named', hidden: [4], epochs: 1 }, TRAIN);
    const done = await finishedJob(((await response.json()) as Job).id);
    const file = new Uint8Array(await (await ask(`/jobs/${done.id}/model`)).arrayBuffer());
    expect(parseModel(file, 'the model').info).toMatchObject({ classes: classNames, pictures: 'as-is' });
  });

  it('is deleted, but not while a job reads it', async () => {
    await upload('deleted');
    expect((await send('DELETE', '/datasets/deleted')).status).toBe(204);
    await expectError(await postJson('/jobs', { data: 'deleted' }, TRAIN), 404, 'data set deleted not found');
    await upload('deleted');
    const response = await postJson('/jobs', { data: 'deleted', hidden: [4], epochs: 1 }, TRAIN);
    const { id } = (await response.json()) as Job;
    const reader = `data set deleted is read by job ${id}: wait for its end, or cancel it`;
    await expectError(await send('DELETE', '/datasets/deleted'), 409, reader);
    expect((await finishedJob(id)).state.status).toBe('succeeded');
    await runDurableObjectAlarm(env.JOBS.get(env.JOBS.idFromString(id)));
    expect((await send('DELETE', '/datasets/deleted')).status).toBe(204);
    await expectError(await send('DELETE', '/datasets/nothing'), 404, 'data set nothing not found');
  });

  it('refuses malformed, incomplete and finished uploads, and uploads without the scope', async () => {
    const put = (path: string, body: BodyInit) => send('PUT', path, body);
    await expectError(
      await put('/datasets/bad/training/0', new Uint8Array(3)),
      400,
      'the piece: labels: expected an IDX file',
    );
    await expectError(await put('/datasets/bad/training/0', piece(0, 9).slice(0, -1)), 400, 'the file is truncated');
    const unlike = new Uint8Array([
      ...formatIdx({ shape: [2], data: Uint8Array.of(1, 2) }),
      ...formatIdx({ shape: [1, 2, 2], data: new Uint8Array(4) }),
    ]);
    await expectError(await put('/datasets/bad/training/0', unlike), 400, 'expected one image per label (2)');
    await expectError(await put('/datasets/bad/other/0', piece(0, 9)), 400, 'part: ');
    await expectError(await put('/datasets/bad/training/x', piece(0, 9)), 400, 'piece: expected a whole number');
    await expectError(await put('/datasets/digits/training/0', piece(0, 9)), 409, 'digits is generated');
    await expectError(
      await put('/datasets/bad', '{"training": 1}'),
      400,
      'expected 1 pieces of training, piece 0 is missing',
    );
    await expectError(await put('/datasets/bad', '{"training": 0}'), 400, 'training: ');
    const small = new Uint8Array([
      ...formatIdx({ shape: [1], data: Uint8Array.of(1) }),
      ...formatIdx({ shape: [1, 2, 2], data: new Uint8Array(4) }),
    ]);
    await put('/datasets/mixed/training/0', small);
    await put('/datasets/mixed/training/1', piece(0, 9));
    await expectError(
      await put('/datasets/mixed', '{"training": 2}'),
      400,
      'expected only pieces of 2 × 2 pixels, got a different one',
    );
    await upload('once');
    await expectError(
      await put('/datasets/once/training/0', piece(0, 9)),
      409,
      'data set once is finished and cannot change',
    );
    await expectError(
      await put('/datasets/once', '{"training": 3}'),
      409,
      'data set once is finished and cannot change',
    );
    await expectError(await send('PUT', '/datasets/x/training/0', piece(0, 9), {}), 401, 'expected Authorization');
    await expectError(await send('DELETE', '/datasets/once', undefined, bearer('predict')), 403, 'scope train');
    await expectError(await ask('/datasets/unknown'), 404, 'data set unknown not found');
  });
});
