/** An inference request: JSON, JSON followed by binary tensors, or one raw tensor. */
import { describeValue } from '../../src/core/errors.ts';
import { badRequest } from '../errors.ts';
import { parseJson } from '../json.ts';
import { binaryTensor, jsonTensor, type Tensor } from './tensors.ts';

export interface InferRequest {
  /** Returned in the response. */
  readonly id: string | undefined;
  readonly inputs: readonly Tensor[];
  /** Undefined for all outputs. */
  readonly outputs: readonly OutputRequest[] | undefined;
  /** Default of `binary_data`. */
  readonly binaryOutput: boolean;
}

export interface OutputRequest {
  readonly name: string;
  readonly binary: boolean | undefined;
  /** Number of most likely classes to return as texts, instead of the numbers. */
  readonly classification: number | undefined;
}

/** The only input of the model. */
export interface InputHead {
  readonly name: string;
  readonly columns: number;
}

const MAX_INPUTS = 8;
const MAX_OUTPUTS = 8;

/**
 * `headerLength` is the header Inference-Header-Content-Length. If it is absent, the body is JSON, whatever its media
 * type; if it is 0, the body is one FP32 tensor. `most` bounds the elements of a tensor. Throws 400.
 */
export function parseInferRequest(
  body: Uint8Array<ArrayBuffer>,
  headerLength: string | undefined,
  input: InputHead,
  most: number,
): InferRequest {
  if (headerLength === undefined) return parseJsonRequest(parseJson(body), new Uint8Array(), most);
  const length = Number(headerLength);
  if (!/^\d+$/.test(headerLength) || length > body.length) {
    const expected = `a whole number from 0 to ${body.length}`;
    throw badRequest(`Inference-Header-Content-Length: expected ${expected}, got ${headerLength}`);
  }
  if (length === 0) return parseRawRequest(body, input, most);
  return parseJsonRequest(parseJson(body.subarray(0, length)), body.subarray(length), most);
}

function parseRawRequest(body: Uint8Array, { name, columns }: InputHead, most: number): InferRequest {
  const shape = [Math.floor(body.length / (Float32Array.BYTES_PER_ELEMENT * columns)), columns];
  const tensor = binaryTensor({ name, datatype: 'FP32', shape }, body, most);
  return { id: undefined, inputs: [tensor], outputs: undefined, binaryOutput: true };
}

function parseJsonRequest(value: unknown, binary: Uint8Array, most: number): InferRequest {
  const request = readRecord(value, 'body');
  const { id, inputs, outputs } = request;
  if (id != null && typeof id !== 'string') throw badRequest(`id: expected a string, got ${describeValue(id)}`);
  const heads = readList(inputs, 'inputs', MAX_INPUTS);
  if (heads.length === 0) throw badRequest('inputs: expected at least one, got none');
  let at = 0;
  const tensors = heads.map((item, i) => {
    const { head, data, size } = readInput(item, `inputs[${i}]`);
    if (size === undefined) return jsonTensor(head, data, most);
    const left = binary.length - at;
    if (size > left) {
      throw badRequest(`unexpected size for input '${head.name}', expecting ${size - left} additional bytes`);
    }
    const tensor = binaryTensor(head, binary.subarray(at, at + size), most);
    at += size;
    return tensor;
  });
  if (at !== binary.length) {
    throw badRequest(`unexpected additional input data: ${binary.length - at} bytes do not belong to an input`);
  }
  const parameters = readOptionalRecord(request.parameters, 'parameters');
  return {
    id: id ?? undefined,
    inputs: tensors,
    // Some clients write null for absent fields. An empty list means all outputs, as in Triton.
    outputs:
      outputs == null || (Array.isArray(outputs) && outputs.length === 0)
        ? undefined
        : readOutputs(readList(outputs, 'outputs', MAX_OUTPUTS)),
    binaryOutput: readFlag(parameters.binary_data_output, 'parameters.binary_data_output') ?? false,
  };
}

function readInput(value: unknown, path: string) {
  const { name, datatype, shape, data, parameters } = readRecord(value, path);
  const head = { name: readString(name, `${path}.name`), datatype: readString(datatype, `${path}.datatype`) };
  const sides = readList(shape, `${path}.shape`, 8);
  const { binary_data_size } = readOptionalRecord(parameters, `${path}.parameters`);
  const size = readCount(binary_data_size, `${path}.parameters.binary_data_size`);
  if ((size === undefined) === (data === undefined)) {
    const got = size === undefined ? 'neither' : 'both';
    throw badRequest(`${path}: expected either data or parameters.binary_data_size, got ${got}`);
  }
  if (!sides.every((side) => typeof side === 'number')) {
    throw badRequest(`${path}.shape: expected whole numbers, got ${describeValue(sides)}`);
  }
  return { head: { ...head, shape: sides as number[] }, data, size };
}

/** Each output may be megabytes, so repeated ones are refused. */
function readOutputs(values: readonly unknown[]): OutputRequest[] {
  const outputs = values.map(readOutput);
  const repeated = outputs.find(({ name }, i) => outputs.findIndex((other) => other.name === name) < i);
  if (repeated === undefined) return outputs;
  throw badRequest(`outputs: expected distinct names, got '${repeated.name}' twice`);
}

function readOutput(value: unknown, i: number): OutputRequest {
  const path = `outputs[${i}]`;
  const { name: given, parameters } = readRecord(value, path);
  const name = readString(given, `${path}.name`);
  const { binary_data, classification } = readOptionalRecord(parameters, `${path}.parameters`);
  // 0 means no classification, as in Triton.
  const classes = readCount(classification, `${path}.parameters.classification`) || undefined;
  return { name, binary: readFlag(binary_data, `${path}.parameters.binary_data`), classification: classes };
}

function readRecord(value: unknown, path: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw badRequest(`${path}: expected an object, got ${describeValue(value)}`);
}

function readOptionalRecord(value: unknown, path: string): Record<string, unknown> {
  return value == null ? {} : readRecord(value, path);
}

function readList(value: unknown, path: string, most: number): unknown[] {
  if (Array.isArray(value) && value.length <= most) return value;
  const got = Array.isArray(value) ? `${value.length}` : describeValue(value);
  throw badRequest(`${path}: expected a list of at most ${most}, got ${got}`);
}

function readString(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw badRequest(`${path}: expected a string, got ${describeValue(value)}`);
}

function readCount(value: unknown, path: string): number | undefined {
  if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) return value;
  throw badRequest(`${path}: expected a whole number, got ${describeValue(value)}`);
}

function readFlag(value: unknown, path: string): boolean | undefined {
  if (value == null || typeof value === 'boolean') return value ?? undefined;
  throw badRequest(`${path}: expected true or false, got ${describeValue(value)}`);
}
