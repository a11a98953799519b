/** New versions of a model: their numbers, and their common contract. */
import { describe, expect, it } from 'vitest';
import { ask, bearer, expectError, modelBytes, post, put } from './support.ts';

const RAW = { 'content-type': 'application/octet-stream' };

describe('the next version', () => {
  const next = (name: string, bytes: Uint8Array<ArrayBuffer>) =>
    post(`/models/${name}/versions`, bytes, { ...RAW, ...bearer('admin') });

  it('has the number after the last; repeating the upload returns the same version', async () => {
    const [first, second] = [modelBytes({ seed: 1 }), modelBytes({ seed: 2 })];
    const one = await next('counted', first);
    expect([one.status, one.headers.get('location')]).toEqual([201, '/models/counted/versions/1']);
    expect(await one.json()).toMatchObject({ version: 1, classes: expect.any(Array), scaling: 'bytes' });
    await put('/models/counted/versions/41', second, RAW);
    const again = await next('counted', second);
    expect([again.status, ((await again.json()) as { version: number }).version]).toEqual([200, 41]);
    const third = await next('counted', modelBytes({ seed: 3 }));
    expect(await third.json()).toMatchObject({ version: 42 });
  });

  it('has a different number for each concurrent upload', async () => {
    const files = [1, 2, 3, 4, 1, 2].map((seed) => modelBytes({ layers: [4, 3, 2], seed }));
    const answers = await Promise.all(files.map((bytes) => next('at-once', bytes)));
    expect(answers.map(({ status }) => status).every((status) => status === 200 || status === 201)).toBe(true);
    const { versions } = (await (await ask('/models/at-once')).json()) as { versions: { version: number }[] };
    expect(versions.map(({ version }) => version)).toEqual(versions.map((_, i) => i + 1));
  });

  it('is refused like an upload with a number', async () => {
    await expectError(await post('/models/refused/versions', modelBytes(), RAW), 401, '');
    await expectError(await next('refused', new Uint8Array(9)), 400, 'the upload: expected safetensors or ONNX');
    await expectError(await next('mnist', modelBytes({ layers: [4, 3, 2] })), 400, 'mnist: expected 784 inputs');
    expect((await ask('/models/refused')).status).toBe(404);
  });
});

describe('the registry refuses', () => {
  it('a model with another meaning than earlier versions', async () => {
    const layers = [784, 3, 2];
    await put('/models/answers/versions/1', modelBytes({ layers }), RAW);
    const other = (options: Parameters<typeof modelBytes>[0]) =>
      put('/models/answers/versions/2', modelBytes({ layers, ...options }), RAW);
    await expectError(
      await other({ info: { classes: ['1', '0'] } }),
      400,
      'expected class 0 "0", as in its versions, got "1"',
    );
    await expectError(
      await other({ info: { imageShape: [14, 56] } }),
      400,
      'expected images of 28 × 28, as in its versions, got images of 14 × 56',
    );
    await expectError(
      await other({ info: { scaling: { kind: 'identity' } } }),
      400,
      'expected pixels from 0 to 255, as in its versions, got unscaled numbers',
    );
    // Standardised pixels are still pixels, and hidden layers may change.
    const scaling = { kind: 'standard', mean: Array(784).fill(33), standardDeviation: Array(784).fill(79) } as const;
    expect((await other({ layers: [784, 9, 2], info: { scaling } })).status).toBe(201);
  });

  it('one of two concurrent uploads of different models with a new name', async () => {
    const kinds = Array.from({ length: 6 }, (_, i) => modelBytes({ layers: [4 + (i % 2), 3, 2], seed: i }));
    const answers = await Promise.all(kinds.map((bytes, i) => put(`/models/raced/versions/${i + 1}`, bytes, RAW)));
    const { versions } = (await (await ask('/models/raced')).json()) as { versions: { layers: number[] }[] };
    expect(new Set(versions.map(({ layers }) => layers[0])).size).toBe(1);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 400, 400, 400]);
  });

  it('class names that are too long, empty or repeated', async () => {
    const named = (classes: string[]) =>
      put('/models/named/versions/1', modelBytes({ layers: [4, 3, 2], info: { classes } }), RAW);
    await expectError(
      await named(['no', 'y'.repeat(257)]),
      400,
      'the upload: expected names of at most 256 characters',
    );
    await expectError(
      await named(['no', 'no']),
      400,
      'the upload: expected distinct names of classes or targets, got "no"',
    );
    await expectError(
      await named(['', 'no']),
      400,
      'the upload: expected distinct names of classes or targets, got ""',
    );
    expect((await named(['no', 'y'.repeat(256)])).status).toBe(201);
  });
});
