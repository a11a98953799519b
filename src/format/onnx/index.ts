/**
 * Reads and writes ONNX files of multilayer perceptrons.
 *
 * @module edge-mlp/onnx
 */
export { formatOnnx, OPSET } from './export.ts';
export { parseOnnx } from './import.ts';
