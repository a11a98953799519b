/** Data sets for jobs. */
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { DatasetBody, DatasetSchema, LabelColumn, ModelName, PieceNumber, PieceSchema } from '../../src/api/index.ts';
import { GENERATED_NAMES, isGenerated } from '../../src/data/generated.ts';
import { requireScope } from '../access.ts';
import { parseJson, readBody, readMediaType } from '../body.ts';
import { BINARY, documentedSchema, json, problems, refuseInvalid, SECURED, TEXT } from '../documents.ts';
import type { AppEnv } from '../env.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { rateLimit } from '../rate-limit.ts';
import type { Manifest } from './pieces.ts';
import { DatasetStore, PARTS, TABLE_TYPE } from './store.ts';

const tags = ['Data sets'];
const changing = () => [requireScope('train'), rateLimit('CHANGE_LIMIT')];
const one = { params: z.object({ name: ModelName }) };

const listRoute = createRoute({
  ...{ method: 'get', path: '/datasets', summary: 'Names of the data sets', tags },
  responses: {
    200: json('Names, the generated ones first', z.object({ datasets: z.array(z.string()) })),
    ...problems(503),
  },
});
const oneRoute = createRoute({
  ...{ method: 'get', path: '/datasets/{name}', summary: 'What a data set has', tags },
  request: one,
  responses: { 200: json('The data set', DatasetSchema), ...problems(400, 404, 503) },
});
const pieceRoute = createRoute({
  ...{
    method: 'put',
    path: '/datasets/{name}/{part}/{piece}',
    summary: 'Upload a piece of a data set',
    tags,
    ...SECURED,
  },
  description:
    `Pictures: an IDX file of labels and, right behind it, one of images of the same number. A table, as ${TABLE_TYPE}: a header, the ` +
    'same in every piece, and whole rows; one column has the classes, the others numbers, and it has a training part alone. ' +
    `${LIMITS.bodyBytes} bytes at most.`,
  middleware: changing(),
  request: {
    params: z.object({ name: ModelName, part: z.enum(PARTS), piece: PieceNumber }),
    query: z.object({ label: LabelColumn }),
    body: { required: true, content: { 'application/octet-stream': BINARY, [TABLE_TYPE]: TEXT } },
  },
  responses: { 200: json('What is in it', PieceSchema), ...problems(400, 401, 403, 409, 413, 429, 503) },
});
const finishRoute = createRoute({
  ...{
    method: 'put',
    path: '/datasets/{name}',
    summary: 'Make a data set of the pieces that were uploaded',
    tags,
    ...SECURED,
  },
  middleware: changing(),
  request: { ...one, body: { required: true, content: { 'application/json': documentedSchema('DatasetRequest') } } },
  responses: { 201: json('The data set', DatasetSchema), ...problems(400, 401, 403, 409, 429, 503) },
});
const deleteRoute = createRoute({
  ...{ method: 'delete', path: '/datasets/{name}', summary: 'Delete a data set and its pieces', tags, ...SECURED },
  middleware: changing(),
  request: one,
  responses: { 204: { description: 'It is gone' }, ...problems(401, 403, 404, 429, 503) },
});

export const datasetRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid })
  .openapi(listRoute, async (c) => c.json({ datasets: [...GENERATED_NAMES, ...(await store(c).names())] }, 200))
  .openapi(oneRoute, async (c) => {
    const { name } = c.req.valid('param');
    const manifest = await store(c).manifest(name);
    if (manifest === undefined) throw unknown(name);
    return c.json(describeDataset(manifest), 200);
  })
  .openapi(pieceRoute, async (c) => {
    const { name, part, piece } = c.req.valid('param');
    refuseGenerated(name);
    const { label: labelColumn } = c.req.valid('query');
    const mediaType = readMediaType(c.req.raw);
    const bytes = await readBody(c.req.raw, LIMITS.bodyBytes);
    return c.json(await store(c).putPiece(name, part, Number(piece), { mediaType, bytes, labelColumn }), 200);
  })
  .openapi(finishRoute, async (c) => {
    const { name } = c.req.valid('param');
    refuseGenerated(name);
    const pieces = DatasetBody.parse(parseJson(await readBody(c.req.raw, LIMITS.datasetBytes)));
    return c.json(describeDataset(await store(c).finish(name, pieces)), 201);
  })
  .openapi(deleteRoute, async (c) => {
    const { name } = c.req.valid('param');
    if (!(await store(c).delete(name))) throw unknown(name);
    return c.body(null, 204);
  });

function store(c: Context<AppEnv>): DatasetStore {
  return new DatasetStore(c.env.MODELS);
}

/** What clients are shown: not where the pieces are. */
function describeDataset({ hashes: _, ...info }: Manifest): z.infer<typeof DatasetSchema> {
  return info;
}

function unknown(name: string): HttpError {
  const why = isGenerated(name)
    ? `${name} is generated where it is needed: there is no upload of it`
    : `there is no data set ${name}`;
  return new HttpError(404, why);
}

function refuseGenerated(name: string): void {
  if (!isGenerated(name)) return;
  throw new HttpError(409, `${name} is generated: take another name`);
}
