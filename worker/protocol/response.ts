/** An inference response: JSON, or JSON followed by binary tensors. */
import { asBytes, concatBytes } from '../../src/core/bytes.ts';
import { badRequest } from '../errors.ts';
import type { InferRequest, OutputRequest } from './request.ts';

/** Values of a regression for a batch, in the units of its training data. */
interface ValueOutputs {
  readonly samples: number;
  /** [samples][targets] */
  readonly values: Float32Array;
}

/** Answers of a classifier for a batch. */
export interface Outputs {
  readonly samples: number;
  readonly classes: readonly string[];
  /** [samples][classes] */
  readonly probabilities: Float32Array;
  /** [samples] */
  readonly labels: ArrayLike<number>;
}

const OUTPUT_NAMES = ['probabilities', 'label'] as const;
type OutputName = (typeof OUTPUT_NAMES)[number];

type Values = Float32Array | Int32Array | string[];

interface Encoded {
  readonly head: Record<string, unknown>;
  readonly bytes: Uint8Array | undefined;
}

/** Throws 400 for an unknown output. */
export function inferResponse(
  request: InferRequest,
  { name, version }: { readonly name: string; readonly version: number },
  outputs: Outputs | ValueOutputs,
): Response {
  const names = 'values' in outputs ? (['values'] as const) : OUTPUT_NAMES;
  const wanted =
    request.outputs ?? names.map((output) => ({ name: output, binary: undefined, classification: undefined }));
  const encoded = wanted.map((output) =>
    'values' in outputs
      ? encodeValues(output, outputs, request.binaryOutput)
      : encode(output, outputs, request.binaryOutput),
  );
  const head = {
    model_name: name,
    model_version: String(version),
    ...(request.id === undefined ? {} : { id: request.id }),
    outputs: encoded.map((item) => item.head),
  };
  const binary = encoded.flatMap(({ bytes }) => bytes ?? []);
  if (binary.length === 0) return Response.json(head);
  const json = new TextEncoder().encode(JSON.stringify(head));
  return new Response(concatBytes([json, ...binary]), {
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(json.length),
    },
  });
}

function encodeValues(output: OutputRequest, { samples, values }: ValueOutputs, binaryByDefault: boolean): Encoded {
  if (output.name !== 'values') throw badRequest(`outputs: expected values, got ${output.name}`);
  if (output.classification !== undefined) {
    throw badRequest('outputs: classification: expected a model with classes, got a regression');
  }
  const shape = [samples, values.length / samples];
  return encodeTensor({ name: 'values', datatype: 'FP32', shape }, values, output.binary ?? binaryByDefault);
}

function encode(output: OutputRequest, outputs: Outputs, binaryByDefault: boolean): Encoded {
  const name = OUTPUT_NAMES.find((known) => known === output.name);
  if (name === undefined) {
    throw badRequest(`outputs: expected ${OUTPUT_NAMES.join(' or ')}, got ${output.name}`);
  }
  const binary = output.binary ?? binaryByDefault;
  if (output.classification !== undefined) return encodeClassification(output, name, outputs, binary);
  const { samples, classes, probabilities, labels } = outputs;
  if (name === 'label') {
    const values = Int32Array.from(labels);
    return encodeTensor({ name, datatype: 'INT32', shape: [samples] }, values, binary);
  }
  return encodeTensor({ name, datatype: 'FP32', shape: [samples, classes.length] }, probabilities, binary);
}

function encodeTensor(head: Record<string, unknown>, values: Values, binary: boolean): Encoded {
  if (!binary) return { head: { ...head, data: [...values] }, bytes: undefined };
  const bytes = Array.isArray(values) ? encodeTexts(values) : asBytes(values);
  return { head: { ...head, parameters: { binary_data_size: bytes.length } }, bytes };
}

/** The extension `classification`: texts "probability:index:name", most likely class first. */
function encodeClassification(
  { classification = 1 }: OutputRequest,
  name: OutputName,
  outputs: Outputs,
  binary: boolean,
): Encoded {
  if (name !== 'probabilities') {
    throw badRequest(`outputs: classification: expected the output probabilities, got ${name}`);
  }
  const { samples, classes, probabilities } = outputs;
  const k = Math.min(classification, classes.length);
  const texts = Array.from({ length: samples }, (_, n) => {
    const row = probabilities.subarray(n * classes.length, (n + 1) * classes.length);
    const order = [...row.keys()].sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b);
    return order.slice(0, k).map((label) => `${(row[label] ?? 0).toFixed(6)}:${label}:${classes[label]}`);
  }).flat();
  return encodeTensor({ name, datatype: 'BYTES', shape: [samples, k] }, texts, binary);
}

/** Each text in UTF-8, preceded by its length as u32. */
function encodeTexts(texts: readonly string[]): Uint8Array {
  const encoded = texts.map((text) => new TextEncoder().encode(text));
  const bytes = new Uint8Array(encoded.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const text of encoded) {
    view.setUint32(at, text.length, true);
    bytes.set(text, at + 4);
    at += 4 + text.length;
  }
  return bytes;
}
