/** The Open Inference Protocol V2, with the extensions that its metadata names. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import packageJson from '../../package.json' with { type: 'json' };
import { NAME } from '../../src/api/index.ts';
import type { Inputs } from '../../src/core/dataset.ts';
import { classCount, inputSize } from '../../src/core/spec.ts';
import { scaleInputs } from '../../src/data/scaling.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { predictAccess, requireScope } from '../access.ts';
import { parseJson, readBody } from '../body.ts';
import { BINARY, problems, refuseInvalid } from '../documents.ts';
import type { AppEnv } from '../env.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Network } from '../models/network.ts';
import { ModelService, STABLE } from '../models/service.ts';
import { checkBatch, noNumber } from '../predict/inference.ts';
import { parseInferRequest } from './request.ts';
import { inferResponse } from './response.ts';
import { Statistics } from './statistics.ts';
import type { Tensor } from './tensors.ts';

const EXTENSIONS = ['binary_tensor_data', 'classification', 'statistics', 'model_repository'];
const INPUT = 'input';
const PLATFORM = 'wasm_mlp';
/** Routes that change something. */
const SECURED = /\/(load|unload)$/;

/** Of the isolate. */
const statistics = new Statistics();

export const protocolRoutes = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });

/** Documented by hand: the protocol's bodies are checked by its own reader. */
function document(method: 'get' | 'post', path: string, summary: string, statuses: Parameters<typeof problems> = []) {
  const description = method === 'post' && path.endsWith('/infer') ? 'See the Open Inference Protocol V2' : undefined;
  protocolRoutes.openAPIRegistry.registerPath({
    ...{ method, path, summary, tags: ['Open Inference Protocol V2'] },
    ...(description === undefined ? {} : { description }),
    ...(SECURED.test(path) ? { security: [{ token: [] }] } : {}),
    request: {
      params: z.object(Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, z.string()]))),
      ...(path.endsWith('/infer')
        ? {
            body: {
              content: { 'application/json': { schema: { type: 'object' } }, 'application/octet-stream': BINARY },
            },
          }
        : {}),
    },
    responses: { 200: { description: 'As the protocol has it' }, ...problems(...statuses) },
  });
}

document('get', '/v2', 'Server metadata');
document('get', '/v2/health/live', 'Is the server alive?');
document('get', '/v2/health/ready', 'Is the server ready?');
document('get', '/v2/models', 'Names of the models');
document('get', '/v2/models/stats', 'Counts of every model that this isolate was asked');
for (const version of ['', '/versions/{version}']) {
  document('get', `/v2/models/{model}${version}`, 'Model metadata', [404]);
  document('get', `/v2/models/{model}${version}/ready`, 'Is the model ready?', [404]);
  document('get', `/v2/models/{model}${version}/stats`, 'Counts of this isolate', [404]);
  document('get', `/v2/models/{model}${version}/config`, 'Not offered', [501]);
  document('post', `/v2/models/{model}${version}/infer`, 'Infer', [400, 404, 413, 415, 429, 503]);
}
document('post', '/v2/repository/index', 'Models and their versions', [503]);
document('post', '/v2/repository/models/{model}/load', 'Bring a model into memory', [401, 403, 404, 503]);
document('post', '/v2/repository/models/{model}/unload', 'Take a model out of memory', [401, 403, 503]);

protocolRoutes.on('GET', ['/v2', '/v2/'], (c) =>
  c.json({ name: 'edge-mlp', version: packageJson.version, extensions: EXTENSIONS }),
);
protocolRoutes.get('/v2/health/live', (c) => c.json({ live: true }));
protocolRoutes.get('/v2/health/ready', (c) => c.json({ ready: true, live: true }));
protocolRoutes.get('/v2/models', async (c) => c.json({ models: await service(c).names() }));

protocolRoutes.get('/v2/models/stats', (c) =>
  c.json({ model_stats: statistics.known.map(([name, version]) => statistics.report(name, version)) }),
);

const MODEL = '/v2/models/:model';
const VERSION = `${MODEL}/versions/:version`;

protocolRoutes.on('GET', [MODEL, VERSION], async (c) => {
  const network = await openNetwork(c);
  const versions = await service(c)
    .summary(network.name)
    .then(
      (summary) => summary.versions.map(({ version }) => String(version)),
      // Without the store it is known of one version that it is there.
      () => [String(network.version)],
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

protocolRoutes.on('GET', [`${MODEL}/config`, `${VERSION}/config`], () => {
  throw new HttpError(501, 'model_configuration: this extension is not offered');
});

protocolRoutes.on('POST', [`${MODEL}/infer`, `${VERSION}/infer`], predictAccess(), async (c) => {
  const body = await readBody(c.req.raw, LIMITS.bodyBytes);
  const network = await openNetwork(c);
  try {
    const started = performance.now();
    const columns = inputSize(network.info.spec);
    const headerLength = c.req.header('inference-header-content-length');
    const request = parseInferRequest(body, headerLength, { name: INPUT, columns }, LIMITS.batch * columns);
    const samples = checkBatch(readInputs(request.inputs, network), network);
    const response = inferResponse(request, network, { ...answer(network, samples), classes: network.info.classes });
    statistics.success(network.name, network.version, samples.length / columns, performance.now() - started);
    return response;
  } catch (error) {
    statistics.fail(network.name, network.version);
    throw error;
  }
});

protocolRoutes.post('/v2/repository/index', async (c) => {
  const body = await readBody(c.req.raw, 4096);
  // Every version is ready, for it is brought into memory when it is asked: `ready` leaves nothing out.
  if (body.length > 0) parseJson(body);
  const models = service(c);
  const summaries = await Promise.all((await models.names()).map((name) => models.summary(name)));
  return c.json(
    summaries.flatMap(({ name, versions }) =>
      versions.map(({ version }) => ({ name, version: String(version), state: 'READY', reason: '' })),
    ),
  );
});

protocolRoutes.post('/v2/repository/models/:model/load', requireScope('admin'), async (c) => {
  await openNetwork(c);
  return c.body(null, 200);
});

protocolRoutes.post('/v2/repository/models/:model/unload', requireScope('admin'), (c) => {
  service(c).forget(c.req.param('model'));
  return c.body(null, 200);
});

function service(c: Context<AppEnv>): ModelService {
  return new ModelService(c.env.MODELS);
}

/** Throws 404, too, for names and versions that cannot be. */
async function openNetwork(c: Context<AppEnv>): Promise<Network> {
  const name = c.req.param('model') ?? '';
  if (!NAME.test(name)) throw new HttpError(404, `no model is called ${name.slice(0, 64)}`);
  const version = c.req.param('version') ?? STABLE;
  if (version !== STABLE && !/^\d{1,9}$/.test(version)) {
    throw new HttpError(404, `${name}: expected the number of a version, got ${version}`);
  }
  return service(c).network({ name, version });
}

function buildMetadata({ name, info }: Network, versions: readonly string[]) {
  const classes = classCount(info.spec);
  return {
    name,
    versions,
    platform: PLATFORM,
    properties: buildProperties(info),
    inputs: [{ name: INPUT, datatype: 'FP32', shape: [-1, inputSize(info.spec)] }],
    outputs: [
      { name: 'probabilities', datatype: 'FP32', shape: [-1, classes] },
      { name: 'label', datatype: 'INT32', shape: [-1] },
    ],
  };
}

/** What the numbers mean; the protocol has texts there. */
function buildProperties({ classes, scaling, imageShape, pictures, features }: ModelInfo): Record<string, string> {
  return {
    ...{ classes: JSON.stringify(classes), scaling: scaling.kind },
    ...(imageShape === undefined ? {} : { image: imageShape.join('x') }),
    ...(pictures === undefined ? {} : { pictures }),
    ...(features === undefined ? {} : { features: JSON.stringify(features) }),
  };
}

/** The network's inputs from the request's only tensor. Throws 400. */
function readInputs(tensors: readonly Tensor[], { name, info: { spec, scaling, imageShape } }: Network): Inputs {
  const [tensor, ...more] = tensors;
  if (tensor === undefined || more.length > 0 || tensor.name !== INPUT) {
    throw new HttpError(
      400,
      `${name}: expected one input called ${INPUT}, got ${tensors.map((t) => t.name).join(', ')}`,
    );
  }
  checkShape(tensor, inputSize(spec), imageShape);
  const { values, integer } = tensor;
  if (scaling.kind === 'bytes') return integer ? pixelBytes(tensor) : pixelFloats(tensor);
  const floats = Float32Array.from(values);
  const at = floats.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw new HttpError(400, `${INPUT}: expected finite numbers, got ${values[at]} at ${at}`);
  return scaleInputs(floats, scaling);
}

/** [N, inputs], or for pictures [N, rows, columns], with a channel or without. */
function checkShape({ shape }: Tensor, columns: number, imageShape: readonly [number, number] | undefined): void {
  const [, ...sides] = shape;
  const [height = 0, width = 0] = imageShape ?? [];
  const accepted = [
    [columns],
    ...(imageShape === undefined
      ? []
      : [
          [height, width],
          [height, width, 1],
          [1, height, width],
        ]),
  ];
  if (accepted.some((of) => of.join() === sides.join()) && (shape[0] ?? 0) > 0) return;
  const expected = accepted.map((of) => `[N,${of}]`).join(', ');
  throw new HttpError(400, `${INPUT}: shape: expected ${expected} with N of at least 1, got [${shape}]`);
}

function pixelBytes({ values, datatype }: Tensor): Uint8Array {
  const at = values.findIndex((value) => !(Number.isInteger(value) && value >= 0 && value <= 255));
  if (at < 0) return Uint8Array.from(values);
  throw new HttpError(400, `${INPUT}: expected ${datatype} pixels from 0 to 255, got ${values[at]} at ${at}`);
}

function pixelFloats({ values, datatype }: Tensor): Float32Array {
  const at = values.findIndex((value) => !(value >= 0 && value <= 1));
  if (at < 0) return Float32Array.from(values);
  throw new HttpError(400, `${INPUT}: expected ${datatype} pixels from 0 to 1, got ${values[at]} at ${at}`);
}

function answer({ mlp, info }: Network, inputs: Inputs) {
  const { labels, probabilities } = mlp.predictBatch(inputs);
  if (!probabilities.every(Number.isFinite)) throw noNumber();
  return { samples: inputs.length / inputSize(info.spec), labels, probabilities };
}
