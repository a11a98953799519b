/** Calls of the client of edge-mlp, for the operations that it has. */
import type { ApiRequest } from '../api-request.ts';
import { quoteJs, readFiles } from './javascript.ts';
import { type SnippetOptions, TOKEN } from './options.ts';

/** Values of parameters as literals, and the body as an expression. */
interface CallParts {
  readonly value: (name: string) => string;
  readonly body: string;
}

const CALLS: Readonly<Record<string, (parts: CallParts) => string>> = {
  getUsage: () => 'usage()',
  listModels: () => 'models.names()',
  getModel: ({ value }) => `models.get(${value('name')})`,
  downloadVersion: ({ value }) => `models.download(${value('name')}, ${value('version')})`,
  getAlias: ({ value }) => `models.alias(${value('name')}, ${value('alias')})`,
  deleteModel: ({ value }) => `models.delete(${value('name')})`,
  deleteVersion: ({ value }) => `models.deleteVersion(${value('name')}, ${value('version')})`,
  deleteAlias: ({ value }) => `models.deleteAlias(${value('name')}, ${value('alias')})`,
  listDatasets: () => 'datasets.names()',
  getDataset: ({ value }) => `datasets.get(${value('name')})`,
  listPieces: ({ value }) => `datasets.pieces(${value('name')})`,
  createDataset: ({ value, body }) => `datasets.finish(${value('name')}, ${body})`,
  deleteDataset: ({ value }) => `datasets.delete(${value('name')})`,
  startJob: ({ body }) => `jobs.start(${body})`,
  listJobs: () => 'jobs.list()',
  getJob: ({ value }) => `jobs.get(${value('id')})`,
  cancelJob: ({ value }) => `jobs.cancel(${value('id')})`,
  resumeJob: ({ value }) => `jobs.resume(${value('id')})`,
  deleteJob: ({ value }) => `jobs.delete(${value('id')})`,
  downloadJobModel: ({ value }) => `jobs.model(${value('id')})`,
  downloadJobRecording: ({ value }) => `jobs.recording(${value('id')})`,
  startSweep: ({ body }) => `sweeps.start(${body})`,
  listSweeps: () => 'sweeps.list()',
  getSweep: ({ value }) => `sweeps.get(${value('id')})`,
  cancelSweep: ({ value }) => `sweeps.cancel(${value('id')})`,
  deleteSweep: ({ value }) => `sweeps.delete(${value('id')})`,
  createLearner: ({ body }) => `learners.begin(${body})`,
  listLearners: () => 'learners.list()',
  getLearner: ({ value }) => `learners.get(${value('id')})`,
  learnExample: ({ value, body }) => `learners.teach(${value('id')}, ${body})`,
  undoLearner: ({ value }) => `learners.undo(${value('id')})`,
  resetLearner: ({ value }) => `learners.reset(${value('id')})`,
  downloadLearner: ({ value }) => `learners.model(${value('id')})`,
  deleteLearner: ({ value }) => `learners.delete(${value('id')})`,
};
/** Calls that take samples: JSON, bytes, or a picture. Not CSV. */
const SAMPLES: Readonly<Record<string, (parts: CallParts) => string>> = {
  predict: ({ body }) => `predict(${body})`,
  predictWithLearner: ({ value, body }) => `learners.predict(${value('id')}, ${body})`,
};

/** A program with the client. Undefined if the client has no such call, or not with these parameters. */
export function writeClientCall(request: ApiRequest, { origin, hasToken }: SnippetOptions): string | undefined {
  const { operation, values, body } = request;
  const write = CALLS[operation.operationId] ?? SAMPLES[operation.operationId];
  const optional = (operation.parameters ?? []).filter(({ name, required }) => !required && values[name]);
  const expression = writeBody(request);
  if (write === undefined || expression === undefined || optional.length > 0) return undefined;
  const value = (name: string) =>
    /^\d+$/.test(values[name] ?? '') ? (values[name] ?? '') : quoteJs(values[name] ?? '');
  const call = write({ value, body: expression });
  const token = hasToken ? `, { token: process.env.${TOKEN} }` : '';
  return `import { Client } from ${quoteJs('edge-mlp/client')};
${body.kind === 'file' ? readFiles(body, origin) : ''}
const client = new Client(${quoteJs(origin)}${token});
console.log(await client.${call});
`;
}

function writeBody({ body, operation }: ApiRequest): string | undefined {
  if (body.kind === 'none') return '';
  if (body.kind === 'text') return body.type === 'application/json' ? body.text : undefined;
  if (body.kind === 'form' || SAMPLES[operation.operationId] === undefined) return undefined;
  return body.type === 'image/png' ? '{ png: file }' : 'file';
}
