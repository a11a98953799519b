import hex from '../../build/kernels-hex.js';

/** A copy of the file kernels.wasm. */
export function kernelsBytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
