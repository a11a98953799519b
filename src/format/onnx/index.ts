/** ONNX files of multilayer perceptrons, both ways. */
export { formatOnnx, OPSET } from './export.ts';
export { parseOnnx } from './import.ts';
