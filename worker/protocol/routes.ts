/** The Open Inference Protocol V2, with the extensions that its server metadata lists. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import packageJson from '../../package.json' with { type: 'json' };
import { MAX_LISTED, STABLE } from '../../src/api/fields.ts';
import { NAME } from '../../src/api/limits.ts';
import type { Inputs } from '../../src/core/dataset.ts';
import { inputSize } from '../../src/core/spec.ts';
import type { AppEnv } from '../env.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Network } from '../models/networks.ts';
import { ModelRegistry } from '../models/registry.ts';
import { ModelServer, unloadModel } from '../models/serving.ts';
import { unknownModel } from '../models/store.ts';
import { BINARY, json, problems, refer, refuseInvalid, tagRoutes } from '../openapi.ts';
import { checkBatch, predictTargets } from '../predict/inference.ts';
import { readBody } from '../requests.ts';
import { readInputs } from './inputs.ts';
import { buildConfig, buildMetadata } from './metadata.ts';
import { checkRepositoryRequest } from './repository.ts';
import { parseInferRequest } from './request.ts';
import { inferResponse } from './response.ts';
import * as schemas from './schemas.ts';
import { Statistics } from './statistics.ts';

const EXTENSIONS = ['binary_tensor_data', 'classification', 'model_configuration', 'model_repository', 'statistics'];

/** The protocol has no pages. */
const EVERYTHING = { limit: MAX_LISTED };

/** Counts of this isolate. */
const statistics = new Statistics();

/** Bodies whose readers are in request.ts and repository.ts. */
const { InferRequest, IndexRequest, LoadRequest, UnloadRequest } = schemas;
const BODIES = { InferRequest, IndexRequest, LoadRequest, UnloadRequest };

const route = tagRoutes('Open Inference Protocol V2');
const params = z.object({ model: z.string().describe('Name of the model') });
const Version = z.string().describe('Version number');

const LENGTH_HEADER = 'inference-header-content-length';
const LENGTH = 'Bytes of JSON before the binary tensors';
const INFER = {
  headers: z.object({ [LENGTH_HEADER]: z.string().optional().describe(`${LENGTH}; 0 for one FP32 tensor`) }),
  body: {
    required: true,
    content: { 'application/json': refer('InferRequest'), 'application/octet-stream': BINARY },
  },
};
const INFERRED = {
  description: 'The outputs: JSON, or JSON followed by binary tensors',
  content: { 'application/json': { schema: schemas.InferResponse }, 'application/octet-stream': BINARY },
  headers: { [LENGTH_HEADER]: { description: `${LENGTH}, if there are any`, schema: { type: 'string' as const } } },
};

const serverRoute = route('get', '/v2', 'Get the name and the extensions of the server', {
  operationId: 'getServerMetadata',
  responses: { 200: json('The server', schemas.ServerMetadata) },
});
const liveRoute = route('get', '/v2/health/live', 'Check whether the server is alive', {
  operationId: 'getLiveness',
  responses: { 200: json('The server is alive', schemas.ServerLive) },
});
const readyRoute = route('get', '/v2/health/ready', 'Check whether the server is ready', {
  operationId: 'getReadiness',
  responses: { 200: json('The server is ready', schemas.ServerReady) },
});
const namesRoute = route('get', '/v2/models', 'List the names of the models', {
  operationId: 'listModelNames',
  responses: { 200: json('Names of the models', schemas.ModelNames) },
});
const allStatisticsRoute = route('get', '/v2/models/stats', 'Get the statistics of all models', {
  operationId: 'getStatistics',
  responses: { 200: json('Counts of the isolate that answers', schemas.Statistics) },
});
const indexRoute = route('post', '/v2/repository/index', 'List the models and their versions', {
  operationId: 'listRepository',
  request: { body: { content: { 'application/json': refer('IndexRequest') } } },
  responses: { 200: json('Versions of all models', schemas.RepositoryIndex) },
});
const loadRoute = route('post', '/v2/repository/models/{model}/load', 'Load a model into memory', {
  operationId: 'loadModel',
  request: { params, body: { content: { 'application/json': refer('LoadRequest') } } },
  responses: { 200: { description: 'The model is in memory' }, ...problems(404) },
});
const unloadRoute = route('post', '/v2/repository/models/{model}/unload', 'Remove a model from memory', {
  operationId: 'unloadModel',
  request: { params, body: { content: { 'application/json': refer('UnloadRequest') } } },
  responses: { 200: { description: 'The model is not in memory' } },
});

export const protocolRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });

for (const [name, schema] of Object.entries(BODIES)) {
  protocolRoutes.openAPIRegistry.register(name, schema as z.ZodType);
}

// tritonclient's asynchronous client accepts gzip, but does not decompress. no-transform forbids Cloudflare to compress,
// and the explicit encoding forbids it to the local runtime.
protocolRoutes.use('/v2/*', async (c, next) => {
  await next();
  c.header('cache-control', 'no-transform');
  c.header('content-encoding', 'identity');
});

protocolRoutes
  .openapi(serverRoute, describeServer)
  .openapi(liveRoute, (c) => c.json({ live: true }, 200))
  .openapi(readyRoute, (c) => c.json({ ready: true, live: true }, 200))
  .openapi(namesRoute, async (c) => {
    const { models } = await getRegistry(c).list(EVERYTHING);
    return c.json({ models: models.map(({ name }) => name) }, 200);
  })
  .openapi(allStatisticsRoute, (c) =>
    c.json({ model_stats: statistics.known.map(([name, version]) => statistics.report(name, version)) }, 200),
  )
  .openapi(indexRoute, async (c) => {
    await checkRepositoryRequest(c, 'index');
    const { models } = await getRegistry(c).list(EVERYTHING);
    const index = models.flatMap(({ name, versions }) =>
      versions.map((version) => ({ name, version: String(version), state: 'READY', reason: '' })),
    );
    return c.json(index, 200);
  })
  .openapi(loadRoute, async (c) => {
    await checkRepositoryRequest(c, 'load');
    await openNetwork(c);
    return c.body(null, 200);
  })
  .openapi(unloadRoute, async (c) => {
    await checkRepositoryRequest(c, 'unload');
    unloadModel(c.req.valid('param').model);
    return c.body(null, 200);
  });
protocolRoutes.get('/v2/', describeServer);

addModelRoutes('Model', '/v2/models/{model}', params);
addModelRoutes('Version', '/v2/models/{model}/versions/{version}', params.extend({ version: Version }));

/** The routes of a model, or of one of its versions. */
function addModelRoutes(noun: 'Model' | 'Version', path: string, params: z.ZodObject): void {
  const declare = <Schema extends z.ZodType>(end: string, summary: string, schema: Schema) =>
    route('get', path + end, `Get the ${summary} of a ${noun.toLowerCase()}`, {
      operationId: `get${noun}${summary[0]?.toUpperCase()}${summary.slice(1)}`,
      request: { params },
      responses: { 200: json(`The ${summary}`, schema), ...problems(404) },
    });
  const inferRoute = route('post', `${path}/infer`, `Classify samples with a ${noun.toLowerCase()}`, {
    operationId: `infer${noun}`,
    description: 'The body is JSON, JSON followed by binary tensors, or one FP32 tensor.',
    request: { params, ...INFER },
    responses: { 200: INFERRED, ...problems(404) },
  });
  protocolRoutes
    .openapi(declare('', 'metadata', schemas.ModelMetadata), async (c) => {
      const network = await openNetwork(c);
      return c.json(buildMetadata(network, await listVersions(c, network)), 200);
    })
    .openapi(declare('/ready', 'readiness', schemas.ModelReady), async (c) => {
      const { name } = await openNetwork(c);
      return c.json({ name, ready: true }, 200);
    })
    .openapi(declare('/stats', 'statistics', schemas.Statistics), async (c) => {
      const { name, version } = await openNetwork(c);
      return c.json({ model_stats: [statistics.report(name, version)] }, 200);
    })
    .openapi(declare('/config', 'configuration', schemas.ModelConfig), async (c) =>
      c.json(buildConfig(await openNetwork(c)), 200),
    )
    // Its type does not know binary responses.
    .openapi(inferRoute, async (c) => (await respond(c)) as never);
}

function describeServer(c: Context<AppEnv>) {
  return c.json({ name: 'edge-mlp', version: packageJson.version, extensions: EXTENSIONS }, 200);
}

async function listVersions(c: Context<AppEnv>, { name, version }: Network): Promise<string[]> {
  try {
    const { versions } = await getRegistry(c).model(name);
    return versions.map((each) => String(each.version));
  } catch (error) {
    // Without the storage, only the version in memory is known.
    console.error(error);
    return [String(version)];
  }
}

/** Answers an inference request. */
async function respond(c: Context<AppEnv>): Promise<Response> {
  const body = await readBody(c.req.raw, LIMITS.bodyBytes);
  const network = await openNetwork(c);
  try {
    const started = performance.now();
    const columns = inputSize(network.info.spec);
    const headerLength = c.req.header(LENGTH_HEADER);
    const request = parseInferRequest(body, headerLength, { name: network.name, columns }, LIMITS.batch * columns);
    const samples = checkBatch(readInputs(request.inputs, network), network);
    const response = inferResponse(request, network, infer(network, samples));
    statistics.addSuccess(network.name, network.version, samples.length / columns, performance.now() - started);
    return response;
  } catch (error) {
    statistics.addFailure(network.name, network.version);
    throw error;
  }
}

function getRegistry(c: Context<AppEnv>): ModelRegistry {
  return new ModelRegistry(c.env);
}

/** Throws 404, also for malformed names and versions. */
async function openNetwork(c: Context<AppEnv>): Promise<Network> {
  const name = c.req.param('model') ?? '';
  if (!NAME.test(name)) throw unknownModel(name.slice(0, 64));
  const version = c.req.param('version') ?? STABLE;
  if (version !== STABLE && !/^\d{1,9}$/.test(version)) {
    throw new HttpError(404, `${name}: expected a version number, got ${version}`);
  }
  return new ModelServer(c.env).network({ name, version });
}

function infer(network: Network, inputs: Inputs) {
  const { mlp, info } = network;
  const samples = inputs.length / inputSize(info.spec);
  if (info.targets !== undefined) return { samples, values: Float32Array.from(predictTargets(network, inputs)) };
  const { labels, probabilities } = mlp.predictBatch(inputs);
  return { samples, classes: info.classes, labels, probabilities };
}
