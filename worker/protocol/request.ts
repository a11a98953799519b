/** An inference request: JSON, JSON with binary tensors behind it, or one raw tensor. */

import { describeValue } from '../../src/core/errors.ts';
import { parseJson } from '../body.ts';
import { HttpError } from '../errors.ts';
import { binaryTensor, jsonTensor, type Tensor } from './tensors.ts';

export interface InferRequest {
  /** Comes back in the response, where it was given. */
  readonly id: string | undefined;
  readonly inputs: readonly Tensor[];
  /** Undefined: all of them. */
  readonly outputs: readonly OutputRequest[] | undefined;
  /** What `binary_data` is where an output does not say. */
  readonly binaryOutput: boolean;
}

export interface OutputRequest {
  readonly name: string;
  readonly binary: boolean | undefined;
  /** So many classes, as texts, in place of the numbers. */
  readonly classification: number | undefined;
}

/** The model's only input. */
export interface InputHead {
  readonly name: string;
  readonly columns: number;
}

const MAX_INPUTS = 8;
const MAX_OUTPUTS = 8;

/**
 * `headerLength` is the header Inference-Header-Content-Length: absent, the whole body is JSON, whatever its media type says;
 * 0, the whole body is one FP32 tensor. `most` bounds the elements of a tensor. Throws 400.
 */
export function parseInferRequest(
  body: Uint8Array<ArrayBuffer>,
  headerLength: string | undefined,
  input: InputHead,
  most: number,
): InferRequest {
  if (headerLength === undefined) return fromJson(parseJson(body), new Uint8Array(), most);
  const length = Number(headerLength);
  if (!/^\d+$/.test(headerLength) || length > body.length) {
    throw new HttpError(
      400,
      `Inference-Header-Content-Length: expected a whole number from 0 to ${body.length}, got ${headerLength}`,
    );
  }
  if (length === 0) return fromRaw(body, input, most);
  return fromJson(parseJson(body.subarray(0, length)), body.subarray(length), most);
}

function fromRaw(body: Uint8Array, { name, columns }: InputHead, most: number): InferRequest {
  const shape = [Math.floor(body.length / (Float32Array.BYTES_PER_ELEMENT * columns)), columns];
  const tensor = binaryTensor({ name, datatype: 'FP32', shape }, body, most);
  return { id: undefined, inputs: [tensor], outputs: undefined, binaryOutput: true };
}

function fromJson(value: unknown, binary: Uint8Array, most: number): InferRequest {
  const request = record(value, 'body');
  const { id, inputs, outputs } = request;
  if (id != null && typeof id !== 'string') throw new HttpError(400, `id: expected a text, got ${show(id)}`);
  const heads = list(inputs, 'inputs', MAX_INPUTS);
  if (heads.length === 0) throw new HttpError(400, 'inputs: expected at least one, got none');
  let at = 0;
  const tensors = heads.map((item, i) => {
    const { head, data, size } = readInput(item, `inputs[${i}]`);
    if (size === undefined) return jsonTensor(head, data, most);
    const left = binary.length - at;
    if (size > left) {
      throw new HttpError(400, `unexpected size for input '${head.name}', expecting ${size - left} additional bytes`);
    }
    const tensor = binaryTensor(head, binary.subarray(at, at + size), most);
    at += size;
    return tensor;
  });
  if (at !== binary.length) {
    throw new HttpError(400, `unexpected additional input data: ${binary.length - at} bytes belong to no input`);
  }
  const parameters = optionalRecord(request.parameters, 'parameters');
  return {
    id: id ?? undefined,
    inputs: tensors,
    // Some clients write null for what they leave out, and an empty list asks for all, as Triton has it.
    outputs:
      outputs == null || (Array.isArray(outputs) && outputs.length === 0)
        ? undefined
        : readOutputs(list(outputs, 'outputs', MAX_OUTPUTS)),
    binaryOutput: flag(parameters.binary_data_output, 'parameters.binary_data_output') ?? false,
  };
}

function readInput(value: unknown, path: string) {
  const { name, datatype, shape, data, parameters } = record(value, path);
  if (typeof name !== 'string') throw new HttpError(400, `${path}.name: expected a text, got ${show(name)}`);
  if (typeof datatype !== 'string')
    throw new HttpError(400, `${path}.datatype: expected a text, got ${show(datatype)}`);
  const sides = list(shape, `${path}.shape`, 8);
  const size = optionalRecord(parameters, `${path}.parameters`).binary_data_size;
  if (size !== undefined && !(typeof size === 'number' && Number.isSafeInteger(size) && size >= 0)) {
    throw new HttpError(400, `${path}.parameters.binary_data_size: expected a whole number, got ${show(size)}`);
  }
  if ((size === undefined) === (data === undefined)) {
    const got = size === undefined ? 'neither' : 'both';
    throw new HttpError(400, `${path}: expected either data or parameters.binary_data_size, got ${got}`);
  }
  if (!sides.every((side) => typeof side === 'number')) {
    throw new HttpError(400, `${path}.shape: expected whole numbers, got ${show(sides)}`);
  }
  return { head: { name, datatype, shape: sides as number[] }, data, size };
}

/** Each once: every one of them may be megabytes. */
function readOutputs(values: readonly unknown[]): OutputRequest[] {
  const outputs = values.map(readOutput);
  const again = outputs.find(({ name }, i) => outputs.findIndex((other) => other.name === name) < i);
  if (again === undefined) return outputs;
  throw new HttpError(400, `outputs: expected each once, got '${again.name}' twice`);
}

function readOutput(value: unknown, i: number): OutputRequest {
  const path = `outputs[${i}]`;
  const { name, parameters } = record(value, path);
  if (typeof name !== 'string') throw new HttpError(400, `${path}.name: expected a text, got ${show(name)}`);
  const { binary_data: binary, classification } = optionalRecord(parameters, `${path}.parameters`);
  if (
    classification !== undefined &&
    !(typeof classification === 'number' && Number.isSafeInteger(classification) && classification >= 0)
  ) {
    throw new HttpError(400, `${path}.parameters.classification: expected a whole number, got ${show(classification)}`);
  }
  return {
    name,
    binary: flag(binary, `${path}.parameters.binary_data`),
    // 0 asks for none, as Triton has it.
    classification: classification === 0 ? undefined : classification,
  };
}

function record(value: unknown, path: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new HttpError(400, `${path}: expected an object, got ${show(value)}`);
}

function optionalRecord(value: unknown, path: string): Record<string, unknown> {
  return value == null ? {} : record(value, path);
}

function list(value: unknown, path: string, most: number): unknown[] {
  if (Array.isArray(value) && value.length <= most) return value;
  const got = Array.isArray(value) ? `${value.length}` : show(value);
  throw new HttpError(400, `${path}: expected a list of at most ${most}, got ${got}`);
}

function flag(value: unknown, path: string): boolean | undefined {
  if (value == null || typeof value === 'boolean') return value ?? undefined;
  throw new HttpError(400, `${path}: expected true or false, got ${show(value)}`);
}

function show(value: unknown): string {
  return describeValue(value);
}
