/** What `predict` is given, made into inputs of a model. */
import { buffer } from 'node:stream/consumers';
import type { InputScaling, Inputs } from '../core/dataset.ts';
import { EdgeMlpError, messageOf } from '../core/errors.ts';
import { inputSize } from '../core/spec.ts';
import { gunzipIfNeeded } from '../data/gzip.ts';
import { parseIdx } from '../data/idx.ts';
import { decodePng, digitInputs } from '../data/image.ts';
import { scaleInputs } from '../data/scaling.ts';
import { isRecord } from '../format/fields.ts';
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
  const { pixels, scale } = parseJson(bytes, name, scaling);
  const columns = inputSize(spec);
  const samples = toSamples(pixels, columns, name);
  return samples.map((numbers, sample) => {
    numbers.forEach((value, i) => {
      const inRange = scaling.kind !== 'bytes' || (value >= 0 && value <= scale);
      if (Number.isFinite(value) && inRange) return;
      const expected = scaling.kind === 'bytes' ? `a number from 0 to ${scale}` : 'a finite number';
      throw new EdgeMlpError('bad-data', `${name}: sample ${sample}, number ${i}: expected ${expected}, got ${value}`);
    });
    return scaleInputs(
      Float32Array.from(numbers, (value) => (scaling.kind === 'bytes' ? value / scale : value)),
      scaling,
    );
  });
}

/** Bare numbers, or {"pixels": …, "scale": the number that stands for white}. */
function parseJson(bytes: Uint8Array, name: string, scaling: InputScaling): { pixels: unknown; scale: number } {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: expected a PNG, an IDX file or JSON, got: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (!isRecord(value)) return { pixels: value, scale: 255 };
  const { pixels, scale = 255 } = value;
  if (typeof scale === 'number' && scale > 0 && (scaling.kind === 'bytes' || value.scale === undefined))
    return { pixels, scale };
  throw new EdgeMlpError(
    'bad-data',
    `${name}: scale: expected a number above 0, for pixels alone, got ${JSON.stringify(scale)}`,
  );
}

/** One sample, flat or in rows, or a list of either. */
function toSamples(value: unknown, columns: number, name: string): number[][] {
  if (isNumbers(value) && value.length === columns) return [value];
  if (Array.isArray(value)) {
    const flat = flattened(value);
    if (flat?.length === columns) return [flat];
    const samples = value.map(flattened);
    if (samples.length > 0 && samples.every((sample) => sample?.length === columns)) return samples as number[][];
  }
  const got = Array.isArray(value)
    ? `${flattened(value)?.length ?? 'something else than'} numbers in ${value.length} items`
    : typeof value;
  throw new EdgeMlpError(
    'bad-shape',
    `${name}: expected ${columns} numbers, flat or in rows, or a list of such, got ${got}`,
  );
}

function flattened(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const flat: unknown[] = value.flat(Number.POSITIVE_INFINITY);
  return isNumbers(flat) ? flat : undefined;
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}
