/** Networks to bytes and back. */
export { formatModel, type ModelFile, type ModelInfo, mlpOf, type Provenance, parseModel } from './model-file.ts';
export { formatSafetensors, parseSafetensors, type Safetensors, type Tensor } from './safetensors.ts';
