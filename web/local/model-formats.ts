/** Conversion of model files for downloads. The converters load on first use. */
import { parseModel } from '../../src/format/model-file.ts';

export const MODEL_FORMATS = {
  safetensors: 'safetensors',
  onnx: 'ONNX',
  json: 'JSON',
  h: 'C header',
} as const;
/** The extension of the file. */
export type ModelFormat = keyof typeof MODEL_FORMATS;

/** Converts a model file (safetensors). `name` is the prefix of the definitions of a C header. */
export async function convertModel(
  bytes: Uint8Array<ArrayBuffer>,
  format: ModelFormat,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (format === 'safetensors') return bytes;
  const model = parseModel(bytes, name);
  if (format === 'onnx') return (await import('../../src/format/onnx/export.ts')).formatOnnx(model);
  const text =
    format === 'json'
      ? (await import('../../src/format/json.ts')).formatJson(model)
      : (await import('../../src/format/c-header.ts')).formatCHeader(model, name.replace(/\W/g, '_'));
  return new TextEncoder().encode(text);
}
