import hex from '../../build/kernels-hex.js';

/** Decoders of engines. A loop takes 4 ms in a new process, because it runs before the engine has compiled it. */
interface Decoders {
  /** ECMAScript 2026. */
  readonly Uint8Array: { fromHex?(text: string): Uint8Array<ArrayBuffer> };
  /** Node before 25. */
  readonly Buffer?: { from(text: string, encoding: 'hex'): Uint8Array };
}

/** A copy of the file kernels.wasm. */
export function kernelsBytes(): Uint8Array<ArrayBuffer> {
  const { Uint8Array: Bytes, Buffer: NodeBytes } = globalThis as Decoders;
  if (Bytes.fromHex !== undefined) return Bytes.fromHex(hex);
  if (NodeBytes !== undefined) return new Uint8Array(NodeBytes.from(hex, 'hex'));
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
