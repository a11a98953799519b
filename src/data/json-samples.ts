/** Samples in JSON, in the forms that people and programs write. */
import type { InputScaling } from '../core/dataset.ts';
import { describeValue, EdgeMlpError } from '../core/errors.ts';
import { suggestName } from '../core/suggestion.ts';
import type { TableColumn } from '../core/table-columns.ts';
import { scaleInputs } from './scaling.ts';
import { rowInputs, type TableRow } from './table-rows.ts';

/** The inputs of a network. */
export interface SampleShape {
  /** Inputs per sample. */
  readonly columns: number;
  /** Scaling of the inputs. */
  readonly scaling: InputScaling;
  /** Columns of a table that become the inputs: samples may then be objects with their names. */
  readonly tableColumns?: readonly TableColumn[] | undefined;
  /** Name of the label, which such objects may have. */
  readonly labelName?: string | undefined;
  /** Most samples that are objects, or lists of cells. Default: no limit. */
  readonly maxSamples?: number | undefined;
}

/**
 * Reads one sample, flat or in rows, or a list of samples. The value is the sample, {"inputs": sample}, or {"pixels":
 * sample, "scale": white}, where `scale` defaults to 255. A sample of a table may also be an object such as {"mass": 180,
 * "colour": "red"}, or a list of its cells. Returns the inputs, [samples][columns]. Throws EdgeMlpError "bad-shape" or
 * "bad-data".
 *
 * @example
 * ```ts
 * import { jsonSamples } from 'edge-mlp/data';
 *
 * const shape = { columns: 2, scaling: { kind: 'identity' } } as const;
 * console.log(jsonSamples([[1, 2], [3, 4]], shape, 'two samples')); // Float32Array(4) [ 1, 2, 3, 4 ]
 * ```
 */
export function jsonSamples(value: unknown, shape: SampleShape, name: string): Float32Array {
  const { tableColumns, labelName, maxSamples } = shape;
  const rows = tableColumns && listRows(value, tableColumns, shape.columns);
  if (rows !== undefined) {
    return scaleInputs(rowInputs(rows, { name, columns: tableColumns ?? [], labelName, maxSamples }), shape.scaling);
  }
  const { given, scale } = unwrapSamples(value, shape.scaling, name);
  const samples = listOfSamples(given, shape.columns, name);
  const inputs = new Float32Array(samples.length * shape.columns);
  samples.forEach((sample, n) => {
    const row = inputs.subarray(n * shape.columns, (n + 1) * shape.columns);
    writeSample(row, sample, shape.scaling, scale, `${name}: sample ${n}`);
  });
  return inputs;
}

/** The rows of a table: objects, or lists of as many cells as there are columns; undefined for lists of inputs. */
function listRows(value: unknown, columns: readonly TableColumn[], inputs: number): readonly TableRow[] | undefined {
  if (isObject(value)) {
    const { inputs: inner, ...others } = value;
    const wrapped = Object.keys(others).length === 0 && typeof inner === 'object' && inner !== null;
    if (wrapped) return listRows(inner, columns, inputs);
    return Object.keys(value).every((key) => FIELDS.includes(key)) &&
      !columns.some(({ name }) => Object.hasOwn(value, name))
      ? undefined
      : [value];
  }
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (value.every(isObject)) return value;
  const isRow = (row: unknown) => Array.isArray(row) && row.length === columns.length && !row.some(Array.isArray);
  if (columns.length === inputs) return undefined;
  if (isRow(value)) return [value];
  return value.every(isRow) ? value : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const FIELDS = ['inputs', 'pixels', 'scale'];

function unwrapSamples(value: unknown, scaling: InputScaling, name: string): { given: unknown; scale: number } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { given: value, scale: 255 };
  const unknown = Object.keys(value).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) {
    const message = `${name}: expected the fields ${FIELDS.join(', ')}, got ${describeValue(unknown)}${suggestName(unknown, FIELDS)}`;
    throw new EdgeMlpError('bad-data', message);
  }
  const { pixels, inputs = pixels, scale = 255 } = value as { pixels?: unknown; inputs?: unknown; scale?: unknown };
  if (pixels !== undefined && inputs !== pixels) {
    throw new EdgeMlpError('bad-data', `${name}: expected inputs or pixels, got both`);
  }
  const known = 'scale' in value;
  if (typeof scale === 'number' && scale > 0 && Number.isFinite(scale) && (scaling.kind === 'bytes' || !known))
    return { given: inputs, scale };
  const message = `${name}: scale: expected a number above 0, only for pixels, got ${describeValue(scale)}`;
  throw new EdgeMlpError('bad-data', message);
}

/** Each sample as a list of numbers or of rows. */
function listOfSamples(value: unknown, columns: number, name: string): (readonly unknown[])[] {
  if (!Array.isArray(value)) throw shapeError(value, columns, name);
  if (measureSample(value) === columns) return [value];
  if (value.length > 0 && value.every((sample) => measureSample(sample) === columns)) return value as unknown[][];
  throw shapeError(value, columns, name);
}

/** The number of numbers in a sample, flat or in rows of equal length; undefined for anything else. */
function measureSample(sample: unknown): number | undefined {
  if (!Array.isArray(sample)) return undefined;
  const [first] = sample as unknown[];
  if (!Array.isArray(first)) return sample.some(Array.isArray) ? undefined : sample.length;
  const even = sample.every(
    (row) => Array.isArray(row) && row.length === first.length && !row.some((item) => Array.isArray(item)),
  );
  return even ? sample.length * first.length : undefined;
}

function writeSample(
  row: Float32Array,
  sample: readonly unknown[],
  scaling: InputScaling,
  scale: number,
  name: string,
): void {
  const pixels = scaling.kind === 'bytes';
  let i = 0;
  for (const value of Array.isArray(sample[0]) ? (sample as unknown[][]).flat() : sample) {
    if (typeof value !== 'number' || !Number.isFinite(value) || (pixels && (value < 0 || value > scale))) {
      const expected = pixels ? `a number from 0 to ${scale}` : 'a finite number';
      throw new EdgeMlpError('bad-data', `${name}, number ${i}: expected ${expected}, got ${describeValue(value)}`);
    }
    row[i++] = pixels ? value / scale : value;
  }
  // A finite number may be too large for float32.
  const at = row.findIndex((number) => !Number.isFinite(number));
  if (at >= 0) throw new EdgeMlpError('bad-data', `${name}, number ${at}: expected a number that float32 can hold`);
  if (!pixels) row.set(scaleInputs(row, scaling));
}

function shapeError(value: unknown, columns: number, name: string): EdgeMlpError {
  const expected = `${columns} numbers, flat or in rows of equal length, or a list of such samples`;
  return new EdgeMlpError('bad-shape', `${name}: expected ${expected}, got ${describeSamples(value)}`);
}

function describeSamples(value: unknown): string {
  if (!Array.isArray(value)) return describeValue(value);
  if (value.length === 0) return 'an empty list';
  const s = value.length === 1 ? '' : 's';
  const kinds = value.map((item: unknown) =>
    Array.isArray(item) ? `list${s} of ${countItems(item)}` : typeof item + s,
  );
  return `a list of ${value.length} ${[...new Set(kinds)].slice(0, 3).join(' and ')}`;
}

function countItems(row: readonly unknown[]): string {
  return `${row.length} ${row.some(Array.isArray) ? 'list' : 'number'}${row.length === 1 ? '' : 's'}`;
}
