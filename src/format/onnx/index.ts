/**
 * Reads and writes ONNX files of multilayer perceptrons.
 *
 * @module edge-mlp/onnx
 */
export { formatOnnx, OPSET } from './export.ts';
export { listExternalFiles } from './external-files.ts';
export { type ImportOptions, parseOnnx } from './import.ts';
export type { ExternalFiles } from './tensors.ts';
