/** Regressions in the service: uploads of targets and weights, jobs, predictions, and the inference protocol. */
import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/api/jobs.ts';
import { completeOptions } from '../../src/core/default-options.ts';
import { evaluateRegression } from '../../src/core/evaluate-regression.ts';
import { pickMeasures } from '../../src/core/measures.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { parameterBytes } from '../../src/core/parameters.ts';
import { unscaleTargets } from '../../src/core/targets.ts';
import { train } from '../../src/core/train.ts';
import { csvDataset } from '../../src/data/csv-table.ts';
import { trainingParts } from '../../src/data/parts.ts';
import { scaleInputs } from '../../src/data/scaling.ts';
import { createMlp, formatModel, parseModel } from '../../src/format/model-file.ts';
import { sha256 } from '../../worker/hash.ts';
import { ask, bearer, expectError, finishedJob, kernels, postJson, put } from './support.ts';

const TRAIN = bearer('train');
const CSV = { 'content-type': 'text/csv' };
const ROWS = Array.from({ length: 60 }, (_, i) => {
  const [x, y] = [(i * 37) % 50, (i * 17) % 23];
  return `${x},${y},${1 + (i % 3)},${1000 + 20 * x - 3 * y},${0.5 + (x * y) / 100}\n`;
});
const TABLE = `x,y,w,price,area\n${ROWS.join('')}`;
const OPTIONS = {
  hidden: [6],
  activation: 'tanh',
  epochs: 100,
  batchSize: 8,
  learningRate: 0.02,
  loss: 'huber',
} as const;

async function upload(name: string): Promise<void> {
  const query = 'target=price,area&weight=w';
  for (const [piece, rows] of [ROWS.slice(0, 25), ROWS.slice(25)].entries()) {
    const response = await put(`/datasets/${name}/training/${piece}?${query}`, `x,y,w,price,area\n${rows.join('')}`, {
      ...CSV,
      ...TRAIN,
    });
    expect(await response.json()).toMatchObject({ targets: ['price', 'area'], weightName: 'w', classes: [] });
  }
  const response = await put(`/datasets/${name}`, JSON.stringify({ training: 2 }), TRAIN);
  expect(await response.json()).toMatchObject({ features: ['x', 'y'], targets: ['price', 'area'], weightName: 'w' });
}

async function runJob(options: object): Promise<Job> {
  const response = await postJson('/jobs', options, TRAIN);
  expect(response.status).toBe(202);
  return finishedJob(((await response.json()) as Job).id);
}

/** The hash and the measures of the network that the library trains with the same options. */
async function trainLocally() {
  const dataset = csvDataset(TABLE, { name: 'houses', targets: ['price', 'area'], weightColumn: 'w' });
  const { training, validation } = trainingParts(dataset, { validation: 10, seed: 4, shuffledSplit: true });
  const { hidden, activation: hiddenActivation, ...options } = OPTIONS;
  const mlp = Mlp.create(kernels, { layers: [2, ...hidden, 2], hiddenActivation, task: 'regression', seed: 4 });
  const all = completeOptions({ ...options, seed: 4 }, { kind: 'table', samples: 50 });
  for (const _ of train(mlp, training, { ...all, ...(validation && { validation }) }));
  const hash = await sha256(parameterBytes(mlp.parameters()));
  return { hash, measures: validation && pickMeasures(evaluateRegression(mlp, validation, { loss: OPTIONS.loss })) };
}

describe('a regression', () => {
  it('is trained by a job as by the library, published, and answers values in the units of the table', async () => {
    await upload('houses');
    const job = await runJob({ ...OPTIONS, data: 'houses', validation: 10, seed: 4, record: true, publish: 'prices' });
    const { hash, measures } = await trainLocally();
    expect(measures?.samples).toBe(10);
    expect(job.state).toMatchObject({ status: 'succeeded', result: { weightsSha256: hash, validation: measures } });
    expect(job.history.at(-1)).toMatchObject({ trainAccuracy: null, validationAccuracy: null });
    expect(job.history.at(-1)?.validationR2).toBeGreaterThan(0.5);

    const file = new Uint8Array(await (await ask(`/models/prices/versions/1`, { headers: TRAIN })).arrayBuffer());
    const model = parseModel(file, 'prices');
    const [x, values] = [Float32Array.of(12, 7), createMlp(kernels, model)];
    const expected = unscaleTargets(values.predictValues(scaleInputs(x, model.info.scaling)), model.info.targets ?? []);
    const answer = (await (await postJson('/predict?model=prices', [[12, 7]])).json()) as { predictions: unknown };
    expect(answer.predictions).toEqual([{ values: { price: expected[0], area: expected[1] } }]);

    const inputs = [{ name: 'input', datatype: 'FP32', shape: [1, 2], data: [12, 7] }];
    const inferred = (await (await postJson('/v2/models/prices/infer', { inputs })).json()) as { outputs: unknown };
    const data = [...expected].map(Math.fround);
    expect(inferred.outputs).toEqual([{ name: 'values', datatype: 'FP32', shape: [1, 2], data }]);
    expect(await (await ask('/v2/models/prices')).json()).toMatchObject({
      outputs: [{ name: 'values', datatype: 'FP32', shape: [-1, 2] }],
      properties: { targets: '["price","area"]' },
    });
    const { provenance } = model.info;
    const tested = provenance && { ...provenance, test: { samples: 5, loss: 0.2, rmse: 2, mae: 1, r2: 0.75 } };
    const bytes = formatModel({ ...model, info: { ...model.info, ...(tested && { provenance: tested }) } });
    await put('/models/tested/versions/1', bytes, bearer('admin'));
    expect(await (await ask('/models/tested')).json()).toMatchObject({
      versions: [{ testAccuracy: null, testR2: 0.75 }],
    });
    const label = await postJson('/v2/models/prices/infer', { inputs, outputs: [{ name: 'label' }] });
    await expectError(label, 400, 'outputs: expected values, got label');

    const next = await runJob({ data: 'houses', from: 'prices', epochs: 1, seed: 5, validation: 10 });
    expect(next.state).toMatchObject({ status: 'succeeded', result: { validation: { samples: 10 } } });
  });

  it('weighs classes in a job', async () => {
    const job = (classWeight?: object) => runJob({ data: 'ellipse', epochs: 1, ...(classWeight && { classWeight }) });
    const [plain, weighted] = [await job(), await job({ inside: 3 })];
    expect([plain.state.status, weighted.state.status]).toEqual(['succeeded', 'succeeded']);
    expect(weighted.state).not.toEqual(plain.state);
    const unknown = await job({ apple: 2 });
    expect(unknown.state).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('classWeight: expected names'),
    });
  });

  it('refuses uploads with unknown targets, and pieces that differ', async () => {
    const send = (query: string) => put(`/datasets/bad/training/0?${query}`, TABLE, { ...CSV, ...TRAIN });
    await expectError(await send('target=prize'), 400, 'expected a column "prize"');
    await expectError(await send('target=price&label=area'), 400, '--target cannot be combined with --label');
    expect((await send('target=price')).status).toBe(200);
    await put('/datasets/bad/training/1', TABLE, { ...CSV, ...TRAIN });
    const finished = await put('/datasets/bad', JSON.stringify({ training: 2 }), TRAIN);
    await expectError(finished, 400, 'expected pieces with features');
  });
});
