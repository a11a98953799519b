/** The registry of models. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import {
  Alias,
  AliasBody,
  AliasName,
  Model,
  ModelList,
  ModelName,
  Uploaded,
  UploadQuery,
  VersionNumber,
} from '../../src/api/index.ts';
import { parseDescription } from '../../src/format/description.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { requireScope } from '../access.ts';
import { parseJson, readBody } from '../body.ts';
import { BINARY, documentedSchema, json, problems, refuseInvalid, SECURED } from '../documents.ts';
import type { AppEnv } from '../env.ts';
import { LIMITS } from '../limits.ts';
import { rateLimit } from '../rate-limit.ts';
import type { VersionRecord } from './registry.ts';
import { ModelService } from './service.ts';
import { readUpload, type Upload } from './upload.ts';

const tags = ['Models'];
const changing = () => [requireScope('admin'), rateLimit('CHANGE_LIMIT')];
const VersionPath = z.object({ name: ModelName, version: VersionNumber });
const AliasPath = z.object({ name: ModelName, alias: AliasName });
const UPLOAD = {
  query: UploadQuery,
  body: { required: true, content: { 'application/octet-stream': BINARY } },
} as const;
const UPLOADED = {
  200: json('The version that this very file was before', Uploaded),
  201: json('The version, and what it is taken for', Uploaded),
  ...problems(400, 401, 403, 409, 413, 429, 503),
};

const listRoute = createRoute({
  ...{ method: 'get', path: '/models', summary: 'Names of the models', tags },
  responses: { 200: json('Names', ModelList), ...problems(503) },
});
const modelRoute = createRoute({
  ...{ method: 'get', path: '/models/{name}', summary: 'Versions and aliases of a model', tags },
  request: { params: z.object({ name: ModelName }) },
  responses: { 200: json('The model', Model), ...problems(400, 404, 503) },
});
const downloadRoute = createRoute({
  ...{ method: 'get', path: '/models/{name}/versions/{version}', summary: 'The file of a version (safetensors)', tags },
  request: { params: VersionPath },
  responses: {
    200: { description: 'The file', content: { 'application/octet-stream': BINARY } },
    304: { description: 'The client has it' },
    ...problems(400, 404, 503),
  },
});
const uploadRoute = createRoute({
  ...{ method: 'put', path: '/models/{name}/versions/{version}', summary: 'Upload a version, once', tags, ...SECURED },
  description:
    'Safetensors as edge-mlp writes them, or ONNX of a multilayer perceptron, which becomes that. The query says of ONNX what its file does not.',
  middleware: changing(),
  request: {
    params: VersionPath,
    ...UPLOAD,
  },
  responses: UPLOADED,
});
const publishRoute = createRoute({
  ...{ method: 'post', path: '/models/{name}/versions', summary: 'Upload the next version', tags, ...SECURED },
  description:
    'As an upload under a number: this is the one after the last. The file of a version is that version: nothing is there twice.',
  middleware: changing(),
  request: {
    params: z.object({ name: ModelName }),
    ...UPLOAD,
  },
  responses: UPLOADED,
});
const aliasRoute = createRoute({
  ...{ method: 'get', path: '/models/{name}/aliases/{alias}', summary: 'What an alias points at', tags },
  request: { params: AliasPath },
  responses: { 200: json('The alias; its ETag is for If-Match', Alias), ...problems(400, 404, 503) },
});
const moveRoute = createRoute({
  ...{
    method: 'put',
    path: '/models/{name}/aliases/{alias}',
    summary: 'Promote a version, or roll back',
    tags,
    ...SECURED,
  },
  description: `stable is what is served. In effect everywhere within ${LIMITS.aliasSeconds} seconds. With If-Match it is moved only from what the client saw.`,
  middleware: changing(),
  request: {
    params: AliasPath,
    headers: z.object({ 'if-match': z.string().optional() }),
    body: { required: true, content: { 'application/json': documentedSchema('AliasRequest') } },
  },
  responses: { 200: json('The alias', Alias), ...problems(400, 401, 403, 404, 412, 429, 503) },
});

export const modelRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid })
  .openapi(listRoute, async (c) => c.json({ models: await service(c).names() }, 200))
  .openapi(modelRoute, async (c) => {
    const { name, versions, aliases, served } = await service(c).summary(c.req.valid('param').name);
    const listed = versions.map((version) => ({ ...version, layers: [...version.layers] }));
    return c.json({ name, versions: listed, aliases: { ...aliases }, served }, 200);
  })
  .openapi(downloadRoute, async (c) => {
    const { name, version } = c.req.valid('param');
    const { sha256 } = await service(c).record(name, Number(version));
    const etag = `"${sha256}"`;
    // Version 0 is another file after another deployment; all others never change.
    const caching = Number(version) === 0 ? 'no-cache' : 'public, max-age=31536000, immutable';
    const headers = { etag, 'cache-control': caching };
    if (matches(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers);
    const disposition = `attachment; filename="${name}-${version}.safetensors"`;
    return c.body(await service(c).file(name, Number(version)), 200, {
      ...headers,
      'content-type': 'application/octet-stream',
      'content-disposition': disposition,
    });
  })
  .openapi(uploadRoute, async (c) => {
    const { name, version } = c.req.valid('param');
    const upload = await uploaded(c, c.req.valid('query'));
    const { record, created } = await service(c).put(name, Number(version), upload);
    c.header('location', `/models/${name}/versions/${version}`);
    return c.json(shown(record, upload), created ? 201 : 200);
  })
  .openapi(publishRoute, async (c) => {
    const { name } = c.req.valid('param');
    const upload = await uploaded(c, c.req.valid('query'));
    const { record, created } = await service(c).publishNext(name, upload.bytes, upload.model);
    c.header('location', `/models/${name}/versions/${record.version}`);
    return c.json(shown(record, upload), created ? 201 : 200);
  })
  .openapi(aliasRoute, async (c) => {
    const { name, alias } = c.req.valid('param');
    const { version, etag } = await service(c).alias(name, alias);
    if (etag !== undefined) c.header('etag', etag);
    c.header('cache-control', 'no-cache');
    return c.json({ name, alias, version, effectiveWithinSeconds: LIMITS.aliasSeconds }, 200);
  })
  .openapi(moveRoute, async (c) => {
    const { name, alias } = c.req.valid('param');
    const { version } = AliasBody.parse(parseJson(await readBody(c.req.raw, 4096)));
    const moved = await service(c).moveAlias(name, alias, version, c.req.valid('header')['if-match']);
    c.header('etag', moved.etag);
    return c.json({ name, alias, version: moved.version, effectiveWithinSeconds: LIMITS.aliasSeconds }, 200);
  });

/** RFC 9110, section 13.1.2: a list of tags, of which weak ones are as good, or anything. */
function matches(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}

async function uploaded(c: Context<AppEnv>, query: z.infer<typeof UploadQuery>): Promise<Upload> {
  return readUpload(await readBody(c.req.raw, LIMITS.modelBytes), parseDescription(query));
}

function shown(record: VersionRecord, { model }: Upload) {
  return { ...record, layers: [...record.layers], ...takenFor(model.info) };
}

function takenFor({ classes, scaling, imageShape, pictures, features }: ModelInfo) {
  return {
    ...{ classes: [...classes], scaling: scaling.kind },
    ...(imageShape === undefined ? {} : { imageShape: [...imageShape] }),
    ...(pictures === undefined ? {} : { pictures }),
    ...(features === undefined ? {} : { features: [...features] }),
  };
}

function service(c: Context<AppEnv>): ModelService {
  return new ModelService(c.env.MODELS);
}
