/** Jobs that start from a model: after any interruption, the weights are those of the library. */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/api/jobs.ts';
import { completeOptions, readDataKind } from '../../src/core/default-options.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { type Parameters, parameterBytes } from '../../src/core/parameters.ts';
import { splitShuffled, splitTail } from '../../src/core/split.ts';
import { train } from '../../src/core/train.ts';
import { csvDataset } from '../../src/data/csv.ts';
import { applyScaling, digitsDataset } from '../../src/data/index.ts';
import { type ModelFile, parseModel } from '../../src/format/model-file.ts';
import { sha256 } from '../../worker/hash.ts';
import { ask, bearer, expectError, finishedJob, kernels, modelBytes, postJson, put } from './support.ts';

const ADMIN = bearer('admin');
const RAW = { 'content-type': 'application/octet-stream' };
const FLOWERS: Partial<ModelFile['info']> = {
  classes: ['setosa', 'versicolor', 'virginica'],
  features: ['length', 'width'],
  labelName: 'species',
  scaling: { kind: 'standard', mean: [5.5, 3], standardDeviation: [0.8, 0.4] },
};

/** Two of the three classes of the model with reordered columns, and a set with an unknown class. */
const CSV = [
  'width,colour,length,species',
  ...Array.from({ length: 40 }, (_, n) => {
    const late = n % 3 === 0;
    return `${(late ? 2.8 : 3.4) + (n % 5) / 20},${n},${(late ? 6.5 : 5) + (n % 7) / 20},${late ? 'virginica' : 'setosa'}`;
  }),
].join('\n');

async function upload(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<ModelFile> {
  expect((await put(`/models/${name}/versions/1`, bytes, RAW)).status).toBe(201);
  return parseModel(bytes, name);
}

async function uploadTable(name: string, csv = CSV): Promise<void> {
  const piece = await put(`/datasets/${name}/training/0?label=species`, csv, { 'content-type': 'text/csv' });
  expect(piece.status, await piece.clone().text()).toBe(200);
  expect((await put(`/datasets/${name}`, '{"training": 1}', ADMIN)).status).toBe(201);
}

async function start(options: object): Promise<Job> {
  const response = await postJson('/jobs', options, ADMIN);
  expect(response.status, await response.clone().text()).toBe(202);
  return response.json();
}

async function fetchModel(id: string): Promise<ModelFile> {
  return parseModel(new Uint8Array(await (await ask(`/jobs/${id}/model`)).arrayBuffer()), id);
}

const hashParameters = (parameters: Parameters) => sha256(parameterBytes(parameters));

describe('a job from a model', () => {
  it('has the network, classes, features and scaling of the model, and the weights of the library', async () => {
    const model = await upload('flowers', modelBytes({ layers: [2, 5, 3], activation: 'relu', info: FLOWERS }));
    await uploadTable('few');
    const job = await start({
      from: 'flowers',
      data: 'few',
      epochs: 7,
      learningRate: 0.1,
      seed: 4,
      publish: 'flowers',
    });
    expect(job).toMatchObject({ spec: { from: 'flowers@1', hidden: [5], activation: 'relu' }, layers: [2, 5, 3] });
    const done = await finishedJob(job.id);
    expect(done.state).toMatchObject({ status: 'succeeded', result: { published: { model: 'flowers', version: 2 } } });

    const dataset = csvDataset(CSV, { ...FLOWERS, name: 'few', labelColumn: 'species' } as never);
    const { training } = splitShuffled(dataset, 4, 4);
    const mlp = Mlp.fromParameters(kernels, { ...model.info.spec, ...model.parameters });
    const options = completeOptions({ epochs: 7, learningRate: 0.1, seed: 4 }, readDataKind(training));
    for (const _ of train(mlp, applyScaling(training, model.info.scaling), options));
    const { info, parameters } = await fetchModel(job.id);
    expect(parameters).toEqual(mlp.parameters());
    expect(parameters).not.toEqual(model.parameters);
    expect(info).toMatchObject({ ...FLOWERS, provenance: { from: await hashParameters(model.parameters) } });
  });

  it('has the same weights on pictures when evicted after every slice', async () => {
    const model = await upload('letters', modelBytes({ layers: [784, 8, 12] }));
    const { id } = await start({ from: 'letters@1', data: 'digits', epochs: 2, seed: 5 });
    const stub = env.JOBS.get(env.JOBS.idFromString(id));
    for (let i = 0; i < 30; i++) {
      await evictDurableObject(stub);
      await runDurableObjectAlarm(stub);
    }
    expect((await finishedJob(id)).state.status).toBe('succeeded');
    const { training } = splitTail(digitsDataset({ samples: 12_000, seed: 5 }), 1200);
    const mlp = Mlp.fromParameters(kernels, { ...model.info.spec, ...model.parameters });
    for (const _ of train(mlp, { ...training, classes: model.info.classes }, { epochs: 2, seed: 5 }));
    const { info, parameters } = await fetchModel(id);
    expect(parameters).toEqual(mlp.parameters());
    expect(info.classes).toEqual(model.info.classes);
  });

  it('keeps its start version when another version is promoted', async () => {
    const first = await upload('moved', modelBytes({ layers: [2, 4, 2], seed: 1 }));
    const { id } = await start({ from: 'moved', data: 'ellipse', epochs: 30 });
    await put('/models/moved/versions/2', modelBytes({ layers: [2, 9, 2], seed: 2 }), RAW);
    await put('/models/moved/aliases/stable', '{"version": 2}');
    await evictDurableObject(env.JOBS.get(env.JOBS.idFromString(id)));
    expect((await finishedJob(id)).state.status).toBe('succeeded');
    const { info } = await fetchModel(id);
    expect(info.spec.layers).toEqual([2, 4, 2]);
    expect(info.provenance?.from).toBe(await hashParameters(first.parameters));
  });
});

describe('a job from a model is refused for', () => {
  it.each<[string, object, number, string]>([
    ['an unknown model', { from: 'unknown' }, 404, 'model unknown not found'],
    ['an unknown version', { from: 'mnist@7' }, 404, 'version 7 of mnist not found'],
    ['a malformed reference', { from: 'a b' }, 400, 'from: expected a model: name, name@version or name@alias'],
    [
      'an own network',
      { from: 'mnist', hidden: [9] },
      400,
      'hidden cannot be combined with from: the model defines it',
    ],
    ['an own activation', { from: 'mnist', activation: 'relu' }, 400, 'activation cannot be combined with from'],
    ['an own scaling', { from: 'mnist', scaling: 'none' }, 400, 'scaling cannot be combined with from'],
    [
      'data with other inputs',
      { from: 'mnist', data: 'ellipse' },
      400,
      'from: expected a model with 2 inputs, mnist@0 has 784',
    ],
  ])('%s', async (_, options, status, message) => {
    await expectError(await postJson('/jobs', options, ADMIN), status, message);
  });

  it('other pixels, classes or columns', async () => {
    await upload('plain', modelBytes({ layers: [784, 3, 10], info: { scaling: { kind: 'identity' } } }));
    const pixels = 'from: expected a model that takes pixels from 0 to 1, plain@1 does not';
    await expectError(await postJson('/jobs', { from: 'plain' }, ADMIN), 400, pixels);
    await upload('nine', modelBytes({ layers: [784, 3, 9] }));
    const nine = 'from: expected a model with at least 10 classes, nine@1 has 9';
    await expectError(await postJson('/jobs', { from: 'nine' }, ADMIN), 400, nine);
    await upload('irises', modelBytes({ layers: [2, 5, 3], info: FLOWERS }));
    await uploadTable('tulips', CSV.replaceAll('setosa', 'tulip'));
    await expectError(
      await postJson('/jobs', { from: 'irises', data: 'tulips' }, ADMIN),
      400,
      'expected the classes of the model, setosa, versicolor, virginica, got tulip',
    );
    await uploadTable('narrow', CSV.replace('width', 'depth'));
    await expectError(
      await postJson('/jobs', { from: 'irises', data: 'narrow' }, ADMIN),
      400,
      'from: expected data with a column "width", got none',
    );
    // The name to publish under is checked as well.
    await uploadTable('fine');
    await expectError(
      await postJson('/jobs', { from: 'irises', data: 'fine', publish: 'mnist' }, ADMIN),
      400,
      'mnist: expected 784 inputs and 10 classes, as in its versions, got 2 inputs and 3 classes',
    );
  });
});

it('a job whose model could not be published is refused at the start', async () => {
  const classes = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
  await put('/models/worded/versions/1', modelBytes({ info: { classes } }));
  await expectError(
    await postJson('/jobs', { data: 'digits', publish: 'worded' }, ADMIN),
    400,
    'worded: expected class 0 "zero", as in its versions, got "0": choose another name',
  );
});
