/** An inference request: JSON, JSON followed by binary tensors, or one raw tensor. */
import { describeValue } from '../../src/core/errors.ts';
import { badRequest } from '../errors.ts';
import { parseJson } from '../json.ts';
import { optional, optionalFields, readCount, readFields, readFlag, readList, readString } from './fields.ts';
import { INPUT } from './inputs.ts';
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

/** The model of the path. */
interface InferModel {
  readonly name: string;
  /** Inputs per sample. */
  readonly columns: number;
}

const MAX_INPUTS = 8;
const MAX_OUTPUTS = 8;
const MAX_SIDES = 8;

/** A sequence is a number or a text. */
const readSequence = (value: unknown, path: string) => (typeof value === 'string' ? value : readCount(value, path));

/**
 * Fields that clients send but that change no answer are checked only: models keep no state between requests, requests
 * do not wait in a queue, and each has one response.
 */
const PARAMETERS = {
  binary_data_output: optional(readFlag),
  sequence_id: optional(readSequence),
  sequence_start: optional(readFlag),
  sequence_end: optional(readFlag),
  priority: optional(readCount),
  timeout: optional(readCount),
  triton_enable_empty_final_response: optional(readFlag),
};

const REQUEST = {
  id: optional(readString),
  // From KServe's client. The path names the model.
  model_name: optional(readString),
  parameters: optionalFields(PARAMETERS),
  inputs: readInputs,
  outputs: readOutputs,
};

const INPUT_FIELDS = {
  name: readString,
  datatype: readString,
  shape: readShape,
  data: (value: unknown) => value,
  parameters: optionalFields({ binary_data_size: optional(readCount) }),
};

const OUTPUT_FIELDS = {
  name: readString,
  parameters: optionalFields({ binary_data: optional(readFlag), classification: optional(readCount) }),
};

/**
 * `headerLength` is the header Inference-Header-Content-Length. If it is absent, the body is JSON, whatever its media
 * type; if it is 0, the body is one FP32 tensor. `most` bounds the elements of a tensor. Throws 400.
 */
export function parseInferRequest(
  body: Uint8Array<ArrayBuffer>,
  headerLength: string | undefined,
  model: InferModel,
  most: number,
): InferRequest {
  if (headerLength === undefined) return parseJsonRequest(parseJson(body), new Uint8Array(), model, most);
  const length = Number(headerLength);
  if (!/^\d+$/.test(headerLength) || length > body.length) {
    const expected = `a whole number from 0 to ${body.length}`;
    throw badRequest(`Inference-Header-Content-Length: expected ${expected}, got ${headerLength}`);
  }
  if (length === 0) return parseRawRequest(body, model, most);
  return parseJsonRequest(parseJson(body.subarray(0, length)), body.subarray(length), model, most);
}

function parseRawRequest(body: Uint8Array, { columns }: InferModel, most: number): InferRequest {
  const shape = [Math.floor(body.length / (Float32Array.BYTES_PER_ELEMENT * columns)), columns];
  const tensor = binaryTensor({ name: INPUT, datatype: 'FP32', shape }, body, most);
  return { id: undefined, inputs: [tensor], outputs: undefined, binaryOutput: true };
}

function parseJsonRequest(value: unknown, binary: Uint8Array, model: InferModel, most: number): InferRequest {
  const { id, model_name, parameters, inputs, outputs } = readFields(value, '', REQUEST);
  if (model_name !== undefined && model_name !== model.name) {
    throw badRequest(`model_name: expected ${model.name} as in the path, got ${describeValue(model_name)}`);
  }
  return {
    id,
    inputs: readTensors(inputs, binary, most),
    outputs,
    binaryOutput: parameters.binary_data_output ?? false,
  };
}

type InputFields = ReturnType<typeof readInputs>[number];

/** Binary tensors follow the JSON in the order of the inputs. */
function readTensors(inputs: readonly InputFields[], binary: Uint8Array, most: number): Tensor[] {
  let at = 0;
  const tensors = inputs.map(({ data, parameters, ...head }) => {
    const size = parameters.binary_data_size;
    if (size === undefined) return jsonTensor(head, data, most);
    const left = binary.length - at;
    if (size > left) {
      throw badRequest(`unexpected size for input '${head.name}', expecting ${size - left} additional bytes`);
    }
    const tensor = binaryTensor(head, binary.subarray(at, at + size), most);
    at += size;
    return tensor;
  });
  if (at === binary.length) return tensors;
  throw badRequest(`unexpected additional input data: ${binary.length - at} bytes do not belong to an input`);
}

function readInputs(value: unknown, path: string) {
  const inputs = readList(value, path, MAX_INPUTS).map((item, i) => readInput(item, `${path}[${i}]`));
  if (inputs.length > 0) return inputs;
  throw badRequest(`${path}: expected at least one, got none`);
}

function readInput(value: unknown, path: string) {
  const input = readFields(value, path, INPUT_FIELDS);
  const { data, parameters } = input;
  if ((parameters.binary_data_size === undefined) !== (data === undefined)) return input;
  const got = data === undefined ? 'neither' : 'both';
  throw badRequest(`${path}: expected either data or parameters.binary_data_size, got ${got}`);
}

function readShape(value: unknown, path: string): number[] {
  const sides = readList(value, path, MAX_SIDES);
  if (sides.every((side) => typeof side === 'number')) return sides;
  throw badRequest(`${path}: expected whole numbers, got ${describeValue(sides)}`);
}

/** An empty list means all outputs, as in Triton. Each output may be megabytes, so repeated ones are refused. */
function readOutputs(value: unknown, path: string): OutputRequest[] | undefined {
  const outputs = readList(value ?? [], path, MAX_OUTPUTS).map((item, i) => readOutput(item, `${path}[${i}]`));
  const repeated = outputs.find(({ name }, i) => outputs.findIndex((other) => other.name === name) < i);
  if (repeated !== undefined) throw badRequest(`${path}: expected distinct names, got '${repeated.name}' twice`);
  return outputs.length === 0 ? undefined : outputs;
}

function readOutput(value: unknown, path: string): OutputRequest {
  const { name, parameters } = readFields(value, path, OUTPUT_FIELDS);
  // 0 means no classification, as in Triton.
  return { name, binary: parameters.binary_data, classification: parameters.classification || undefined };
}
