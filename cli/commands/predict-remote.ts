/** `predict --remote`: predictions of a service. */
import type { Client, ModelOptions, Prediction, Samples } from '../../src/client/index.ts';
import { inputSize } from '../../src/core/spec.ts';
import { csvSamples } from '../../src/data/csv-samples.ts';
import { decodeText, gunzipIfNeeded } from '../../src/data/decode.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { isCsv } from '../data/csv-file.ts';
import { detectFormat, idxRows, parseSampleJson, readInput } from '../data/samples.ts';
import { callService, resolveVersion } from '../remote.ts';

/** Most samples that the service accepts in one request. */
const BATCH = 1000;

/** Predictions for all samples of a file. Throws EdgeMlpError "remote", or an error of the file. */
export async function predictRemotely(client: Client, model: ModelOptions, file: string): Promise<Prediction[]> {
  const { name, bytes: packed } = await readInput(file);
  const bytes = await gunzipIfNeeded(packed, name);
  const predictions: Prediction[] = [];
  for (const samples of await buildRequests(file, { name, bytes }, () => fetchInfo(client, model))) {
    const answer = await callService(client, () => client.predict(samples, model));
    predictions.push(...answer.predictions);
  }
  return predictions;
}

/** CSV and IDX files need the model's metadata: its columns and its scaling. */
async function buildRequests(
  file: string,
  { name, bytes }: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> },
  getInfo: () => Promise<ModelInfo>,
): Promise<Samples[]> {
  if (isCsv(file)) {
    const { spec, features } = await getInfo();
    const columns = inputSize(spec);
    return batches(csvSamples(decodeText(bytes, name), { name, features, columns }), columns).map(toRows(columns));
  }
  const format = detectFormat(bytes);
  if (format === 'png') return [{ png: bytes }];
  if (format === 'json') return [parseSampleJson(bytes, name) as Samples];
  const { spec, scaling } = await getInfo();
  const columns = inputSize(spec);
  const parts = batches(idxRows(bytes, name, columns), columns);
  return scaling.kind === 'bytes' ? parts.map((part) => Uint8Array.from(part)) : parts.map(toRows(columns));
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
