/** The Open Inference Protocol V2, with the extensions that its server metadata lists. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import packageJson from '../../package.json' with { type: 'json' };
import { STABLE } from '../../src/api/fields.ts';
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
import { BINARY, describeAccess, problems, refuseInvalid } from '../openapi.ts';
import { readAccess } from '../policy.ts';
import { checkBatch, notFinite } from '../predict/inference.ts';
import { readBody } from '../requests.ts';
import { readInputs } from './inputs.ts';
import { buildConfig, buildMetadata } from './metadata.ts';
import { checkRepositoryRequest } from './repository.ts';
import { parseInferRequest } from './request.ts';
import { inferResponse } from './response.ts';
import { Statistics } from './statistics.ts';

const EXTENSIONS = ['binary_tensor_data', 'classification', 'model_configuration', 'model_repository', 'statistics'];
/** The protocol has no pages. */
const EVERYTHING = { limit: LIMITS.listed };
const INFER_BODY = {
  content: { 'application/json': { schema: { type: 'object' as const } }, 'application/octet-stream': BINARY },
};

/** Counts of this isolate. */
const statistics = new Statistics();

export const protocolRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });

// tritonclient's asynchronous client accepts gzip, but does not decompress. no-transform forbids Cloudflare to compress,
// and the explicit encoding forbids it to the local runtime.
protocolRoutes.use('/v2/*', async (c, next) => {
  await next();
  c.header('cache-control', 'no-transform');
  c.header('content-encoding', 'identity');
});

/** Registers a route in the OpenAPI document only, because the protocol's bodies have their own reader. */
function document(method: 'get' | 'post', path: string, summary: string, statuses: Parameters<typeof problems> = []) {
  const infer = path.endsWith('/infer');
  const { security, responses } = describeAccess(readAccess(method, path));
  const params = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, z.string()]);
  protocolRoutes.openAPIRegistry.registerPath({
    method,
    path,
    summary,
    tags: ['Open Inference Protocol V2'],
    security,
    ...(infer ? { description: 'See the Open Inference Protocol V2' } : {}),
    request: { params: z.object(Object.fromEntries(params)), ...(infer ? { body: INFER_BODY } : {}) },
    responses: { ...responses, 200: { description: 'As defined by the protocol' }, ...problems(...statuses) },
  });
}

document('get', '/v2', 'Server metadata');
document('get', '/v2/health/live', 'Server liveness');
document('get', '/v2/health/ready', 'Server readiness');
document('get', '/v2/models', 'List the models');
document('get', '/v2/models/stats', 'Statistics of all models, counted by this isolate');
for (const version of ['', '/versions/{version}']) {
  document('get', `/v2/models/{model}${version}`, 'Model metadata', [404]);
  document('get', `/v2/models/{model}${version}/ready`, 'Model readiness', [404]);
  document('get', `/v2/models/{model}${version}/stats`, 'Model statistics, counted by this isolate', [404]);
  document('get', `/v2/models/{model}${version}/config`, 'Model configuration, as in Triton', [404]);
  document('post', `/v2/models/{model}${version}/infer`, 'Inference', [400, 404, 413, 415, 503]);
}
document('post', '/v2/repository/index', 'List the models and their versions', [503]);
document('post', '/v2/repository/models/{model}/load', 'Load a model into memory', [404, 503]);
document('post', '/v2/repository/models/{model}/unload', 'Remove a model from memory', [503]);

protocolRoutes.on('GET', ['/v2', '/v2/'], (c) =>
  c.json({ name: 'edge-mlp', version: packageJson.version, extensions: EXTENSIONS }),
);
protocolRoutes.get('/v2/health/live', (c) => c.json({ live: true }));
protocolRoutes.get('/v2/health/ready', (c) => c.json({ ready: true, live: true }));
protocolRoutes.get('/v2/models', async (c) => {
  const { models } = await getRegistry(c).list(EVERYTHING);
  return c.json({ models: models.map(({ name }) => name) });
});

protocolRoutes.get('/v2/models/stats', (c) =>
  c.json({ model_stats: statistics.known.map(([name, version]) => statistics.report(name, version)) }),
);

const MODEL = '/v2/models/:model';
const VERSION = `${MODEL}/versions/:version`;

protocolRoutes.on('GET', [MODEL, VERSION], async (c) => {
  const network = await openNetwork(c);
  const versions = await getRegistry(c)
    .model(network.name)
    .then(
      (model) => model.versions.map(({ version }) => String(version)),
      (error: unknown) => {
        // Without the storage, only the version in memory is known.
        console.error(error);
        return [String(network.version)];
      },
    );
  return c.json(buildMetadata(network, versions));
});

protocolRoutes.on('GET', [`${MODEL}/ready`, `${VERSION}/ready`], async (c) => {
  const { name } = await openNetwork(c);
  return c.json({ name, ready: true });
});

protocolRoutes.on('GET', [`${MODEL}/stats`, `${VERSION}/stats`], async (c) => {
  const { name, version } = await openNetwork(c);
  return c.json({ model_stats: [statistics.report(name, version)] });
});

protocolRoutes.on('GET', [`${MODEL}/config`, `${VERSION}/config`], async (c) =>
  c.json(buildConfig(await openNetwork(c))),
);

protocolRoutes.on('POST', [`${MODEL}/infer`, `${VERSION}/infer`], async (c) => {
  const body = await readBody(c.req.raw, LIMITS.bodyBytes);
  const network = await openNetwork(c);
  try {
    const started = performance.now();
    const columns = inputSize(network.info.spec);
    const headerLength = c.req.header('inference-header-content-length');
    const request = parseInferRequest(body, headerLength, { name: network.name, columns }, LIMITS.batch * columns);
    const samples = checkBatch(readInputs(request.inputs, network), network);
    const response = inferResponse(request, network, { ...infer(network, samples), classes: network.info.classes });
    statistics.addSuccess(network.name, network.version, samples.length / columns, performance.now() - started);
    return response;
  } catch (error) {
    statistics.addFailure(network.name, network.version);
    throw error;
  }
});

protocolRoutes.post('/v2/repository/index', async (c) => {
  await checkRepositoryRequest(c, 'index');
  const { models } = await getRegistry(c).list(EVERYTHING);
  return c.json(
    models.flatMap(({ name, versions }) =>
      versions.map((version) => ({ name, version: String(version), state: 'READY', reason: '' })),
    ),
  );
});

protocolRoutes.post('/v2/repository/models/:model/load', async (c) => {
  await checkRepositoryRequest(c, 'load');
  await openNetwork(c);
  return c.body(null, 200);
});

protocolRoutes.post('/v2/repository/models/:model/unload', async (c) => {
  await checkRepositoryRequest(c, 'unload');
  unloadModel(c.req.param('model'));
  return c.body(null, 200);
});

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

function infer({ mlp, info }: Network, inputs: Inputs) {
  const { labels, probabilities } = mlp.predictBatch(inputs);
  if (!probabilities.every(Number.isFinite)) throw notFinite();
  return { samples: inputs.length / inputSize(info.spec), labels, probabilities };
}
