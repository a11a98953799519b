/** Model files as they come in: our safetensors, kept byte for byte; ONNX, which becomes our safetensors. */
import { describeValue, EdgeMlpError, formatNumber } from '../../src/core/errors.ts';
import { inputSize } from '../../src/core/spec.ts';
import { type Description, describeModel } from '../../src/format/description.ts';
import { formatModel, type ModelFile, parseModel } from '../../src/format/model-file.ts';
import { parseOnnx } from '../../src/format/onnx/import.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';

export interface Upload {
  readonly model: ModelFile;
  /** Safetensors. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const NAME = 'the upload';

/** Of what media type it says it is there is no need: the first bytes tell. Throws 400 or 413. */
export function readUpload(bytes: Uint8Array<ArrayBuffer>, description: Description): Upload {
  if (isSafetensors(bytes)) {
    const [given] = Object.keys(description);
    if (given !== undefined)
      throw new HttpError(400, `${given}: expected it beside ONNX alone: safetensors say it themselves`);
    const model = parseModel(bytes, NAME);
    checkNames(model);
    return { model, bytes };
  }
  if (!isOnnx(bytes)) {
    throw new HttpError(400, `${NAME}: expected safetensors or ONNX, got neither by its first bytes`);
  }
  if (bytes.length > LIMITS.onnxBytes) {
    throw new HttpError(
      413,
      `${NAME}: expected at most ${formatNumber(LIMITS.onnxBytes)} bytes of ONNX, got ${formatNumber(bytes.length)}`,
    );
  }
  const model = describeModel(parseOnnx(bytes, NAME), description);
  checkNames(model);
  checkPixels(model, description);
  return { model, bytes: formatModel(model) };
}

/** A length of 64 bits that is no great one, and a JSON object. */
function isSafetensors(bytes: Uint8Array): boolean {
  return bytes.subarray(4, 8).every((byte) => byte === 0) && bytes[8] === 0x7b;
}

/** Throws `bad-model` for names that no answer could have. */
function checkNames({ info: { classes, features = [] } }: ModelFile): void {
  const long = [...classes, ...features].find((name) => name.length > LIMITS.nameLength);
  if (long !== undefined) {
    throw new EdgeMlpError(
      'bad-model',
      `${NAME}: expected names of at most ${LIMITS.nameLength} characters, got one of ${long.length}`,
    );
  }
  const seen = new Set(['']);
  const again = classes.find((name) => seen.size === seen.add(name).size);
  if (again !== undefined) {
    throw new EdgeMlpError('bad-model', `${NAME}: expected classes of names of their own, got ${describeValue(again)}`);
  }
}

/** The first field of an ONNX file is its number 1, ir_version, a varint. */
function isOnnx(bytes: Uint8Array): boolean {
  return bytes[0] === 0x08;
}

/**
 * Of 784 numbers that nothing is said of the most are pixels, and MNIST's go to /predict as 0–255: a network of numbers from 0
 * to 1 would answer, and be wrong. Whoever uploads it knows.
 */
function checkPixels({ info: { spec, scaling, imageShape } }: ModelFile, { scaling: said }: Description): void {
  if (inputSize(spec) !== 784 || scaling.kind === 'bytes' || imageShape !== undefined || said !== undefined) return;
  throw new EdgeMlpError(
    'bad-argument',
    `${NAME}: expected it to be said what its 784 inputs are, got nothing: ?image=28x28 for pixels, which the network takes from 0 to 1 (with mean and std, where it was trained on standardised ones), ?scaling=identity for numbers as they are`,
  );
}
