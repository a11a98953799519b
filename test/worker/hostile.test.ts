/** Small requests that would cost much, and requests that would be misunderstood. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../worker/limits.ts';
import { emptyBlocks } from '../support/deflate.ts';
import { PNG_SIGNATURE, pngChunk } from '../support/png.ts';
import { ask, bearer, expectError, pixels, postJson } from './support.ts';

const TRAIN = bearer('train');

/** Gzip of `text` repeated, a few kilobytes for megabytes. */
async function compress(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function postCompressed(path: string, text: string, headers: Record<string, string> = {}): Promise<Response> {
  const body = await compress(text);
  expect(body.length).toBeLessThan(20_000);
  const types = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  return ask(path, { method: 'POST', body, headers: { ...types, ...headers } });
}

describe('JSON', () => {
  const nested = '['.repeat(4_000_000) + ']'.repeat(4_000_000);
  const wide = `[${'{},'.repeat(2_600_000)}{}]`;
  const manyFields = `{${'"":0,'.repeat(1_500_000)}"":0}`;

  it.each(['/predict', '/v2/models/mnist/infer'])(
    'of %s that nests deeply or has many parts is refused',
    async (path) => {
      const depth = `expected JSON of at most ${LIMITS.jsonDepth} levels`;
      await expectError(await postCompressed(path, nested), 400, depth);
      await expectError(
        await postCompressed(path, wide),
        400,
        'expected JSON with at most 100,000 lists, objects and fields',
      );
      await expectError(await postCompressed(path, manyFields), 400, 'expected JSON with at most 100,000 lists');
    },
  );

  it('may have brackets, quotes and backslashes in texts', async () => {
    const text = JSON.stringify({ pixels: pixels(0), '[[[{{{:::"\\': '['.repeat(200_000) });
    await expectError(
      await ask('/predict', { method: 'POST', body: text, headers: { 'content-type': 'application/json' } }),
      400,
      'expected the fields inputs, pixels, scale',
    );
  });

  it('of 1,000 images in rows is accepted', async () => {
    const image = Array.from({ length: 28 }, () => Array(28).fill(0));
    const response = await postJson('/predict', Array(LIMITS.batch).fill(image));
    expect(response.status).toBe(200);
    expect(((await response.json()) as { predictions: unknown[] }).predictions).toHaveLength(LIMITS.batch);
  });
});

describe('an unknown field', () => {
  it.each<[string, string, object, string]>([
    ['/predict', 'POST', { pixels: Array(784).fill(0.5), Scale: 1 }, 'got "Scale": did you mean scale?'],
    ['/predict', 'POST', { pixls: Array(784).fill(0.5) }, 'got "pixls": did you mean pixels?'],
    ['/jobs', 'POST', { learningrate: 1 }, 'unknown field "learningrate": did you mean learningRate?'],
    ['/jobs', 'POST', { batches: 1, zzz: 2 }, 'unknown field "batches"'],
    ['/sweeps', 'POST', { grid: { epoch: [1] } }, 'grid: unknown field "epoch": did you mean epochs?'],
    ['/learners', 'POST', { modle: 'mnist' }, 'unknown field "modle": did you mean model?'],
    ['/datasets/x', 'PUT', { training: 1, tests: 1 }, 'unknown field "tests": did you mean test?'],
    [
      '/models/mnist/aliases/stable',
      'PUT',
      { version: 0, Version: 1 },
      'unknown field "Version": did you mean version?',
    ],
  ])('of %s %s is refused with the nearest name', async (path, method, body, message) => {
    const headers = { 'content-type': 'application/json', ...bearer('admin') };
    await expectError(await ask(path, { method, body: JSON.stringify(body), headers }), 400, message);
  });
});

describe('a sweep', () => {
  it('is counted before its grid is expanded', async () => {
    const values = (of: (i: number) => number) => Array.from({ length: 150 }, (_, i) => of(i));
    const grid = {
      learningRate: values((i) => i + 1),
      momentum: values((i) => i / 151),
      batchSize: values((i) => i + 1),
      weightDecay: values((i) => i),
      epochs: values((i) => i + 1),
    };
    await expectError(
      await postJson('/sweeps', { data: 'ellipse', grid }, TRAIN),
      413,
      'the sweep: expected at most 200 runs, got 75937500000: 75937500000 combinations with 1 seeds each',
    );
  });
});

it('a PNG of 20,000 tiny blocks is refused: a library would take 50 µs for each', async () => {
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, 1000);
  new DataView(header.buffer).setUint32(4, 200);
  header[8] = 8;
  const chunks = [pngChunk('IHDR', header), pngChunk('IDAT', emptyBlocks(20_000)), pngChunk('IEND')];
  const body = new Uint8Array(
    await new Blob([PNG_SIGNATURE, ...chunks].map((part) => Uint8Array.from(part))).arrayBuffer(),
  );
  const response = await ask('/predict', { method: 'POST', body, headers: { 'content-type': 'image/png' } });
  await expectError(response, 400, 'picture: expected zlib data, got too many blocks');
});
