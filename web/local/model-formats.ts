/** Conversion of model files for downloads. The converters load on first use. */
import { formatJson } from '../../src/format/json.ts';
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
  if (format === 'json') return new TextEncoder().encode(formatJson(model));
  const { formatCHeader } = await import('../../src/format/c-header.ts');
  return new TextEncoder().encode(formatCHeader(model, name.replace(/\W/g, '_')));
}
