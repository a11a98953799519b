/**
 * ONNX files of multilayer perceptrons, both ways.
 *
 * @module onnx
 */
export { formatOnnx, OPSET } from './export.ts';
export { parseOnnx } from './import.ts';
