/** The element types of tensors in files, as float32: float16 and bfloat16 exactly, float64 rounded to nearest even. */

/** Bytes of an element of each type that is read. */
export const ELEMENT_BYTES: Readonly<Record<string, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2, I8: 1 };

/** The elements of aligned bytes. All supported machines are little-endian. */
export function readElements(type: string, buffer: ArrayBuffer): Float32Array | Int8Array {
  switch (type) {
    case 'F64':
      return new Float32Array(new Float64Array(buffer));
    case 'F16':
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), widenHalf).buffer);
    case 'BF16':
      // The upper half of a float32.
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
    case 'I8':
      return new Int8Array(buffer);
    default:
      return new Float32Array(buffer);
  }
}

/** 2^-24, the unit of a denormal float16. */
const HALF_UNIT = 5.9604644775390625e-8;
const FLOAT = new Float32Array(1);
const FLOAT_BITS = new Uint32Array(FLOAT.buffer);

/** From the bits of a float16 (IEEE 754-2008, binary16) to those of the same float32. */
function widenHalf(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 0) {
    FLOAT[0] = fraction * HALF_UNIT;
    return sign | (FLOAT_BITS[0] ?? 0);
  }
  // The biases of the exponents are 15 and 127.
  return sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
}
