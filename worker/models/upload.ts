/**
 * Uploaded model files: our safetensors, kept byte for byte, and safetensors of other programs and ONNX, converted to
 * ours.
 */
import { describeValue, EdgeMlpError, errorMessage, formatNumber, shorten } from '../../src/core/errors.ts';
import { inputSize } from '../../src/core/spec.ts';
import { checkOnnxDescription, type Description, describeModel, readTask } from '../../src/format/description.ts';
import { parseDescribed } from '../../src/format/load-model.ts';
import { formatModel, type ModelFile } from '../../src/format/model-file.ts';
import { parseOnnx } from '../../src/format/onnx/import.ts';
import type { ExternalFiles } from '../../src/format/onnx/tensors.ts';
import { isSafetensors } from '../../src/format/safetensors.ts';
import { badRequest, HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';

/** A model file, and files that have tensors of an ONNX file. */
interface UploadedFiles {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly externalData?: ExternalFiles;
}

export interface Upload {
  readonly model: ModelFile;
  /** Safetensors. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const NAME = 'the upload';

/** The first bytes tell the format; the media type is not needed. Throws 400 or 413, or `bad-model`. */
export function readUpload({ bytes, externalData = {} }: UploadedFiles, description: Description): Upload {
  if (isSafetensors(bytes)) {
    const [other] = Object.keys(externalData);
    if (other !== undefined)
      throw badRequest(`${NAME}: expected safetensors without other files, got the file ${shorten(other)}`);
    const { model, own } = parseDescribed(bytes, NAME, description);
    checkNames(model);
    if (own) return { model, bytes };
    checkPixels(model, description);
    return { model, bytes: formatModel(model) };
  }
  if (!isOnnx(bytes)) throw badRequest(`${NAME}: expected safetensors or ONNX, got another format`);
  const total = [bytes, ...Object.values(externalData)].reduce((sum, { length }) => sum + length, 0);
  if (total > LIMITS.onnxBytes) {
    const most = formatNumber(LIMITS.onnxBytes);
    throw new HttpError(413, `${NAME}: expected at most ${most} bytes of ONNX, got ${formatNumber(total)}`);
  }
  checkOnnxDescription(description);
  const model = describeModel(parseOnnx(bytes, NAME, { externalData, task: readTask(description) }), description);
  checkNames(model);
  checkPixels(model, description);
  return { model, bytes: formatModel(model) };
}

/** Files of an upload; an ONNX file and its data have about two. */
const MOST_FILES = 16;

/**
 * The files of a form: the field `model` is the model file, and each other field is a file with tensors, whose file name
 * is the one in the ONNX file. Throws 400.
 */
export async function readForm(body: Uint8Array<ArrayBuffer>, contentType: string): Promise<UploadedFiles> {
  let form: FormData;
  try {
    form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
  } catch (error) {
    throw badRequest(`body: expected multipart/form-data, got: ${errorMessage(error)}`, error);
  }
  const parts = [...form].map(([field, value]) => {
    if (typeof value !== 'string') return { field, value };
    throw badRequest(`${shorten(field)}: expected a file, got a text`);
  });
  const models = parts.filter(({ field }) => field === 'model');
  const [model] = models;
  if (model === undefined || models.length > 1 || parts.length > MOST_FILES) {
    throw badRequest(`body: expected one field "model" and at most ${MOST_FILES} files, got ${parts.length} fields`);
  }
  const others = parts.filter((part) => part !== model);
  const names = others.map(({ value }) => value.name);
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated !== undefined) throw badRequest(`body: expected different file names, got ${shorten(repeated)} twice`);
  const read = async (file: Blob) => new Uint8Array(await file.arrayBuffer());
  const files = await Promise.all(others.map(async ({ value }) => [value.name, await read(value)] as const));
  return { bytes: await read(model.value), externalData: Object.fromEntries(files) };
}

/** The first field of an ONNX file has number 1, ir_version, a varint. */
function isOnnx(bytes: Uint8Array): boolean {
  return bytes[0] === 0x08;
}

/** Throws `bad-model` for names that are too long, empty or repeated. */
function checkNames({ info: { classes, targets = [], features = [] } }: ModelFile): void {
  const outputs = [...classes, ...targets.map(({ name }) => name)];
  const long = [...outputs, ...features].find((name) => name.length > LIMITS.nameLength);
  if (long !== undefined) {
    const message = `${NAME}: expected names of at most ${LIMITS.nameLength} characters, got one of ${long.length}`;
    throw new EdgeMlpError('bad-model', message);
  }
  const seen = new Set(['']);
  const repeated = outputs.find((name) => seen.size === seen.add(name).size);
  if (repeated !== undefined) {
    throw new EdgeMlpError(
      'bad-model',
      `${NAME}: expected distinct names of classes or targets, got ${describeValue(repeated)}`,
    );
  }
}

/**
 * 784 inputs are most likely MNIST pixels, which clients send as 0 to 255. A network that takes 0 to 1 would give wrong
 * answers without an error, so the upload must say what the inputs are. Throws `bad-argument`.
 */
function checkPixels({ info: { spec, scaling, imageShape } }: ModelFile, { scaling: described }: Description): void {
  const unclear = scaling.kind !== 'bytes' && imageShape === undefined && described === undefined;
  if (inputSize(spec) !== 784 || !unclear) return;
  throw new EdgeMlpError(
    'bad-argument',
    `${NAME}: expected a description of its 784 inputs, got none: add ?image=28x28 for pixels that the network takes as 0 to 1 (with mean and std if it was trained on standardised pixels), or ?scaling=identity for other numbers`,
  );
}
