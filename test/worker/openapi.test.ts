/** /openapi.json, and the check of every answer against it. */
import { describe, expect, it } from 'vitest';
import { NAME } from '../../src/api/limits.ts';
import { checkAnswer } from './contract.ts';
import { ask } from './support.ts';

interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly responses: Readonly<Record<string, unknown>>;
  readonly parameters?: readonly { name: string; description?: string; schema: { pattern?: string } }[];
  readonly requestBody?: { readonly content: object };
}

const document = (await (await ask('/openapi.json')).json()) as {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: object; securitySchemes: object };
};
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

/** All values of a key, anywhere in the document. */
function findValues(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    ...(name === key && typeof inner === 'string' ? [inner] : []),
    ...findValues(inner, key),
  ]);
}

describe('/openapi.json', () => {
  it('has the routes that exist', async () => {
    expect(document.openapi).toBe('3.1.0');
    for (const { path, method } of operations) {
      const response = await ask(path.replace(/\{\w+\}/g, '1'), { method: method.toUpperCase() });
      expect([404, 405].includes(response.status) ? await response.text() : '', path).not.toContain('unknown path');
      expect(response.status, `${method} ${path}`).not.toBe(405);
    }
    expect(Object.keys(document.paths['/predict']?.post?.requestBody?.content ?? {})).toEqual([
      ...['application/json', 'application/octet-stream', 'image/png', 'image/jpeg', 'image/webp', 'text/csv'],
    ]);
    expect(Object.keys(document.paths['/datasets/{name}/{part}/{piece}']?.put?.requestBody?.content ?? {})).toEqual([
      ...['application/octet-stream', 'text/csv'],
    ]);
    expect(JSON.stringify(document.components.schemas)).toContain('PredictRequest');
    expect(document.components.securitySchemes).toHaveProperty('token');
  });

  it('names every operation, says who may call it, and describes parameters and refusals', () => {
    expect(operations.length).toBeGreaterThan(50);
    for (const { path, method, operation } of operations) {
      const name = `${method} ${path}`;
      expect(operation.operationId, name).toMatch(/^[a-z]+([A-Z][a-z0-9]*)*$/);
      expect(operation.responses, name).toMatchObject({ 429: {}, 500: {}, 503: {} });
      expect(operation.security, name).toBeInstanceOf(Array);
      const needsToken = operation.security.length > 0;
      expect(['401' in operation.responses, '403' in operation.responses], name).toEqual([needsToken, needsToken]);
      for (const parameter of operation.parameters ?? []) {
        expect(parameter.description, `${name}: ${parameter.name}`).toMatch(/\w/);
      }
    }
    const names = operations.map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has patterns without the flags of a regular expression, which clients cannot read', () => {
    const patterns = findValues(document, 'pattern').map(String);
    expect(patterns).toContain(NAME.source);
    for (const pattern of patterns) expect(pattern).toMatch(/^\^.*\$$/);
    const { pattern = '' } = document.paths['/models/{name}']?.get?.parameters?.[0]?.schema ?? {};
    for (const name of ['MNIST', 'Fruit-2.b_c', '0']) expect(new RegExp(pattern, 'u').test(name), name).toBe(true);
  });
});

describe('the check of answers', () => {
  const prediction = { label: 0, class: 'a', confidence: 1, probabilities: [1] };
  const predicted = { model: 'mnist', version: 0, predictions: [prediction] };
  const timing = { 'server-timing': 'parse' };

  it.each<[string, string, string, Response, string]>([
    ['another status', 'POST', '/predict', Response.json({}, { status: 418 }), 'the document has no such answer'],
    ['a missing header', 'POST', '/predict', Response.json(predicted), 'expected the header server-timing'],
    [
      'an unknown field',
      'POST',
      '/predict',
      Response.json({ ...predicted, predictions: [{ ...prediction, extra: 1 }] }, { headers: timing }),
      'extra',
    ],
    [
      'a missing field',
      'POST',
      '/predict',
      Response.json({ ...predicted, model: undefined }, { headers: timing }),
      'required property "model"',
    ],
    [
      'another type',
      'POST',
      '/predict',
      Response.json({ ...predicted, version: 'stable' }, { headers: timing }),
      '"string" is invalid. Expected "integer"',
    ],
    [
      'another media type',
      'POST',
      '/predict',
      new Response('{}', { headers: { ...timing, 'content-type': 'text/plain' } }),
      'no content of type text/plain',
    ],
    ['an unknown path', 'GET', '/nothing', Response.json({ error: '' }), 'the document has no such answer'],
    ['a body of 204', 'POST', '/v2/repository/models/mnist/unload', new Response('x'), 'expected no body'],
    ['another form of errors', 'GET', '/models', Response.json({ message: '' }, { status: 503 }), 'message'],
  ])('refuses %s', async (_, method, path, response, message) => {
    const request = new Request(`https://edge-mlp.test${path}`, { method });
    await expect(checkAnswer(request, response)).rejects.toThrow(message);
  });
});
