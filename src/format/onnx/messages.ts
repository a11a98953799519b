/**
 * Reads and writes the ONNX messages that a multilayer perceptron needs (onnx.proto3 of the ONNX project). Unknown
 * fields are skipped, as protobuf intends.
 */

import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { checkBytes } from '../../core/arguments.ts';
import { EdgeMlpError, errorMessage, formatNumber } from '../../core/errors.ts';

/** TensorProto.DataType. */
export const FLOAT = 1;
export const UINT8 = 2;
export const INT8 = 3;
export const INT32 = 6;
export const INT64 = 7;
export const STRING = 8;
export const BOOL = 9;
export const FLOAT16 = 10;
export const DOUBLE = 11;

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [FLOAT]: 'float',
  [UINT8]: 'uint8',
  [INT8]: 'int8',
  [INT32]: 'int32',
  [INT64]: 'int64',
  [STRING]: 'string',
  [BOOL]: 'bool',
  [FLOAT16]: 'float16',
  [DOUBLE]: 'double',
};

/** A data type for a message. */
export function formatType(type: number): string {
  return TYPE_NAMES[type] ?? `ONNX's data type ${type}`;
}

/** AttributeProto.AttributeType. */
export const ATTRIBUTE = { float: 1, int: 2, text: 3, tensor: 4, floats: 6, ints: 7, strings: 8 } as const;
export type AttributeType = keyof typeof ATTRIBUTE;

export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  /** Little-endian bytes; otherwise the numbers are in a list. */
  readonly raw: Uint8Array | undefined;
  readonly numbers: readonly number[];
  readonly strings: readonly string[];
  /** The data are in another file: its name, and the range of bytes. */
  readonly external: ExternalData | undefined;
}

/** StringStringEntryProto of a tensor with data in another file. */
export interface ExternalData {
  /** Path of the file, relative to the ONNX file. */
  readonly location: string;
  /** Offset in bytes. */
  readonly offset: number;
  /** Length in bytes; undefined: up to the end of the file. */
  readonly length: number | undefined;
}

export interface OnnxAttribute {
  readonly name: string;
  /** A value of ATTRIBUTE. */
  readonly type: number;
  readonly float: number;
  readonly int: number;
  readonly text: string;
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

interface OnnxValue {
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
  /** Version of the operators of ONNX; 0 if the file has none. */
  readonly opset: number;
  /** Version of the operators of ONNX-ML; 0 if the file has none. */
  readonly mlOpset: number;
  readonly graph: OnnxGraph;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Nodes, tensors, inputs and outputs of a graph: 64 layers need some hundreds. */
const MOST_NODES = 4096;
/** Messages, texts and whole numbers of lists. Each takes 1 or 2 bytes of a file, but up to 250 bytes of memory. */
const MOST_PARTS = 2 ** 16;

class Reader extends BinaryReader {
  #parts = 0;

  /** Counts a part of the file. Throws RangeError for too many. */
  count(): void {
    if (++this.#parts > MOST_PARTS) throw new RangeError(`more than ${formatNumber(MOST_PARTS)} parts`);
  }

  text(): string {
    this.count();
    return this.string();
  }

  whole(): number {
    this.count();
    return Number(this.int64());
  }
}

/** Reads a file. Throws EdgeMlpError "bad-model". */
export function readOnnx(bytes: Uint8Array, name: string): OnnxModel {
  checkBytes(bytes, name);
  try {
    return readModel(new Reader(bytes), bytes.length);
  } catch (cause) {
    if (cause instanceof EdgeMlpError) throw cause;
    throw new EdgeMlpError('bad-model', `${name}: expected an ONNX file, got: ${errorMessage(cause)}`, { cause });
  }
}

/** Reads the fields of a message up to `end`. Fields without a reader are skipped. */
function readFields(reader: Reader, end: number, readers: Readonly<Record<number, (wire: WireType) => unknown>>): void {
  while (reader.pos < end) {
    const [field, wire] = reader.tag();
    const read = readers[field];
    if (read === undefined) reader.skip(wire, field);
    else read(wire);
  }
  if (reader.pos !== end) throw new RangeError('a field crosses the end of its message');
}

function readNested<T>(reader: Reader, read: (reader: Reader, end: number) => T): T {
  reader.count();
  const length = reader.uint32();
  if (reader.pos + length > reader.len) throw new RangeError('a message is truncated');
  return read(reader, reader.pos + length);
}

/** Reads numbers, one per field or packed in one field. */
function readNumbers(reader: Reader, wire: WireType, list: number[], read: () => number): void {
  if (wire !== WireType.LengthDelimited) {
    list.push(read());
    return;
  }
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new RangeError('a list is truncated');
  while (reader.pos < end) list.push(read());
  if (reader.pos !== end) throw new RangeError('a number crosses the end of its list');
}

function readModel(reader: Reader, end: number): OnnxModel {
  const model = { irVersion: 0, producer: '', opset: 0, mlOpset: 0, metadata: {} as Record<string, string> };
  const graphs: OnnxGraph[] = [];
  readFields(reader, end, {
    1: () => (model.irVersion = reader.whole()),
    2: () => (model.producer = reader.text()),
    7: () => graphs.push(readNested(reader, readGraph)),
    8: () => {
      const { domain, version } = readNested(reader, readOpset);
      if (domain === '' || domain === 'ai.onnx') model.opset = version;
      if (domain === 'ai.onnx.ml') model.mlOpset = version;
    },
    14: () => {
      const { key, value } = readNested(reader, readEntry);
      model.metadata[key] = value;
    },
  });
  const graph = graphs.at(-1);
  if (graph === undefined) throw new RangeError('no graph');
  return { ...model, graph };
}

function readOpset(reader: Reader, end: number): { domain: string; version: number } {
  const opset = { domain: '', version: 0 };
  readFields(reader, end, {
    1: () => (opset.domain = reader.text()),
    2: () => (opset.version = reader.whole()),
  });
  return opset;
}

function readEntry(reader: Reader, end: number): { key: string; value: string } {
  const entry = { key: '', value: '' };
  readFields(reader, end, { 1: () => (entry.key = reader.text()), 2: () => (entry.value = reader.text()) });
  return entry;
}

function readGraph(reader: Reader, end: number): OnnxGraph {
  let name = '';
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const add = <T>(list: T[], read: (reader: Reader, end: number) => T): void => {
    list.push(readNested(reader, read));
    if (nodes.length + initializers.length + inputs.length + outputs.length <= MOST_NODES) return;
    throw new RangeError(`more than ${formatNumber(MOST_NODES)} nodes, tensors, inputs and outputs`);
  };
  readFields(reader, end, {
    1: () => add(nodes, readNode),
    2: () => (name = reader.text()),
    5: () => add(initializers, readTensor),
    11: () => add(inputs, readValue),
    12: () => add(outputs, readValue),
  });
  return { name, nodes, initializers, inputs, outputs };
}

function readNode(reader: Reader, end: number): OnnxNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: OnnxAttribute[] = [];
  const names = { name: '', type: '', domain: '' };
  readFields(reader, end, {
    1: () => inputs.push(reader.text()),
    2: () => outputs.push(reader.text()),
    3: () => (names.name = reader.text()),
    4: () => (names.type = reader.text()),
    5: () => attributes.push(readNested(reader, readAttribute)),
    7: () => (names.domain = reader.text()),
  });
  return { ...names, inputs, outputs, attributes };
}

function readAttribute(reader: Reader, end: number): OnnxAttribute {
  const floats: number[] = [];
  const ints: number[] = [];
  const strings: string[] = [];
  const single = { name: '', type: 0, float: 0, int: 0, text: '', tensor: undefined as OnnxTensor | undefined };
  readFields(reader, end, {
    1: () => (single.name = reader.text()),
    2: () => (single.float = reader.float()),
    3: () => (single.int = reader.whole()),
    4: () => (single.text = reader.text()),
    5: () => (single.tensor = readNested(reader, readTensor)),
    7: (wire) => readNumbers(reader, wire, floats, () => reader.float()),
    8: (wire) => readNumbers(reader, wire, ints, () => reader.whole()),
    9: () => strings.push(reader.text()),
    20: () => (single.type = reader.int32()),
  });
  return { ...single, floats, ints, strings };
}

function readTensor(reader: Reader, end: number): OnnxTensor {
  const dims: number[] = [];
  const numbers: number[] = [];
  const strings: string[] = [];
  const single = { name: '', dataType: 0, raw: undefined as Uint8Array | undefined };
  const entries: Record<string, string> = {};
  let elsewhere = false;
  readFields(reader, end, {
    1: (wire) => readNumbers(reader, wire, dims, () => reader.whole()),
    2: () => (single.dataType = reader.int32()),
    4: (wire) => readNumbers(reader, wire, numbers, () => reader.float()),
    5: (wire) => readNumbers(reader, wire, numbers, () => reader.int32()),
    6: () => strings.push(reader.text()),
    7: (wire) => readNumbers(reader, wire, numbers, () => reader.whole()),
    8: () => (single.name = reader.text()),
    9: () => (single.raw = reader.bytes()),
    10: (wire) => readNumbers(reader, wire, numbers, () => reader.double()),
    13: () => {
      const { key, value } = readNested(reader, readEntry);
      entries[key] = value;
    },
    14: () => (elsewhere = reader.int32() === 1),
  });
  return { ...single, dims, numbers, strings, external: elsewhere ? readExternal(entries) : undefined };
}

function readExternal({ location = '', offset = '0', length }: Record<string, string>): ExternalData {
  return { location, offset: Number(offset), length: length === undefined ? undefined : Number(length) };
}

/** ValueInfoProto of a tensor: through TypeProto, TypeProto.Tensor and TensorShapeProto. */
function readValue(reader: Reader, end: number): OnnxValue {
  const value = { name: '', dataType: 0, shape: undefined as (number | string)[] | undefined };
  const readShape = (_: Reader, shapeEnd: number) => {
    const shape: (number | string)[] = [];
    readFields(reader, shapeEnd, { 1: () => shape.push(readNested(reader, readDimension)) });
    value.shape = shape;
  };
  const readTensorType = (_: Reader, typeEnd: number) =>
    readFields(reader, typeEnd, {
      1: () => (value.dataType = reader.int32()),
      2: () => readNested(reader, readShape),
    });
  const readType = (_: Reader, typeEnd: number) =>
    readFields(reader, typeEnd, { 1: () => readNested(reader, readTensorType) });
  readFields(reader, end, { 1: () => (value.name = reader.text()), 2: () => readNested(reader, readType) });
  return value;
}

function readDimension(reader: Reader, end: number): number | string {
  let dimension: number | string = '';
  readFields(reader, end, {
    1: () => (dimension = reader.whole()),
    2: () => (dimension = reader.text()),
  });
  return dimension;
}

/** The bytes of a file. Attributes are integers, and tensors have raw data. */
export function writeOnnx({
  irVersion,
  producer,
  opset,
  graph,
  metadata,
}: Omit<OnnxModel, 'mlOpset'>): Uint8Array<ArrayBuffer> {
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
      writer.tag(20, WireType.Varint).int32(ATTRIBUTE.int);
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
