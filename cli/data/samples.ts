/** Conversion of files to inputs of a model, for `predict`. */
import { buffer } from 'node:stream/consumers';
import { byteValue, type Inputs } from '../../src/core/dataset.ts';
import { EdgeMlpError, errorMessage } from '../../src/core/errors.ts';
import { inputSize } from '../../src/core/spec.ts';
import { type CsvSamples, csvSamples } from '../../src/data/csv-samples.ts';
import { decodeText, gunzipIfNeeded } from '../../src/data/decode.ts';
import { parseIdx } from '../../src/data/idx.ts';
import { jsonSamples } from '../../src/data/json-samples.ts';
import { decodePicture, detectPicture } from '../../src/data/picture/file.ts';
import { type GreyImage, pictureInputs, takesPictures } from '../../src/data/picture/index.ts';
import { scaleInputs } from '../../src/data/scaling.ts';
import { describeSamples, listColumns, type ModelInfo } from '../../src/format/metadata.ts';
import { fileError, readBytes } from '../files.ts';
import { isCsv, noteReading } from './csv-file.ts';
import { DECODERS } from './decoders.ts';
import type { DialectFlags } from './table-options.ts';

/** A file, or standard input. */
export interface InputFile {
  /** Argument of the command; `-` is standard input. */
  readonly file: string;
  /** Name in messages. */
  readonly name: string;
  /** Content, unpacked. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Decodes the file once, if it is an image. Throws EdgeMlpError "bad-data" for a damaged one, or another format. */
  readonly decode?: () => Promise<GreyImage>;
}

/** Throws EdgeMlpError "file", or "bad-data" for a damaged gzip file. */
export async function readInput(file: string): Promise<InputFile> {
  const name = file === '-' ? 'standard input' : file;
  const packed = file === '-' ? await readStandardInput(name) : await readBytes(file);
  const bytes = await gunzipIfNeeded(packed, name);
  if (isCsv(file) || detectPicture(bytes) === undefined) return { file, name, bytes };
  let image: Promise<GreyImage> | undefined;
  const decode = () => {
    image ??= decodePicture(bytes, name, { decoders: DECODERS });
    return image;
  };
  return { file, name, bytes, decode };
}

async function readStandardInput(name: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await buffer(process.stdin));
  } catch (cause) {
    throw fileError('read', name, cause);
  }
}

type InputFormat = 'picture' | 'idx' | 'json' | 'csv';

/** The format by the extension, or by the first bytes. A text of several lines that is not JSON is a table. */
export function detectFormat({ file, bytes, decode }: InputFile): InputFormat {
  if (isCsv(file)) return 'csv';
  if (decode !== undefined) return 'picture';
  if (bytes[0] === 0 && bytes[1] === 0) return 'idx';
  const text = bytes.find((byte) => byte > SPACE);
  const isJson = text === undefined || text === BRACKET || text === BRACE || !bytes.includes(LINE_FEED);
  return isJson ? 'json' : 'csv';
}

const [SPACE, LINE_FEED, BRACKET, BRACE] = [0x20, 0x0a, 0x5b, 0x7b];

/** The samples of a file, [samples][inputs]. Throws EdgeMlpError "bad-data", "bad-shape" or "file". */
export async function readSamples(input: InputFile, info: ModelInfo, flags: DialectFlags = {}): Promise<Inputs> {
  const { bytes, name, decode } = input;
  if (decode !== undefined) {
    checkTakesImages(info, name);
    return pictureInputs(await decode(), info, name);
  }
  switch (detectFormat(input)) {
    case 'idx':
      return idxInputs(bytes, name, info);
    case 'json':
      return jsonInputs(bytes, name, info);
    default:
      return csvInputs(bytes, name, info, flags);
  }
}

/** Throws EdgeMlpError "bad-data" for a model of numbers. */
export function checkTakesImages(info: ModelInfo, name: string): void {
  if (takesPictures(info) && info.scaling.kind === 'bytes') return;
  throw new EdgeMlpError('bad-data', `${name}: expected numbers, because the model takes no images, got an image`);
}

function idxInputs(bytes: Uint8Array<ArrayBuffer>, name: string, info: ModelInfo): Inputs {
  const rows = idxRows(bytes, name, inputSize(info.spec));
  return info.scaling.kind === 'bytes' ? rows : scaleInputs(Float32Array.from(rows), info.scaling);
}

/** The samples of an IDX file, [samples][columns]. Throws EdgeMlpError "bad-data" or "bad-shape". */
export function idxRows(bytes: Uint8Array<ArrayBuffer>, name: string, columns: number): Uint8Array<ArrayBuffer> {
  const { shape, data } = parseIdx(bytes, name, [2, 3]);
  const [, ...sides] = shape;
  if (sides.reduce((product, side) => product * side, 1) === columns) return data;
  throw new EdgeMlpError('bad-shape', `${name}: expected ${columns} inputs for each sample, got ${sides.join(' × ')}`);
}

function jsonInputs(bytes: Uint8Array, name: string, info: ModelInfo): Inputs {
  return jsonSamples(parseSampleJson(bytes, name), describeSamples(info), name);
}

/**
 * The samples of a CSV file, not scaled. The columns of the model are found by name; others are ignored.
 * Prints the numbers of filled cells and of unknown categories. Throws EdgeMlpError "bad-data".
 */
export function readCsvSamples(
  bytes: Uint8Array,
  name: string,
  info: ModelInfo,
  { encoding, ...flags }: DialectFlags,
): CsvSamples {
  const text = decodeText(bytes, name, encoding);
  const samples = csvSamples(text, { name, inputs: inputSize(info.spec), columns: listColumns(info), ...flags });
  noteReading(name, samples);
  return samples;
}

function csvInputs(bytes: Uint8Array, name: string, info: ModelInfo, flags: DialectFlags): Inputs {
  const { inputs } = readCsvSamples(bytes, name, info, flags);
  return info.scaling.kind === 'bytes' ? inputs.map(byteValue) : scaleInputs(inputs, info.scaling);
}

/** Throws EdgeMlpError "bad-data". */
export function parseSampleJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new EdgeMlpError(
      'bad-data',
      `${name}: expected an image, an IDX file, JSON or CSV, got: ${errorMessage(cause)}`,
      {
        cause,
      },
    );
  }
}
