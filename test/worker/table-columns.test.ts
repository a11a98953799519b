/** Tables with texts and gaps: upload, jobs, predictions and learners. */
import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/api/jobs.ts';
import { csvDataset } from '../../src/data/csv-table.ts';
import { trainingParts } from '../../src/data/parts.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { ask, bearer, expectError, finishedJob, post, postJson, put } from './support.ts';

const TRAIN = bearer('train');
const OWNER = bearer('other');
const CSV = { 'content-type': 'text/csv' };

const HEADER = 'mass,colour,code,kind\n';
const ROWS = Array.from({ length: 60 }, (_, n) => {
  const [colour, kind] = n % 2 === 0 ? ['red', 'cherry'] : ['blue', 'plum'];
  return `${n % 10 === 4 ? '' : (n % 7) + 0.5},${n % 9 === 5 ? 'NA' : colour},${n < 30 ? n % 2 : 'x'},${kind}\n`;
});
const piece = (from: number, to: number) => HEADER + ROWS.slice(from, to).join('');
const QUERY = 'label=kind&missing=mean&categories=code,colour';

function putRows(path: string, csv: string): Promise<Response> {
  return put(path, csv, { ...CSV, ...OWNER });
}

async function trainModel(name: string): Promise<Uint8Array> {
  expect((await putRows(`/datasets/${name}/training/0?${QUERY}`, piece(0, 30))).status).toBe(200);
  expect((await putRows(`/datasets/${name}/training/1?${QUERY}`, piece(30, 60))).status).toBe(200);
  expect((await put(`/datasets/${name}`, '{"training": 2}', OWNER)).status).toBe(201);
  const response = await postJson('/jobs', { data: name, hidden: [5], epochs: 20, seed: 6, publish: name }, TRAIN);
  expect(response.status).toBe(202);
  const { id } = await finishedJob(((await response.json()) as Job).id);
  return new Uint8Array(await (await ask(`/jobs/${id}/model`)).arrayBuffer());
}

const predict = (name: string, body: unknown) => postJson(`/predict?model=${name}`, body);

async function probabilities(response: Response): Promise<number[][]> {
  expect(response.status).toBe(200);
  const { predictions } = (await response.json()) as { predictions: { probabilities: number[] }[] };
  return predictions.map((prediction) => prediction.probabilities);
}

describe('a table with texts and gaps', () => {
  it('gives the columns and values of the library, and predicts named cells, lists and CSV', async () => {
    const file = await trainModel('fruit');
    const { info } = parseModel(file, 'the model');
    const table = csvDataset(piece(0, 60), { name: 'x', labelColumn: 'kind', missing: 'mean', categories: ['code'] });
    const { training } = trainingParts(table, { validation: 6, seed: 6, shuffledSplit: true });
    expect(info.features).toEqual(['mass', 'colour=blue', 'colour=red', 'code=0', 'code=1', 'code=x']);
    expect(info.tableColumns).toEqual(training.tableColumns);
    expect(info.scaling).toEqual(training.scaling);

    const named = await probabilities(await predict('fruit', { mass: 2.5, colour: 'red', code: 1 }));
    const list = [
      [2.5, 'red', '1'],
      [null, 'blue', 'x'],
    ];
    const lists = await probabilities(await predict('fruit', list));
    expect(lists[0]).toEqual(named[0]);
    const rows = 'colour,mass,code\nred,2.5,1\nblue,NA,x\n';
    expect(await probabilities(await post('/predict?model=fruit', rows, CSV))).toEqual(lists);
    // Encoded numbers are accepted as well.
    expect(await probabilities(await predict('fruit', [2.5, 0, 1, 0, 1, 0]))).toEqual(named);

    await expectError(
      await predict('fruit', { mass: 1, colour: 'green', code: 1 }),
      400,
      'colour: expected one of blue, red, got "green"',
    );
    await expectError(await predict('fruit', { mas: 1 }), 400, 'got "mas": did you mean mass?');
    await expectError(await predict('fruit', Array(1001).fill({})), 413, 'expected at most 1,000 samples, got more');
    await expectError(await post('/predict?model=fruit', 'colour,mass\nred,1\n', CSV), 400, 'expected a column "code"');

    const described = await (await ask('/v2/models/fruit')).json();
    expect(described).toMatchObject({ properties: { columns: JSON.stringify(info.tableColumns) } });

    const begun = await postJson('/learners', { model: 'fruit', rehearsal: 'fruit' }, TRAIN);
    expect(begun.status).toBe(201);
    const { id, rehearsal } = (await begun.json()) as { id: string; rehearsal: { samples: number } | null };
    expect(rehearsal?.samples).toBeGreaterThan(0);
    const taught = await postJson(
      `/learners/${id}/examples`,
      { inputs: { mass: 9, colour: 'red', code: 'x' }, label: 'plum' },
      TRAIN,
    );
    expect(taught.status).toBe(200);
  });

  it('has another hash if its pieces are read in another way', async () => {
    const read = async (name: string, query: string) => {
      expect((await putRows(`/datasets/${name}/training/0?${query}`, 'a,b,k\n1,2,x\n3,4,y\n5,6,x\n')).status).toBe(200);
      return ((await (await put(`/datasets/${name}`, '{"training": 1}', OWNER)).json()) as { sha256: string }).sha256;
    };
    const plain = await read('read-plain', 'label=k');
    expect(await read('read-again', 'label=k')).toBe(plain);
    const others = [
      await read('read-weighted', 'label=k&weight=a'),
      await read('read-categories', 'label=k&categories=a'),
    ];
    expect(new Set([plain, ...others]).size).toBe(3);
  });

  it('is refused with an unknown option, and pictures are with options of tables', async () => {
    const misspelt = await putRows('/datasets/wrong/training/0?targets=a', 'a,k\n1,2\n');
    await expectError(misspelt, 400, 'targets');
    const pictures = await put('/datasets/wrong/training/0?label=k', new Uint8Array(16), {
      ...OWNER,
      'content-type': 'application/octet-stream',
    });
    await expectError(pictures, 400, 'label: expected a body of type text/csv, got application/octet-stream');
  });

  it('is described with its columns and policy', async () => {
    const response = await putRows(`/datasets/described/training/0?${QUERY}`, piece(0, 30));
    expect(await response.json()).toMatchObject({
      features: ['mass', 'colour', 'code'],
      tableColumns: [
        { kind: 'number', name: 'mass' },
        { kind: 'categories', name: 'colour', categories: ['blue', 'red'] },
        { kind: 'categories', name: 'code', categories: ['0', '1'] },
      ],
      missing: 'mean',
    });
    await putRows(`/datasets/described/training/1?${QUERY}`, piece(30, 60));
    const { pieces } = (await (await ask('/datasets/described/pieces', { headers: OWNER })).json()) as {
      pieces: unknown[];
    };
    expect(pieces).toEqual(
      [0, 1].map((number) =>
        expect.objectContaining({ number, labelName: 'kind', missing: 'mean', categories: ['colour', 'code'] }),
      ),
    );
    const manifest = await (await put('/datasets/described', '{"training": 2}', OWNER)).json();
    expect(manifest).toMatchObject({
      tableColumns: [{}, {}, { categories: ['0', '1', 'x'] }],
      training: { samples: 60 },
    });
  });

  it('drops rows with gaps on demand, or refuses them', async () => {
    const dropped = await putRows('/datasets/dropped/training/0?label=kind&missing=drop', piece(0, 30));
    expect(await dropped.json()).toMatchObject({ samples: 25 });
    expect((await put('/datasets/dropped', '{"training": 1}', OWNER)).status).toBe(201);
    const response = await postJson('/jobs', { data: 'dropped', hidden: [3], epochs: 1 }, TRAIN);
    expect((await finishedJob(((await response.json()) as Job).id)).state.status).toBe('succeeded');
    await expectError(
      await putRows('/datasets/gaps/training/0?label=kind', piece(0, 30)),
      400,
      'the piece: expected a value in each cell, got 6 missing cells (mass 3, colour 3)',
    );
  });

  it('is refused if its pieces differ in the kind of a column, or in the policy', async () => {
    await putRows('/datasets/mixed/training/0?label=kind&missing=mean', piece(0, 30));
    await putRows('/datasets/mixed/training/1?label=kind&missing=mean', piece(30, 60));
    await expectError(
      await put('/datasets/mixed', '{"training": 2}', OWNER),
      400,
      'got features "mass", "colour" of texts, "code" of texts, labels "kind" and delimiter ",", missing mean in piece 1',
    );
    await putRows('/datasets/mixed/training/1?label=kind&missing=drop', piece(0, 30));
    await expectError(await put('/datasets/mixed', '{"training": 2}', OWNER), 400, 'missing drop in piece 1');
    await expectError(await putRows('/datasets/mixed/training/1?missing=median', piece(0, 30)), 400, 'missing');
  });
});
