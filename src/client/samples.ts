/** Samples, as every route that predicts takes them. */
import { binaryBody, jsonBody, type RequestBody } from './transport.ts';

/** Raw bytes, n samples one after the other; a PNG; or numbers, flat, in rows, or a list of either. */
export type Samples =
  | Uint8Array<ArrayBuffer>
  | { readonly png: Uint8Array<ArrayBuffer> }
  | { readonly pixels: readonly unknown[]; readonly scale?: number }
  | { readonly inputs: readonly unknown[] }
  | readonly unknown[];

/** What a sample is taken for. */
export interface Prediction {
  /** Index of the most likely class. */
  label: number;
  /** Name of that class. */
  class: string;
  /** The class as a number, where the classes are digits. */
  digit?: number | undefined;
  /** Probability of the class. */
  confidence: number;
  /** One for each class; they add up to 1. */
  probabilities: number[];
}

export function encodeBody(samples: Samples): RequestBody {
  if (samples instanceof Uint8Array) return binaryBody(samples);
  if ('png' in samples) return { type: 'image/png', bytes: samples.png };
  return jsonBody(samples);
}
