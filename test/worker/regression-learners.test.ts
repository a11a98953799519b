/** Learners of regressions: values instead of labels, rehearsal with targets, undo, publication and refusals. */
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Learner, ValuesExampleResponse } from '../../src/api/learners.ts';
import { Client } from '../../src/client/index.ts';
import { type Dataset, pick, slice } from '../../src/core/dataset.ts';
import { learn } from '../../src/core/learner.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { parameterBytes } from '../../src/core/parameters.ts';
import { Random } from '../../src/core/random.ts';
import { csvDataset } from '../../src/data/csv-table.ts';
import { applyScaling, scaleTargets } from '../../src/data/scaling.ts';
import { formatModel } from '../../src/format/model-file.ts';
import { sha256 } from '../../worker/hash.ts';
import { ask, bearer, expectError, kernels, modelBytes, postJson, put } from './support.ts';

const TRAIN = bearer('train');
const TARGETS = [
  { name: 'price', mean: 1000, standardDeviation: 200 },
  { name: 'area', mean: 50, standardDeviation: 10 },
];
const SCALING = { kind: 'standard', mean: [4, 2], standardDeviation: [3, 1] } as const;
const SPEC = { layers: [2, 6, 2], task: 'regression', seed: 5 } as const;
const OPTIONS = { model: 'houses', steps: 20, learningRate: 0.1, seed: 3 };
const CORRECTIONS = [
  [8, 1, 1300, 35],
  [2, 3, 800, 61],
  [5, 2, 1100, 44],
] as const;

async function upload(): Promise<void> {
  const mlp = Mlp.create(kernels, SPEC);
  const info = { spec: mlp.spec, classes: [], targets: TARGETS, scaling: SCALING, features: ['rooms', 'floor'] };
  await put('/models/houses/versions/1', formatModel({ info, parameters: mlp.parameters() }));
}

/** Returns the table. */
async function uploadTable(name: string, targets: string): Promise<string> {
  const outputs = targets === 'price' ? [900] : [900, 40];
  const rows = Array.from({ length: 30 }, (_, i) => `${[i % 9, i % 4, 1, ...outputs.map((n) => n + i)].join()}\n`);
  const csv = `rooms,floor,w,${targets}\n${rows.join('')}`;
  const path = `/datasets/${name}/training/0?target=${targets}&weight=w`;
  expect((await put(path, csv, { 'content-type': 'text/csv', ...TRAIN })).status).toBe(200);
  expect((await put(`/datasets/${name}`, JSON.stringify({ training: 1 }), TRAIN)).status).toBe(201);
  return csv;
}

async function begin(options: object): Promise<Learner> {
  const response = await postJson('/learners', { ...OPTIONS, ...options }, TRAIN);
  expect(response.status).toBe(201);
  return response.json();
}

const getStub = (id: string) => env.LEARNERS.get(env.LEARNERS.idFromString(id));

async function teach(id: string, n: number): Promise<ValuesExampleResponse> {
  const [rooms, floor, price, area] = CORRECTIONS[n] ?? [0, 0, 0, 0];
  const body = { inputs: [rooms, floor], values: { area, price } };
  const response = await postJson(`/learners/${id}/examples`, body, TRAIN);
  expect(response.status).toBe(200);
  return response.json();
}

async function undo(id: string): Promise<Learner> {
  return (await postJson(`/learners/${id}/undo`, {}, TRAIN)).json();
}

/** The weights of the library after the same corrections. */
async function expectedHash(count: number, kept?: Dataset): Promise<string> {
  const mlp = Mlp.create(kernels, SPEC);
  const text = CORRECTIONS.map((row) => `${row.join()}\n`).join('');
  const table = csvDataset(`rooms,floor,price,area\n${text}`, { name: 'corrections', targets: ['price', 'area'] });
  const corrections = applyScaling(scaleTargets(table, TARGETS), SCALING);
  for (let n = 1; n <= count; n++) learn(mlp, slice(corrections, 0, n), kept, OPTIONS);
  const hash = await sha256(parameterBytes(mlp.parameters()));
  mlp.dispose();
  return hash;
}

const distance = ({ values }: { values: Record<string, number> }) => Math.abs((values.price ?? 0) - 1300);

describe('a learner of a regression', () => {
  it('learns values as the library does, undoes them bit for bit, and is published', async () => {
    await upload();
    const learner = await begin({ rehearsal: null });
    expect(learner).toMatchObject({ classes: [], targets: ['price', 'area'], weightsSha256: await expectedHash(0) });
    const { id } = learner;
    const taught = await teach(id, 0);
    expect(distance(taught.after)).toBeLessThan(distance(taught.before) / 4);
    expect(taught.learner.weightsSha256).toBe(await expectedHash(1));
    await teach(id, 1);
    await evictDurableObject(getStub(id));
    expect((await teach(id, 2)).learner.weightsSha256).toBe(await expectedHash(3));
    expect((await undo(id)).weightsSha256).toBe(await expectedHash(2));
    await evictDurableObject(getStub(id));
    expect((await undo(id)).weightsSha256).toBe(await expectedHash(1));

    const promoted = await postJson(`/learners/${id}/promote`, { name: 'my-houses' }, TRAIN);
    expect([promoted.status, await promoted.json()]).toEqual([201, { model: 'my-houses', version: 1, examples: 1 }]);
    const answer = (await (await postJson('/predict?model=my-houses', [[8, 1]])).json()) as { predictions: unknown };
    expect(answer.predictions).toEqual([taught.after]);
    const own = (await (await postJson(`/learners/${id}/predict`, [[8, 1]])).json()) as { predictions: unknown };
    expect(own.predictions).toEqual([taught.after]);
  });

  it('rehearses samples with their targets', async () => {
    await upload();
    const csv = await uploadTable('rehearsed', 'price,area');
    const columns = ['rooms', 'floor'].map((name) => ({ kind: 'number', name }) as const);
    const table = csvDataset(csv, { name: 'rehearsed', targets: ['price', 'area'], columns });
    const order = new Random(OPTIONS.seed, 'split').permutation(30);
    const kept = pick(applyScaling(scaleTargets(table, TARGETS), SCALING), order);
    const { id, rehearsal, weightsSha256 } = await begin({ rehearsal: 'rehearsed' });
    expect(rehearsal).toEqual({ data: 'rehearsed', samples: 30 });
    const hashes = [weightsSha256];
    for (let n = 0; n < 2; n++) hashes.push((await teach(id, n)).learner.weightsSha256);
    expect(hashes[2]).toBe(await expectedHash(2, kept));
    await evictDurableObject(getStub(id));
    expect([(await undo(id)).weightsSha256, (await undo(id)).weightsSha256]).toEqual([hashes[1], hashes[0]]);
    expect((await teach(id, 0)).learner.weightsSha256).toBe(hashes[1]);

    await uploadTable('prices', 'price');
    const other = await postJson('/learners', { ...OPTIONS, rehearsal: 'prices' }, TRAIN);
    await expectError(other, 400, 'rehearsal: prices: expected the targets price, area, got price');
    const classes = await postJson('/learners', { ...OPTIONS, rehearsal: 'ellipse' }, TRAIN);
    await expectError(classes, 400, 'inputs and targets price, area, ellipse has 2 and 2');
    await put('/models/points/versions/1', modelBytes({ layers: [2, 5, 2] }));
    const targets = await postJson('/learners', { model: 'points', rehearsal: 'rehearsed' }, TRAIN);
    await expectError(targets, 400, 'inputs and at most 2 classes, rehearsed has 2 and targets price, area');
  });

  it.each([
    [{ label: 1 }, 'got a label: the model is a regression'],
    [{}, 'expected an object with a number for each target (price, area), got nothing'],
    [{ values: [1, 2] }, 'got a list of 2'],
    [{ values: { price: 1 } }, 'got nothing for area'],
    [{ values: { price: 1, area: '2' } }, 'got "2" for area'],
    [{ values: { price: 1, area: 2, age: 3 } }, 'got the name "age"'],
    [{ values: { price: 1e300, area: 2 } }, 'values: price: expected a number that float32 can hold'],
    [{ values: { price: 1, area: 2 }, label: 1 }, 'got a label: the model is a regression'],
  ])('refuses the answer %j', async (answer, message) => {
    await upload();
    const { id, weightsSha256 } = await begin({ rehearsal: null });
    await expectError(await postJson(`/learners/${id}/examples`, { inputs: [1, 2], ...answer }, TRAIN), 400, message);
    expect(await (await ask(`/learners/${id}`)).json()).toMatchObject({ examples: 0, weightsSha256 });
  });

  it('is the only kind that takes values', async () => {
    const { id } = (await (await postJson('/learners', { rehearsal: null }, TRAIN)).json()) as Learner;
    const body = { pixels: new Array(784).fill(0), values: { 3: 1 } };
    await expectError(
      await postJson(`/learners/${id}/examples`, body, TRAIN),
      400,
      'got values: the model has classes',
    );
  });

  it('is taught by the client', async () => {
    await upload();
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const request = new Request(input, init);
      const { pathname } = new URL(request.url);
      return ask(pathname, { method: request.method, headers: request.headers, body: await request.text() });
    };
    const { learners } = new Client('https://edge-mlp.test', { token: TRAIN.authorization.slice(7), fetch });
    const fresh = await learners.begin({ model: 'houses', rehearsal: null });
    expect([fresh.learningRate, fresh.steps]).toEqual([0.01, 30]);
    const taught = await learners.teachValues(fresh.id, { inputs: [[8, 1]], values: { price: 1300, area: 35 } });
    expect((await learners.predictValues(fresh.id, [[8, 1]])).predictions).toEqual([taught.after]);
  });
});
