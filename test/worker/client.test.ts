/** edge-mlp/client with the service. */
import { exports } from 'cloudflare:workers';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { Client, ClientError } from '../../src/client/index.ts';
import { pictureInputs } from '../../src/data/index.ts';
import { TOKENS } from '../support/tokens.ts';
import { checkAnswer } from './contract.ts';
import { bundled, bundledMlp, digit, modelBytes, pixels } from './support.ts';

const through = async (request: Request) => {
  request.headers.set('cf-connecting-ip', '10.9.9.9');
  return checkAnswer(request, await exports.default.fetch(request));
};
const client = new Client('https://edge-mlp.test', { fetch: through });
const admin = new Client('https://edge-mlp.test/', { fetch: through, token: TOKENS.admin });

describe('the client', () => {
  it('predicts from bytes, numbers and PNG files', async () => {
    const png = encode({ width: 28, height: 28, data: digit(0), channels: 1, depth: 8 }) as Uint8Array<ArrayBuffer>;
    // Images are centred, also those of 28 × 28 pixels.
    const centred = pictureInputs({ width: 28, height: 28, pixels: digit(0) }, bundled.info, 'a digit');
    for (const [samples, inputs] of [
      [digit(0), digit(0)],
      [pixels(0), digit(0)],
      [{ png }, centred],
    ] as const) {
      const { predictions, model, version } = await client.predict(samples, { model: 'mnist', version: 'stable' });
      const expected = [...bundledMlp.predict(inputs).probabilities];
      expect([predictions[0]?.probabilities, model, version]).toEqual([expected, 'mnist', 0]);
    }
  });

  it('uploads, lists, downloads, promotes and rolls back', async () => {
    const bytes = modelBytes({ seed: 3 });
    const version = await admin.models.upload('by client', 1, bytes).catch((error: unknown) => error);
    expect(version).toMatchObject({ status: 400, message: expect.stringContaining('name: expected a name') });
    await admin.models.upload('by-client', 1, bytes);
    await admin.models.upload('by-client', 2, modelBytes({ seed: 4 }));
    expect(await client.models.names()).toContain('by-client');
    expect(await client.models.download('by-client', 1)).toEqual(bytes);
    await admin.models.moveAlias('by-client', 'stable', 1);
    const { etag, version: before } = await client.models.alias('by-client', 'stable');
    expect(before).toBe(1);
    expect(await admin.models.moveAlias('by-client', 'stable', 2, etag)).toMatchObject({ alias: 'stable', version: 2 });
    await expect(admin.models.moveAlias('by-client', 'stable', 1, etag)).rejects.toMatchObject({ status: 412 });
    expect((await client.models.get('by-client')).aliases).toEqual({ stable: 2 });
  });

  it('creates, teaches, queries, undoes, resets, promotes and deletes a learner', async () => {
    const { learners } = admin;
    const { id, weightsSha256 } = await learners.begin({ steps: 2, rehearsal: null }, 'by client');
    expect(await learners.begin({ steps: 2, rehearsal: null }, 'by client')).toMatchObject({ id });
    const taught = await learners.teach(id, { pixels: pixels(0), label: 3 });
    expect(taught).toMatchObject({ examples: 1, learner: { id, examples: 1 } });
    expect(await client.learners.get(id)).toEqual(taught.learner);
    const { predictions, examples } = await client.learners.predict(id, digit(0));
    expect([predictions[0]?.label, examples]).toEqual([taught.after.label, 1]);
    const promoted = await learners.promote(id, 'taught-by-client');
    expect(promoted).toEqual({ model: 'taught-by-client', version: 1, examples: 1 });
    expect(await client.learners.model(id)).toEqual(await client.models.download('taught-by-client', 1));
    expect(await learners.undo(id)).toMatchObject({ examples: 0, weightsSha256 });
    await expect(learners.undo(id)).rejects.toMatchObject({ status: 409 });
    expect(await learners.reset(id)).toMatchObject({ examples: 0, weightsSha256 });
    await learners.delete(id);
    await expect(client.learners.get(id)).rejects.toMatchObject({ status: 404 });
  });

  it('throws the message of the service, or the status if an intermediary answers', async () => {
    await expect(client.models.upload('x', 1, modelBytes())).rejects.toMatchObject({
      name: 'ClientError',
      status: 401,
    });
    await expect(client.predict(digit(0).subarray(1))).rejects.toThrow('body: expected a multiple of 784 bytes');
    const gateway = new Client('https://edge-mlp.test', {
      fetch: async () =>
        new Response('<html>', { status: 502, statusText: 'Bad Gateway', headers: { 'retry-after': '7' } }),
    });
    await expect(gateway.models.names()).rejects.toEqual(new ClientError(502, '502 Bad Gateway', 7));
  });

  it('supports a service below a path', async () => {
    const asked: string[] = [];
    const below = new Client('https://example.org/digits', {
      fetch: async (request) => {
        asked.push(request.url);
        return Response.json({ models: [] });
      },
    });
    await below.models.names();
    expect(asked).toEqual(['https://example.org/digits/models']);
  });
});
