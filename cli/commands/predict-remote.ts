/** `predict --remote`: predictions of a service. */
import type { Client, ModelOptions, PredictResponse, Samples, ValuesResponse } from '../../src/client/index.ts';
import { inputSize } from '../../src/core/spec.ts';
import { detectPicture } from '../../src/data/picture/file.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { detectFormat, type InputFile, idxRows, parseSampleJson, readCsvSamples } from '../data/samples.ts';
import type { DialectFlags } from '../data/table-options.ts';
import { callService, resolveVersion } from '../remote.ts';
import type { ClassPrediction, ValuePrediction } from './prediction-output.ts';

/** Most samples that the service accepts in one request. */
const BATCH = 1000;

/** Predictions for some samples of a file. */
export interface PredictedBatch {
  readonly predictions: readonly (ClassPrediction | ValuePrediction)[];
  /** Share of the file that is predicted after this batch, 0 to 1. */
  readonly share: number;
}

/**
 * A function that predicts the samples of a file, in batches. It downloads the model at most once. The function throws
 * EdgeMlpError "remote", or an error of the file.
 */
export function createRemotePredict(
  client: Client,
  model: ModelOptions,
  flags: DialectFlags,
): (input: InputFile) => AsyncGenerator<PredictedBatch> {
  let info: Promise<ModelInfo> | undefined;
  const getInfo = () => {
    info ??= fetchInfo(client, model);
    return info;
  };
  return async function* (input) {
    const requests = await buildRequests(input, getInfo, flags);
    for (const [i, samples] of requests.entries()) {
      const { predictions } = await callService(client, () => requestPredictions(client, samples, model));
      yield { predictions, share: (i + 1) / requests.length };
    }
  };
}

/** A model of the service may classify or predict values. */
async function requestPredictions(
  client: Client,
  samples: Samples,
  model: ModelOptions,
): Promise<PredictResponse | ValuesResponse> {
  return client.predict(samples, model);
}

/** CSV and IDX files need the model's metadata: its columns and its scaling. */
async function buildRequests(
  input: InputFile,
  getInfo: () => Promise<ModelInfo>,
  flags: DialectFlags,
): Promise<Samples[]> {
  const { name, bytes } = input;
  const format = detectFormat(input);
  if (format === 'csv') {
    const info = await getInfo();
    const columns = inputSize(info.spec);
    return batches(readCsvSamples(bytes, name, info, flags).inputs, columns).map(toRows(columns));
  }
  if (format === 'picture') return [toImage(bytes)];
  if (format === 'json') return [parseSampleJson(bytes, name) as Samples];
  const { spec, scaling } = await getInfo();
  const columns = inputSize(spec);
  const parts = batches(idxRows(bytes, name, columns), columns);
  return scaling.kind === 'bytes' ? parts.map((part) => Uint8Array.from(part)) : parts.map(toRows(columns));
}

function toImage(bytes: Uint8Array<ArrayBuffer>): Samples {
  const format = detectPicture(bytes)?.format ?? 'png';
  return format === 'png' ? { png: bytes } : format === 'jpeg' ? { jpeg: bytes } : { webp: bytes };
}

function batches<Numbers extends Uint8Array | Float32Array>(numbers: Numbers, columns: number): Numbers[] {
  const length = BATCH * columns;
  return Array.from({ length: Math.ceil(numbers.length / length) }, (_, i) =>
    numbers.subarray(i * length, (i + 1) * length),
  ) as Numbers[];
}

/** Nested lists carry the number of columns in JSON. */
const toRows =
  (columns: number) =>
  (numbers: Uint8Array | Float32Array): number[][] =>
    Array.from({ length: numbers.length / columns }, (_, n) => [...numbers.subarray(n * columns, (n + 1) * columns)]);

async function fetchInfo(client: Client, { model = 'mnist', version = 'stable' }: ModelOptions): Promise<ModelInfo> {
  const bytes = await callService(client, async () => {
    const number = await resolveVersion(client, model, String(version));
    return client.models.download(model, number);
  });
  return parseModel(bytes, model).info;
}
