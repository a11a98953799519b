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

/** A file's name as people know it, and its bytes; `-` is standard input. Throws `file`. */
export async function readInput(file: string): Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }> {
  if (file !== '-') return { name: file, bytes: await readBytes(file) };
  return { name: 'standard input', bytes: new Uint8Array(await buffer(process.stdin)) };
}

/** Told by the first bytes. */
export function sampleKind(bytes: Uint8Array): 'png' | 'idx' | 'json' {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return 'png';
  return bytes[0] === 0 && bytes[1] === 0 ? 'idx' : 'json';
}

/** The samples of a file. Throws `bad-data`, `bad-shape` or `file`. */
export async function readSamples(file: string, info: ModelInfo): Promise<Inputs[]> {
  const { name, bytes: packed } = await readInput(file);
  const bytes = await gunzipIfNeeded(packed, name);
  const kind = sampleKind(bytes);
  if (kind === 'png') return [pictureInputs(bytes, name, info)];
  return kind === 'idx' ? idxInputs(bytes, name, info) : jsonInputs(bytes, name, info);
}

function pictureInputs(bytes: Uint8Array, name: string, info: ModelInfo): Inputs {
  const [rows, columns] = info.imageShape ?? [];
  if (rows !== 28 || columns !== 28 || info.scaling.kind !== 'bytes') {
    throw new EdgeMlpError(
      'bad-data',
      `${name}: expected numbers, as the model takes no pictures of 28 × 28 bytes, got a PNG`,
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
  const inputs = jsonSamples(parseSampleJson(bytes, name), { columns, scaling }, name);
  return Array.from({ length: inputs.length / columns }, (_, n) => inputs.subarray(n * columns, (n + 1) * columns));
}

/** Throws `bad-data`. */
export function parseSampleJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: expected a PNG, an IDX file or JSON, got: ${messageOf(cause)}`, {
      cause,
    });
  }
}
