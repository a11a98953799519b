/** The model registry. */

import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { copyColumn } from '../../src/api/datasets.ts';
import { IdempotencyHeader, ListQuery, ModelName } from '../../src/api/fields.ts';
import {
  Alias,
  AliasName,
  AliasRequest,
  Model,
  ModelList,
  Uploaded,
  UploadQuery,
  type Version,
  VersionNumber,
} from '../../src/api/models.ts';
import { parseDescription } from '../../src/format/description.ts';
import { getCaller, getIdentity } from '../access.ts';
import type { AppEnv } from '../env.ts';
import { LIMITS } from '../limits.ts';
import { BINARY, file, json, jsonBody, problems, refuseInvalid, tagRoutes } from '../openapi.ts';
import type { RequestKey } from '../requests.ts';
import { readBody, readJson, readKey, readMediaType } from '../requests.ts';
import { bundledBytes, bundledVersion } from './bundled.ts';
import { ModelPublisher } from './publishing.ts';
import { ModelRegistry } from './registry.ts';
import { readForm, readUpload, type Upload } from './upload.ts';

const route = tagRoutes('Models');
const ModelPath = z.object({ name: ModelName });
const VersionPath = ModelPath.extend({ version: VersionNumber });
const AliasPath = ModelPath.extend({ alias: AliasName });
const CacheHeader = z.object({ 'if-none-match': z.string().optional().describe('ETag of a file that the client has') });
/** An ONNX file with external data. */
const MODEL_FORM = {
  schema: {
    type: 'object' as const,
    properties: {
      model: { type: 'string' as const, format: 'binary', description: 'ONNX file' },
      data: {
        type: 'string' as const,
        format: 'binary',
        description: 'Its external data, with the file name in the ONNX file',
      },
    },
    required: ['model'],
  },
};
const UPLOAD = {
  query: UploadQuery,
  body: { required: true, content: { 'application/octet-stream': BINARY, 'multipart/form-data': MODEL_FORM } },
} as const;
const UPLOADED = {
  200: json('The version that already has this file', Uploaded, 'location'),
  201: json('The new version', Uploaded, 'location'),
  ...problems(409),
};
const DELETED = { 204: { description: 'Deleted' } } as const;

const listRoute = route('get', '/models', 'List the models', {
  operationId: 'listModels',
  request: { query: ListQuery },
  responses: { 200: json('Names of the models', ModelList) },
});
const modelRoute = route('get', '/models/{name}', 'Get the versions and aliases of a model', {
  operationId: 'getModel',
  request: { params: ModelPath },
  responses: { 200: json('The model', Model), ...problems(404) },
});
const downloadRoute = route('get', '/models/{name}/versions/{version}', 'Download a version (safetensors)', {
  operationId: 'downloadVersion',
  request: { params: VersionPath, headers: CacheHeader },
  responses: {
    200: file('The model file', 'etag'),
    304: { description: 'Not modified' },
    ...problems(404),
  },
});
const uploadRoute = route('put', '/models/{name}/versions/{version}', 'Upload a version', {
  operationId: 'uploadVersion',
  description:
    'Accepts safetensors as edge-mlp writes them, and ONNX files of multilayer perceptrons, which are converted to safetensors. The query describes what an ONNX file does not contain. A version cannot be replaced.',
  request: { params: VersionPath, ...UPLOAD },
  responses: UPLOADED,
});
const publishRoute = route('post', '/models/{name}/versions', 'Upload the next version', {
  operationId: 'uploadNextVersion',
  description:
    'Like an upload with a number, but the service assigns the next free number. If a version already has this file, that version is returned.',
  request: { params: ModelPath, headers: IdempotencyHeader, ...UPLOAD },
  responses: UPLOADED,
});
const aliasRoute = route('get', '/models/{name}/aliases/{alias}', 'Get the target of an alias', {
  operationId: 'getAlias',
  request: { params: AliasPath },
  responses: { 200: json('The alias; send its ETag in If-Match to move it', Alias), ...problems(404) },
});
const moveRoute = route(
  'put',
  '/models/{name}/aliases/{alias}',
  'Move an alias, to promote a version or to roll back',
  {
    operationId: 'moveAlias',
    description: `The alias stable is served if a request names no version. A move takes effect everywhere within ${LIMITS.aliasSeconds} seconds. With If-Match, the alias moves only if it has not changed since it was read.`,
    request: {
      params: AliasPath,
      headers: z.object({ 'if-match': z.string().optional().describe('ETag of the alias as it was read') }),
      body: jsonBody('AliasRequest'),
    },
    responses: { 200: json('The alias', Alias, 'etag'), ...problems(404, 412) },
  },
);
const deleteModelRoute = route('delete', '/models/{name}', 'Delete a model: its uploaded versions and aliases', {
  operationId: 'deleteModel',
  description:
    'The bundled model remains. Refused while a job starts from a version of the model. Numbers of deleted versions are not used again.',
  request: { params: ModelPath },
  responses: { ...DELETED, ...problems(404, 409) },
});
const deleteVersionRoute = route('delete', '/models/{name}/versions/{version}', 'Delete a version', {
  operationId: 'deleteVersion',
  description: `Refused for the served version, for the target of an alias, and while a job starts from it. Predictions with it stop within ${LIMITS.aliasSeconds} seconds. Shared caches may keep its file.`,
  request: { params: VersionPath },
  responses: { ...DELETED, ...problems(404, 409) },
});
const deleteAliasRoute = route('delete', '/models/{name}/aliases/{alias}', 'Delete an alias other than stable', {
  operationId: 'deleteAlias',
  request: { params: AliasPath },
  responses: { ...DELETED, ...problems(404, 409) },
});

export const modelRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid })
  .openapi(listRoute, async (c) => {
    const { models, next } = await getRegistry(c).list(c.req.valid('query'));
    return c.json({ models: models.map(({ name }) => name), next }, 200);
  })
  .openapi(modelRoute, async (c) => c.json(await getRegistry(c).model(c.req.valid('param').name), 200))
  .openapi(downloadRoute, async (c) => {
    const { name, version } = c.req.valid('param');
    const cached = c.req.valid('header')['if-none-match'];
    // Without the file, if the description may be enough.
    const held = c.req.method === 'HEAD' || cached !== undefined ? [Number(version)] : [];
    const opened = await getRegistry(c).open(name, version, held);
    const { sha256, bytes } = opened.kind === 'bundled' ? await bundledVersion() : opened.version;
    const etag = `"${sha256}"`;
    // Shared caches do not know tokens. Version 0 changes with a deployment. All other versions never change.
    const audience = getCaller(c).isClosed ? 'private' : 'public';
    const caching = `${audience}, ${opened.kind === 'bundled' ? 'no-cache' : 'max-age=31536000, immutable'}`;
    if (matchesEntityTag(cached, etag)) return c.body(null, 304, { etag, 'cache-control': caching });
    const headers = {
      etag,
      'cache-control': caching,
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${name}-${version}.safetensors"`,
    };
    if (c.req.method === 'HEAD') return c.body(null, 200, { ...headers, 'content-length': String(bytes) });
    const whole = opened.kind === 'held' ? await getRegistry(c).open(name, version) : opened;
    // With a fixed length, a client sees that a file broke off.
    const body = whole.kind === 'file' ? whole.file.pipeThrough(new FixedLengthStream(bytes)) : bundledBytes();
    return c.body(body, 200, headers);
  })
  .openapi(uploadRoute, async (c) => {
    const { name, version: number } = c.req.valid('param');
    const upload = await receiveUpload(c, c.req.valid('query'));
    return publish(c, name, Number(number), upload);
  })
  .openapi(publishRoute, async (c) => {
    const { name } = c.req.valid('param');
    const upload = await receiveUpload(c, c.req.valid('query'));
    return publish(c, name, null, upload, await readKey(c, 'publish', upload.bytes));
  })
  .openapi(aliasRoute, async (c) => {
    const { name, alias } = c.req.valid('param');
    const { version, etag } = await getRegistry(c).alias(name, alias);
    if (etag !== undefined) c.header('etag', etag);
    c.header('cache-control', 'no-cache');
    return c.json({ name, alias, version, effectiveWithinSeconds: LIMITS.aliasSeconds }, 200);
  })
  .openapi(moveRoute, async (c) => {
    const { name, alias } = c.req.valid('param');
    const { version } = AliasRequest.parse(await readJson(c, LIMITS.smallBodyBytes));
    const { etag = '' } = await getPublisher(c).moveAlias(name, alias, version, c.req.valid('header')['if-match']);
    c.header('etag', etag);
    return c.json({ name, alias, version, effectiveWithinSeconds: LIMITS.aliasSeconds }, 200);
  })
  .openapi(deleteModelRoute, async (c) => {
    await getPublisher(c).removeModel(c.req.valid('param').name);
    return c.body(null, 204);
  })
  .openapi(deleteVersionRoute, async (c) => {
    const { name, version } = c.req.valid('param');
    await getPublisher(c).removeVersion(name, Number(version));
    return c.body(null, 204);
  })
  .openapi(deleteAliasRoute, async (c) => {
    const { name, alias } = c.req.valid('param');
    await getPublisher(c).removeAlias(name, alias);
    return c.body(null, 204);
  });

function getRegistry(c: Context<AppEnv>): ModelRegistry {
  return new ModelRegistry(c.env);
}

function getPublisher(c: Context<AppEnv>): ModelPublisher {
  return new ModelPublisher(c.env, getIdentity(c));
}

async function publish(
  c: Context<AppEnv>,
  name: string,
  number: number | null,
  { bytes, model }: Upload,
  key: RequestKey | null = null,
) {
  const { version, created } = await getPublisher(c).publish(name, number, bytes, { model, key });
  c.header('location', `/models/${name}/versions/${version.version}`);
  return c.json(describeUpload(version, model), created ? 201 : 200);
}

/** RFC 9110, section 13.1.2: a list of entity tags, weak ones included, or an asterisk. */
function matchesEntityTag(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}

async function receiveUpload(c: Context<AppEnv>, query: z.infer<typeof UploadQuery>): Promise<Upload> {
  const bytes = await readBody(c.req.raw, LIMITS.modelBytes);
  const isForm = readMediaType(c.req.raw) === 'multipart/form-data';
  const files = isForm ? await readForm(bytes, c.req.raw.headers.get('content-type') ?? '') : { bytes };
  return readUpload(files, parseDescription(query));
}

function describeUpload(version: Version, { info }: Upload['model']): Uploaded {
  const { classes, scaling, imageShape, pictures, features, tableColumns, recognition } = info;
  return {
    ...version,
    classes: [...classes],
    scaling: scaling.kind,
    ...(imageShape === undefined ? {} : { imageShape: [...imageShape] }),
    ...(pictures === undefined ? {} : { pictures }),
    ...(features === undefined ? {} : { features: [...features] }),
    ...(tableColumns === undefined ? {} : { tableColumns: tableColumns.map(copyColumn) }),
    ...(recognition === undefined ? {} : { recognition }),
  };
}
