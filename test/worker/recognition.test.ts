/** Answers of models with a recognition threshold. */
import { describe, expect, it } from 'vitest';
import { Mlp } from '../../src/core/mlp.ts';
import { type Recognition, recognitionScore } from '../../src/core/recognition.ts';
import { formatModel, parseModel } from '../../src/format/model-file.ts';
import { formatSafetensors, parseSafetensors } from '../../src/format/safetensors.ts';
import { ask, bearer, bundled, bundledMlp, digit, expectError, kernels, pixels, postJson, put } from './support.ts';

const mlp = Mlp.fromParameters(kernels, { ...bundled.info.spec, ...bundledMlp.parameters() });
const { probabilities } = mlp.predict(digit(0));
const confidence = Math.max(...probabilities);
const score = recognitionScore(probabilities);

/** The bundled model with a threshold. */
function buildFile(recognition: Recognition): Uint8Array<ArrayBuffer> {
  const parameters = bundledMlp.parameters();
  return formatModel({ info: { ...bundled.info, recognition }, parameters });
}

/** Uploads the bundled weights with a threshold. */
async function publish(name: string, threshold: number, score: Recognition['score'] = 'max-probability') {
  const recognition = { score, threshold };
  const response = await put(`/models/${name}/versions/1`, buildFile(recognition));
  expect(response.status).toBe(201);
  return { answer: await response.json(), recognition };
}

describe('a model with a threshold', () => {
  it('answers whether a sample is recognized', async () => {
    const { answer, recognition } = await publish('strict', confidence + 1e-9);
    expect(answer).toMatchObject({ recognition });
    const strict = await (await postJson('/predict?model=strict', [pixels(0), pixels(1)])).json<Answer>();
    expect(strict.predictions[0]).toMatchObject({ recognized: false, confidence, score: confidence });
    await publish('exact', confidence);
    const exact = await (await postJson('/predict?model=exact', pixels(0))).json<Answer>();
    expect(exact.predictions[0]).toMatchObject({ recognized: true, score: confidence });
    await publish('flat', score + 1e-9, 'entropy');
    const flat = await (await postJson('/predict?model=flat', pixels(0))).json<Answer>();
    expect(flat.predictions[0]).toMatchObject({ recognized: false, confidence, score });
  });

  it('says so in the metadata of the Open Inference Protocol', async () => {
    const { recognition } = await publish('described', 0.5);
    const metadata = await (await ask('/v2/models/described')).json<{ properties: Record<string, string> }>();
    expect(JSON.parse(metadata.properties.recognition ?? '')).toEqual(recognition);
  });

  it('has learners without the threshold, which taught weights do not keep', async () => {
    await publish('taught', 0.9999999);
    const TRAIN = bearer('train');
    const created = await postJson('/learners', { model: 'taught', steps: 2 }, TRAIN);
    expect(created.status).toBe(201);
    const { id } = await created.json<{ id: string }>();
    const predict = async () => (await postJson(`/learners/${id}/predict`, pixels(0), TRAIN)).json<Answer>();
    expect(Object.keys((await predict()).predictions[0] ?? {})).not.toContain('recognized');
    const taught = await postJson(`/learners/${id}/examples`, { pixels: pixels(0), label: 3 }, TRAIN);
    expect(taught.status).toBe(200);
    const file = await ask(`/learners/${id}/model`, { headers: TRAIN });
    const { info } = parseModel(new Uint8Array(await file.arrayBuffer()), 'learner');
    expect([info.recognition, info.corrections?.examples]).toEqual([undefined, 1]);
  });

  it('is refused with a threshold above 1', async () => {
    const file = parseSafetensors(buildFile({ score: 'max-probability', threshold: 0.75 }), 'm');
    const metadata = { ...file.metadata, recognition: '{"score":"max-probability","threshold":7.5}' };
    const response = await put('/models/broken/versions/1', formatSafetensors({ ...file, metadata }));
    await expectError(response, 400, 'recognition.threshold: expected a number from 0 to 1, got 7.5');
  });
});

interface Answer {
  readonly predictions: readonly Record<string, unknown>[];
}
