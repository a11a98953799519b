/**
 * Reads and writes the ONNX messages that a multilayer perceptron needs (onnx.proto3 of the ONNX project). Unknown
 * fields are skipped, as protobuf intends.
 */

import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { checkBytes } from '../../core/arguments.ts';
import { EdgeMlpError, errorMessage } from '../../core/errors.ts';

/** TensorProto.DataType. */
export const FLOAT = 1;
export const UINT8 = 2;
export const INT32 = 6;
export const INT64 = 7;
export const STRING = 8;
export const FLOAT16 = 10;
export const DOUBLE = 11;

/** The written values of AttributeProto.AttributeType. */
const ATTRIBUTE_INT = 2;

export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  /** Little-endian bytes; otherwise the numbers are in a list. */
  readonly raw: Uint8Array | undefined;
  readonly numbers: readonly number[];
  readonly strings: readonly string[];
  /** The data are in another file. */
  readonly external: boolean;
}

export interface OnnxAttribute {
  readonly name: string;
  readonly float: number;
  readonly int: number;
  readonly string: string;
  readonly tensor: OnnxTensor | undefined;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly strings: readonly string[];
}

export interface OnnxNode {
  readonly name: string;
  readonly type: string;
  /** Empty for the operators of ONNX. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly OnnxAttribute[];
}

export interface OnnxValue {
  readonly name: string;
  readonly dataType: number;
  /** A size, or the name of a free size; undefined if the file has no shape. */
  readonly shape: readonly (number | string)[] | undefined;
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  /** Version of the operators of ONNX. */
  readonly opset: number;
  readonly graph: OnnxGraph;
  readonly metadata: Readonly<Record<string, string>>;
}

/** 64 layers need some hundreds. An empty message takes 2 bytes of a file, but about 100 bytes of memory. */
const MOST_PARTS = 4096;

/** Reads a file. Throws EdgeMlpError "bad-model". */
export function readOnnx(bytes: Uint8Array, name: string): OnnxModel {
  checkBytes(bytes, name);
  try {
    return readModel(new BinaryReader(bytes), bytes.length);
  } catch (cause) {
    if (cause instanceof EdgeMlpError) throw cause;
    throw new EdgeMlpError('bad-model', `${name}: expected an ONNX file, got: ${errorMessage(cause)}`, { cause });
  }
}

type Visit = (field: number, reader: BinaryReader, wire: WireType) => unknown;

/** Calls `visit` for every field up to `end`. Fields for which it returns false are skipped. */
function eachField(reader: BinaryReader, end: number, visit: Visit): void {
  while (reader.pos < end) {
    const [field, wire] = reader.tag();
    if (visit(field, reader, wire) === false) reader.skip(wire, field);
  }
  if (reader.pos !== end) throw new RangeError('a message that ends past its end');
}

/** Reads a nested message. */
function readNested<T>(reader: BinaryReader, read: (reader: BinaryReader, end: number) => T): T {
  const length = reader.uint32();
  if (reader.pos + length > reader.len) throw new RangeError('a message that is cut short');
  return read(reader, reader.pos + length);
}

/** Reads numbers, one per field or packed in one field. */
function readNumbers(reader: BinaryReader, wire: WireType, list: number[], read: () => number): void {
  if (wire !== WireType.LengthDelimited) {
    list.push(read());
    return;
  }
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new RangeError('a list that is cut short');
  while (reader.pos < end) list.push(read());
  if (reader.pos !== end) throw new RangeError('a list that ends past its end');
}

function readModel(reader: BinaryReader, end: number): OnnxModel {
  const model = { irVersion: 0, producer: '', opset: 0, metadata: {} as Record<string, string> };
  let graph: OnnxGraph | undefined;
  eachField(reader, end, (field) => {
    if (field === 1) model.irVersion = Number(reader.int64());
    else if (field === 2) model.producer = reader.string();
    else if (field === 7) graph = readNested(reader, readGraph);
    else if (field === 8) {
      const [domain, version] = readNested(reader, readOpset);
      if (domain === '' || domain === 'ai.onnx') model.opset = version;
    } else if (field === 14) {
      const [key, value] = readNested(reader, readEntry);
      model.metadata[key] = value;
    } else return false;
    return true;
  });
  if (graph === undefined) throw new RangeError('no graph');
  return { ...model, graph };
}

function readOpset(reader: BinaryReader, end: number): [domain: string, version: number] {
  const opset: [string, number] = ['', 0];
  eachField(reader, end, (field) => {
    if (field === 1) opset[0] = reader.string();
    else if (field === 2) opset[1] = Number(reader.int64());
    else return false;
    return true;
  });
  return opset;
}

function readEntry(reader: BinaryReader, end: number): [key: string, value: string] {
  const entry: [string, string] = ['', ''];
  eachField(reader, end, (field) => {
    if (field === 1) entry[0] = reader.string();
    else if (field === 2) entry[1] = reader.string();
    else return false;
    return true;
  });
  return entry;
}

function readGraph(reader: BinaryReader, end: number): OnnxGraph {
  const graph = {
    name: '',
    nodes: [] as OnnxNode[],
    initializers: [] as OnnxTensor[],
    inputs: [] as OnnxValue[],
    outputs: [] as OnnxValue[],
  };
  eachField(reader, end, (field) => {
    if (field === 1) graph.nodes.push(readNested(reader, readNode));
    else if (field === 2) graph.name = reader.string();
    else if (field === 5) graph.initializers.push(readNested(reader, readTensor));
    else if (field === 11) graph.inputs.push(readNested(reader, readValue));
    else if (field === 12) graph.outputs.push(readNested(reader, readValue));
    else return false;
    const parts = graph.nodes.length + graph.initializers.length + graph.inputs.length + graph.outputs.length;
    if (parts > MOST_PARTS) throw new RangeError(`more than ${MOST_PARTS} nodes, tensors, inputs and outputs`);
    return true;
  });
  return graph;
}

function readNode(reader: BinaryReader, end: number): OnnxNode {
  const node = {
    ...{ name: '', type: '', domain: '' },
    ...{ inputs: [] as string[], outputs: [] as string[], attributes: [] as OnnxAttribute[] },
  };
  eachField(reader, end, (field) => {
    if (field === 1) node.inputs.push(reader.string());
    else if (field === 2) node.outputs.push(reader.string());
    else if (field === 3) node.name = reader.string();
    else if (field === 4) node.type = reader.string();
    else if (field === 5) node.attributes.push(readNested(reader, readAttribute));
    else if (field === 7) node.domain = reader.string();
    else return false;
    return true;
  });
  return node;
}

function readAttribute(reader: BinaryReader, end: number): OnnxAttribute {
  const attribute = {
    ...{ name: '', float: 0, int: 0, string: '', tensor: undefined as OnnxTensor | undefined },
    ...{ floats: [] as number[], ints: [] as number[], strings: [] as string[] },
  };
  eachField(reader, end, (field, _, wire) => {
    if (field === 1) attribute.name = reader.string();
    else if (field === 2) attribute.float = reader.float();
    else if (field === 3) attribute.int = Number(reader.int64());
    else if (field === 4) attribute.string = reader.string();
    else if (field === 5) attribute.tensor = readNested(reader, readTensor);
    else if (field === 7) readNumbers(reader, wire, attribute.floats, () => reader.float());
    else if (field === 8) readNumbers(reader, wire, attribute.ints, () => Number(reader.int64()));
    else if (field === 9) attribute.strings.push(reader.string());
    else return false;
    return true;
  });
  return attribute;
}

function readTensor(reader: BinaryReader, end: number): OnnxTensor {
  const tensor = {
    ...{ name: '', dataType: 0, raw: undefined as Uint8Array | undefined, external: false },
    ...{ dims: [] as number[], numbers: [] as number[], strings: [] as string[] },
  };
  eachField(reader, end, (field, _, wire) => {
    if (field === 1) readNumbers(reader, wire, tensor.dims, () => Number(reader.int64()));
    else if (field === 2) tensor.dataType = reader.int32();
    else if (field === 4) readNumbers(reader, wire, tensor.numbers, () => reader.float());
    else if (field === 5) readNumbers(reader, wire, tensor.numbers, () => reader.int32());
    else if (field === 6) tensor.strings.push(new TextDecoder().decode(reader.bytes()));
    else if (field === 7) readNumbers(reader, wire, tensor.numbers, () => Number(reader.int64()));
    else if (field === 8) tensor.name = reader.string();
    else if (field === 9) tensor.raw = reader.bytes();
    else if (field === 10) readNumbers(reader, wire, tensor.numbers, () => reader.double());
    else if (field === 14) tensor.external = reader.int32() === 1;
    else return false;
    return true;
  });
  return tensor;
}

/** ValueInfoProto of a tensor: through TypeProto, TypeProto.Tensor and TensorShapeProto. */
function readValue(reader: BinaryReader, end: number): OnnxValue {
  const value = { name: '', dataType: 0, shape: undefined as (number | string)[] | undefined };
  const readShape = (inner: BinaryReader, innerEnd: number) => {
    const shape: (number | string)[] = [];
    eachField(inner, innerEnd, (field) => field === 1 && shape.push(readNested(inner, readDimension)) > 0);
    value.shape = shape;
  };
  const readTensorType = (inner: BinaryReader, innerEnd: number) =>
    eachField(inner, innerEnd, (field) => {
      if (field === 1) value.dataType = inner.int32();
      else if (field === 2) readNested(inner, readShape);
      else return false;
      return true;
    });
  const readType = (inner: BinaryReader, innerEnd: number) =>
    eachField(inner, innerEnd, (field) => {
      if (field !== 1) return false;
      readNested(inner, readTensorType);
      return true;
    });
  eachField(reader, end, (field) => {
    if (field === 1) value.name = reader.string();
    else if (field === 2) readNested(reader, readType);
    else return false;
    return true;
  });
  return value;
}

function readDimension(reader: BinaryReader, end: number): number | string {
  let dimension: number | string = '';
  eachField(reader, end, (field) => {
    if (field === 1) dimension = Number(reader.int64());
    else if (field === 2) dimension = reader.string();
    else return false;
    return true;
  });
  return dimension;
}

/** The bytes of a file. Attributes are integers, and tensors have raw data. */
export function writeOnnx({ irVersion, producer, opset, graph, metadata }: OnnxModel): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int64(irVersion);
  writer.tag(2, WireType.LengthDelimited).string(producer);
  message(writer, 7, () => writeGraph(writer, graph));
  message(writer, 8, () => writer.tag(2, WireType.Varint).int64(opset));
  for (const [key, value] of Object.entries(metadata)) {
    message(writer, 14, () => {
      writer.tag(1, WireType.LengthDelimited).string(key);
      writer.tag(2, WireType.LengthDelimited).string(value);
    });
  }
  return Uint8Array.from(writer.finish());
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

function writeGraph(writer: BinaryWriter, { name, nodes, initializers, inputs, outputs }: OnnxGraph): void {
  for (const node of nodes) message(writer, 1, () => writeNode(writer, node));
  writer.tag(2, WireType.LengthDelimited).string(name);
  for (const tensor of initializers) message(writer, 5, () => writeTensor(writer, tensor));
  for (const value of inputs) message(writer, 11, () => writeValue(writer, value));
  for (const value of outputs) message(writer, 12, () => writeValue(writer, value));
}

function writeNode(writer: BinaryWriter, { name, type, inputs, outputs, attributes }: OnnxNode): void {
  for (const input of inputs) writer.tag(1, WireType.LengthDelimited).string(input);
  for (const output of outputs) writer.tag(2, WireType.LengthDelimited).string(output);
  writer.tag(3, WireType.LengthDelimited).string(name);
  writer.tag(4, WireType.LengthDelimited).string(type);
  for (const attribute of attributes) {
    message(writer, 5, () => {
      writer.tag(1, WireType.LengthDelimited).string(attribute.name);
      writer.tag(3, WireType.Varint).int64(attribute.int);
      writer.tag(20, WireType.Varint).int32(ATTRIBUTE_INT);
    });
  }
}

function writeTensor(writer: BinaryWriter, { name, dims, dataType, raw = new Uint8Array() }: OnnxTensor): void {
  for (const size of dims) writer.tag(1, WireType.Varint).int64(size);
  writer.tag(2, WireType.Varint).int32(dataType);
  writer.tag(8, WireType.LengthDelimited).string(name);
  writer.tag(9, WireType.LengthDelimited).bytes(raw);
}

function writeValue(writer: BinaryWriter, { name, dataType, shape = [] }: OnnxValue): void {
  writer.tag(1, WireType.LengthDelimited).string(name);
  message(writer, 2, () =>
    message(writer, 1, () => {
      writer.tag(1, WireType.Varint).int32(dataType);
      message(writer, 2, () => {
        for (const size of shape) {
          message(writer, 1, () => {
            if (typeof size === 'number') writer.tag(1, WireType.Varint).int64(size);
            else writer.tag(2, WireType.LengthDelimited).string(size);
          });
        }
      });
    }),
  );
}

/** The input that has no initializer. */
export function findInput({ inputs, initializers }: OnnxGraph): OnnxValue | undefined {
  const constants = new Set(initializers.map(({ name }) => name));
  return inputs.find(({ name }) => !constants.has(name));
}

/** The sizes of the axes of a sample. */
export function sampleShape(graph: OnnxGraph): readonly (number | string)[] {
  const [, ...sizes] = findInput(graph)?.shape ?? [];
  return sizes;
}
