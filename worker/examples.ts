/**
 * Example requests for /openapi.json, which work on a new service: each operation has one, or names the operation whose
 * answer it needs. The page /docs sends them, and test/service/examples.test.ts sends all of them.
 */
import digit from '../examples/inputs/digit.json' with { type: 'json' };
import type { DatasetRequest } from '../src/api/datasets.ts';
import type { JobRequest } from '../src/api/jobs.ts';
import type { LearnerRequest, TeachRequest } from '../src/api/learners.ts';
import type { SweepRequest } from '../src/api/sweeps.ts';

/** An example of a body: a JSON value, or the address of a file. */
interface BodyExample {
  readonly summary: string;
  readonly value?: unknown;
  readonly externalValue?: string;
}

interface OperationExamples {
  /** Values of parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Bodies by media type and name. The page sends the first. */
  readonly bodies?: Readonly<Record<string, Readonly<Record<string, BodyExample>>>>;
  /** The operation that must run first. */
  readonly after?: Source;
}

/** An operation whose answer has parameters of another one. */
interface Source {
  readonly operation: string;
  /** Runtime expressions, OpenAPI 3.1, section 4.8.20.4. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Name of the body example that the source sends. Default: the first. */
  readonly example?: string;
}

const json = (value: unknown, summary: string) => ({ 'application/json': { example: { summary, value } } });

const SAMPLES = {
  'application/json': { digit: { summary: 'A drawn 7, as 28 rows of 28 pixels', value: digit } },
  'application/octet-stream': { digit: { summary: 'The same 7, as 784 bytes', externalValue: '/examples/digit.raw' } },
  'image/png': { digit: { summary: 'The same 7, as a picture', externalValue: '/examples/digit.png' } },
};
const INFERENCE = json(
  { inputs: [{ name: 'input', shape: [1, 784], datatype: 'UINT8', data: digit.pixels.flat() }] },
  'A drawn 7, as one tensor',
);
const JOBS: Record<string, { summary: string; value: JobRequest }> = {
  quick: { summary: 'A network with 3 hidden units', value: { data: 'ellipse', epochs: 2, record: true } },
  long: { summary: 'Ten epochs on generated digits', value: { data: 'digits', hidden: [100], epochs: 10 } },
};
const SWEEPS: Record<string, { summary: string; value: SweepRequest }> = {
  quick: {
    summary: 'Three learning rates',
    value: { data: 'ellipse', grid: { learningRate: [0.003, 0.01, 0.03] }, seeds: [1, 2] },
  },
  long: {
    summary: 'Two learning rates on generated digits',
    value: { data: 'digits', grid: { learningRate: [0.01, 0.03], hidden: [[100]] } },
  },
};

const BUNDLED = { model: 'mnist' };
const OWN = { name: 'example' };
const after = (operation: string, parameters: Source['parameters'], example?: string): OperationExamples => ({
  after: { operation, parameters, ...(example === undefined ? {} : { example }) },
});
const CREATED = { id: '$response.body#/id' };
const SAME_ID = { id: '$request.path.id' };
const SAME_NAME = { name: '$request.path.name' };

const EXAMPLES: Readonly<Record<string, OperationExamples>> = {
  predict: { bodies: SAMPLES },

  getModel: { parameters: { name: 'mnist' } },
  downloadVersion: { parameters: { name: 'mnist', version: '0' } },
  getAlias: { parameters: { name: 'mnist', alias: 'stable' } },
  uploadVersion: {
    parameters: { ...OWN, version: '1' },
    bodies: {
      'application/octet-stream': {
        bundled: { summary: 'The bundled model', externalValue: '/models/mnist/versions/0' },
      },
    },
  },
  uploadNextVersion: {
    parameters: { ...OWN, image: '28x28' },
    bodies: {
      'application/octet-stream': { onnx: { summary: 'A network of PyTorch', externalValue: '/examples/digits.onnx' } },
    },
    ...after('uploadVersion', SAME_NAME),
  },
  moveAlias: {
    parameters: { alias: 'candidate' },
    bodies: json({ version: 1 }, 'Version 1'),
    ...after('uploadVersion', SAME_NAME),
  },
  deleteAlias: after('moveAlias', { ...SAME_NAME, alias: '$request.path.alias' }),
  deleteVersion: after('uploadNextVersion', { ...SAME_NAME, version: '$response.body#/version' }),
  deleteModel: after('uploadVersion', SAME_NAME),

  uploadPiece: {
    parameters: { ...OWN, part: 'training', piece: '0' },
    bodies: { 'text/csv': { fruit: { summary: '400 fruits of 4 kinds', externalValue: '/examples/fruit.csv' } } },
  },
  listPieces: after('uploadPiece', SAME_NAME),
  createDataset: {
    bodies: json({ training: 1 } satisfies DatasetRequest, 'One piece'),
    ...after('uploadPiece', SAME_NAME),
  },
  getDataset: after('createDataset', SAME_NAME),
  deleteDataset: after('createDataset', SAME_NAME),

  startJob: { bodies: { 'application/json': JOBS } },
  getJob: after('startJob', CREATED),
  streamJobEvents: after('startJob', CREATED),
  downloadJobModel: after('streamJobEvents', SAME_ID),
  downloadJobRecording: after('streamJobEvents', SAME_ID),
  cancelJob: after('startJob', CREATED, 'long'),
  resumeJob: after('cancelJob', SAME_ID),
  deleteJob: after('cancelJob', SAME_ID),

  startSweep: { bodies: { 'application/json': SWEEPS } },
  getSweep: after('startSweep', CREATED),
  cancelSweep: after('startSweep', CREATED, 'long'),
  deleteSweep: after('cancelSweep', SAME_ID),

  createLearner: { bodies: json({ model: 'mnist' } satisfies LearnerRequest, 'A copy of the bundled model') },
  getLearner: after('createLearner', CREATED),
  learnExample: {
    bodies: json({ ...digit, label: 1 } satisfies TeachRequest, 'The drawn 7 is a 1'),
    ...after('createLearner', CREATED),
  },
  predictWithLearner: { bodies: SAMPLES, ...after('createLearner', CREATED) },
  undoLearner: after('learnExample', SAME_ID),
  resetLearner: after('learnExample', SAME_ID),
  downloadLearner: after('createLearner', CREATED),
  promoteLearner: { bodies: json(OWN, 'The model example'), ...after('createLearner', CREATED) },
  deleteLearner: after('createLearner', CREATED),

  getModelMetadata: { parameters: BUNDLED },
  getModelReadiness: { parameters: BUNDLED },
  getModelStatistics: { parameters: BUNDLED },
  getModelConfiguration: { parameters: BUNDLED },
  inferModel: { parameters: BUNDLED, bodies: INFERENCE },
  getVersionMetadata: { parameters: { ...BUNDLED, version: '0' } },
  getVersionReadiness: { parameters: { ...BUNDLED, version: '0' } },
  getVersionStatistics: { parameters: { ...BUNDLED, version: '0' } },
  getVersionConfiguration: { parameters: { ...BUNDLED, version: '0' } },
  inferVersion: { parameters: { ...BUNDLED, version: '0' }, bodies: INFERENCE },
  listRepository: { bodies: json({}, 'All models') },
  loadModel: { parameters: BUNDLED, bodies: json({}, 'Without parameters') },
  unloadModel: { parameters: BUNDLED, bodies: json({}, 'Without parameters') },
};

/** The parts of an OpenAPI document that examples change. */
interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly { name?: string; example?: unknown }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, object>> };
  readonly responses?: Readonly<Record<string, object>>;
}

/** Adds the examples to the operations, and links to the answers that other operations need. */
export function addExamples(paths: Readonly<Record<string, object>>): void {
  const operations = Object.values(paths).flatMap((item) => Object.values(item) as Operation[]);
  for (const operation of operations) {
    const name = operation.operationId ?? '';
    const { parameters = {}, bodies = {} } = EXAMPLES[name] ?? {};
    for (const parameter of operation.parameters ?? []) {
      const example = parameters[parameter.name ?? ''];
      if (example !== undefined) parameter.example = example;
    }
    for (const [type, content] of Object.entries(operation.requestBody?.content ?? {})) {
      if (bodies[type] !== undefined) Object.assign(content, { examples: bodies[type] });
    }
    const links = listLinks(name);
    if (Object.keys(links).length === 0) continue;
    for (const [status, response] of Object.entries(operation.responses ?? {})) {
      if (status.startsWith('2')) Object.assign(response, { links });
    }
  }
}

function listLinks(source: string) {
  const followers = Object.entries(EXAMPLES).filter(([, { after: needed }]) => needed?.operation === source);
  return Object.fromEntries(
    followers.map(([operationId, { after: needed }]) => {
      const example = needed?.example === undefined ? {} : { 'x-example': needed.example };
      return [operationId, { operationId, parameters: needed?.parameters, ...example }];
    }),
  );
}
