/** Data sets for jobs and learners. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import {
  DatasetInfo,
  DatasetList,
  DatasetName,
  DatasetRequest,
  Part,
  Piece,
  PieceList,
  PieceNumber,
  TableQuery,
} from '../../src/api/datasets.ts';
import { ListQuery } from '../../src/api/fields.ts';
import { parseNames } from '../../src/data/csv-columns.ts';
import { GENERATED_NAMES, isGenerated } from '../../src/data/generated.ts';
import { getCaller, getIdentity } from '../access.ts';
import type { AppEnv } from '../env.ts';
import { badRequest, HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { BINARY, json, jsonBody, problems, refuseInvalid, tagRoutes } from '../openapi.ts';
import { readBody, readJson, readMediaType } from '../requests.ts';
import type { Manifest } from './pieces.ts';
import { DatasetRegistry, TABLE_TYPE } from './registry.ts';

const route = tagRoutes('Data sets');
const params = z.object({ name: DatasetName });

const listRoute = route('get', '/datasets', 'List the data sets', {
  operationId: 'listDatasets',
  description: 'A closed service lists only the data sets of the token.',
  request: { query: ListQuery },
  responses: { 200: json('Names of the data sets, generated ones first', DatasetList) },
});
const getRoute = route('get', '/datasets/{name}', 'Get the description of a data set', {
  operationId: 'getDataset',
  request: { params },
  responses: { 200: json('The data set', DatasetInfo), ...problems(404) },
});
const piecesRoute = route('get', '/datasets/{name}/pieces', 'List the uploaded pieces of a data set', {
  operationId: 'listPieces',
  description:
    'Lists the pieces of an unfinished data set as well, so that an interrupted upload sends only the missing ones.',
  request: { params },
  responses: { 200: json('The pieces, by part and number', PieceList), ...problems(404) },
});
const pieceRoute = route('put', '/datasets/{name}/{part}/{piece}', 'Upload a piece of a data set', {
  operationId: 'uploadPiece',
  description:
    'Pictures: an IDX file of labels, directly followed by an IDX file of as many images. ' +
    `Tables (${TABLE_TYPE}): a header, equal in all pieces, and complete rows; one column holds the labels, or columns hold targets, the others numbers or texts, which become one input each. ` +
    `Tables have training pieces only. At most ${LIMITS.bodyBytes} bytes.`,
  request: {
    params: params.extend({ part: Part, piece: PieceNumber }),
    query: TableQuery,
    body: {
      required: true,
      content: { 'application/octet-stream': BINARY, [TABLE_TYPE]: { schema: { type: 'string' as const } } },
    },
  },
  responses: { 200: json('Contents of the piece', Piece), ...problems(409) },
});
const finishRoute = route('put', '/datasets/{name}', 'Create a data set from the uploaded pieces', {
  operationId: 'createDataset',
  request: { params, body: jsonBody('DatasetRequest') },
  responses: { 201: json('The data set', DatasetInfo), ...problems(409) },
});
const deleteRoute = route('delete', '/datasets/{name}', 'Delete a data set and its pieces', {
  operationId: 'deleteDataset',
  description: 'Refused while a job or sweep reads it.',
  request: { params },
  responses: { 204: { description: 'Deleted' }, ...problems(404, 409) },
});

export const datasetRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid })
  .openapi(listRoute, async (c) => {
    const page = c.req.valid('query');
    const { names, next } = await getStore(c).list(page);
    return c.json({ datasets: [...(page.cursor === undefined ? GENERATED_NAMES : []), ...names], next }, 200);
  })
  .openapi(getRoute, async (c) => {
    const { name } = c.req.valid('param');
    if (isGenerated(name)) throw createGeneratedError(name);
    return c.json(describeManifest(await getStore(c).manifest(name)), 200);
  })
  .openapi(piecesRoute, async (c) => {
    const { name } = c.req.valid('param');
    if (isGenerated(name)) throw createGeneratedError(name);
    return c.json({ pieces: await getStore(c).pieces(name) }, 200);
  })
  .openapi(pieceRoute, async (c) => {
    const { name, part, piece } = c.req.valid('param');
    refuseGenerated(name);
    const { label: labelColumn, target, weight: weightColumn, categories, ...query } = c.req.valid('query');
    const table = {
      labelColumn,
      weightColumn,
      ...(target === undefined ? {} : { targets: parseNames(target) }),
      ...query,
      ...(categories === undefined ? {} : { categories: parseNames(categories) }),
    };
    const mediaType = readMediaType(c.req.raw);
    const [option] = Object.entries(c.req.valid('query')).filter(([, value]) => value !== undefined);
    if (mediaType !== TABLE_TYPE && option !== undefined) {
      throw badRequest(`${option[0]}: expected a body of type ${TABLE_TYPE}, got ${mediaType || 'none'}`);
    }
    const bytes = await readBody(c.req.raw, LIMITS.bodyBytes);
    const upload = { mediaType, bytes, table };
    return c.json(await getStore(c).putPiece(getIdentity(c), name, part, Number(piece), upload), 200);
  })
  .openapi(finishRoute, async (c) => {
    const { name } = c.req.valid('param');
    refuseGenerated(name);
    const request = DatasetRequest.parse(await readJson(c, LIMITS.optionsBytes));
    return c.json(describeManifest(await getStore(c).finish(getIdentity(c), name, request)), 201);
  })
  .openapi(deleteRoute, async (c) => {
    const { name } = c.req.valid('param');
    if (isGenerated(name)) throw createGeneratedError(name);
    await getStore(c).delete(name);
    return c.body(null, 204);
  });

function getStore(c: Context<AppEnv>): DatasetRegistry {
  return new DatasetRegistry(c.env, getCaller(c));
}

function describeManifest({ hashes: _, ...info }: Manifest): DatasetInfo {
  return info;
}

function createGeneratedError(name: string): HttpError {
  return new HttpError(404, `data set ${name} is generated on demand and has no upload`);
}

function refuseGenerated(name: string): void {
  if (isGenerated(name)) throw new HttpError(409, `data set ${name} is generated: choose another name`);
}
