/** Tensors of ONNX files in each type, as a list and as bytes. */
import { describe, expect, it } from 'vitest';
import {
  BOOL,
  DOUBLE,
  FLOAT,
  FLOAT16,
  INT8,
  INT32,
  INT64,
  type OnnxTensor,
  STRING,
  UINT8,
} from '../../src/format/onnx/messages.ts';
import { isReadable, readConstant } from '../../src/format/onnx/tensors.ts';
import { expectRefusal } from '../support/errors.ts';

const EMPTY = { name: 't', raw: undefined, numbers: [], strings: [], external: undefined };
const build = (change: Partial<OnnxTensor>): OnnxTensor => ({ ...EMPTY, dims: [2], dataType: FLOAT, ...change });
const raw = (values: ArrayBufferView) => new Uint8Array(values.buffer);
const read = (change: Partial<OnnxTensor>) => [...readConstant(build(change), 'here').values];

describe('a tensor', () => {
  it.each([
    [FLOAT, [1.5, -2], raw(Float32Array.of(1.5, -2))],
    [DOUBLE, [0.1, -2], raw(Float64Array.of(0.1, -2))],
    [INT32, [7, -2], raw(Int32Array.of(7, -2))],
    [INT64, [7, -2], raw(BigInt64Array.of(7n, -2n))],
    [INT8, [7, -2], raw(Int8Array.of(7, -2))],
    [UINT8, [7, 254], raw(Uint8Array.of(7, 254))],
    [BOOL, [0, 1], raw(Uint8Array.of(0, 1))],
  ])('of type %i has the same numbers as a list and as bytes', (dataType, numbers, bytes) => {
    expect(read({ dataType, numbers })).toEqual(numbers);
    expect(read({ dataType, raw: bytes })).toEqual(numbers);
    // Bytes of a file start anywhere.
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(read({ dataType, raw: shifted.subarray(1) })).toEqual(numbers);
    expect(isReadable(build({ dataType }))).toBe(true);
    const where = `here: expected ${bytes.length} bytes for its shape, got ${bytes.length - 1}`;
    expectRefusal(() => read({ dataType, raw: bytes.subarray(1) }), 'bad-model', where);
    expectRefusal(() => read({ dataType, numbers: [1] }), 'bad-model', 'here: expected 2 numbers for its shape, got 1');
  });

  it.each([
    [0x0000, 0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7c01, Number.NaN],
    [0x8000, -0],
  ])('of float16: %i is %d', (bits, value) => {
    expect(read({ dataType: FLOAT16, numbers: [bits, bits] })).toEqual([value, value]);
    expect(read({ dataType: FLOAT16, raw: raw(Uint16Array.of(bits, bits)) })).toEqual([value, value]);
  });

  it('of texts has no numbers', () => {
    const constant = readConstant(build({ dataType: STRING, strings: ['a', 'b'] }), 'here');
    expect(constant).toEqual({ type: STRING, shape: [2], values: new Float64Array(), texts: ['a', 'b'] });
    const message = 'here: expected 2 texts for its shape, got 1';
    expectRefusal(() => read({ dataType: STRING, strings: ['a'] }), 'bad-model', message);
    expect(isReadable(build({ dataType: STRING }))).toBe(true);
  });

  it.each<[Partial<OnnxTensor>, string]>([
    [
      { external: { location: 'd', offset: 0, length: 8 } },
      'here: expected its data in the file, or the file "d" next to it, got neither',
    ],
    [{ dims: [-1] }, 'here: expected a shape, got [-1]'],
    [{ dims: [0.5, 2] }, 'here: expected a shape, got [0.5, 2]'],
    [
      { dataType: 14 },
      "here: expected float, double, float16, bool, or integers of 8, 32 or 64 bits, got ONNX's data type 14",
    ],
  ])('with %j is refused', (change, message) => {
    expectRefusal(() => read(change), 'bad-model', message);
    if (change.dataType !== undefined) expect(isReadable(build(change))).toBe(false);
  });

  it('without axes has one number, and one with an axis of 0 has none', () => {
    expect(readConstant(build({ dims: [], numbers: [5] }), 'here')).toMatchObject({
      shape: [],
      values: Float64Array.of(5),
    });
    expect(read({ dims: [0, 3] })).toEqual([]);
    expect(read({ dims: [2, 3], numbers: [1, 2, 3, 4, 5, 6] })).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
