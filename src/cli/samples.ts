/** What `predict` is given, made into inputs of a model. */
import { buffer } from 'node:stream/consumers';
import type { Inputs } from '../core/dataset.ts';
import { EdgeMlpError, messageOf } from '../core/errors.ts';
import { inputSize } from '../core/spec.ts';
import { gunzipIfNeeded } from '../data/gzip.ts';
import { parseIdx } from '../data/idx.ts';
import { decodePng, digitInputs } from '../data/image.ts';
import { jsonSamples } from '../data/json-samples.ts';
import { scaleInputs } from '../data/scaling.ts';
import type { ModelInfo } from '../format/metadata.ts';
import { readBytes } from '../node/files.ts';

/** The samples of a file; its kind is told by its first bytes. Throws `bad-data`, `bad-shape` or `file`. */
export async function readSamples(file: string, info: ModelInfo): Promise<Inputs[]> {
  const name = file === '-' ? 'standard input' : file;
  const packed = file === '-' ? new Uint8Array(await buffer(process.stdin)) : await readBytes(file);
  const bytes = await gunzipIfNeeded(packed, name);
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return [pictureInputs(bytes, name, info)];
  if (bytes[0] === 0 && bytes[1] === 0) return idxInputs(bytes, name, info);
  return jsonInputs(bytes, name, info);
}

function pictureInputs(bytes: Uint8Array, name: string, info: ModelInfo): Inputs {
  const [rows, columns] = info.imageShape ?? [];
  if (rows !== 28 || columns !== 28) {
    throw new EdgeMlpError(
      'bad-data',
      `${name}: expected numbers, as the model takes no pictures of 28 × 28, got a PNG`,
    );
  }
  return digitInputs(decodePng(bytes, name), name);
}

function idxInputs(bytes: Uint8Array<ArrayBuffer>, name: string, { spec, scaling }: ModelInfo): Inputs[] {
  const { shape, data } = parseIdx(bytes, name, [2, 3]);
  const [samples = 0, ...sides] = shape;
  const columns = sides.reduce((product, side) => product * side, 1);
  if (columns !== inputSize(spec)) {
    throw new EdgeMlpError(
      'bad-shape',
      `${name}: expected ${inputSize(spec)} inputs a sample, got ${sides.join(' × ')}`,
    );
  }
  const rows = Array.from({ length: samples }, (_, i) => data.subarray(i * columns, (i + 1) * columns));
  return scaling.kind === 'bytes' ? rows : rows.map((row) => scaleInputs(Float32Array.from(row), scaling));
}

function jsonInputs(bytes: Uint8Array, name: string, { spec, scaling }: ModelInfo): Inputs[] {
  const columns = inputSize(spec);
  const inputs = jsonSamples(parseJson(bytes, name), { columns, scaling }, name);
  return Array.from({ length: inputs.length / columns }, (_, n) => inputs.subarray(n * columns, (n + 1) * columns));
}

function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: expected a PNG, an IDX file or JSON, got: ${messageOf(cause)}`, {
      cause,
    });
  }
}
