/**
 * Model files: safetensors, JSON and C headers.
 *
 * @module edge-mlp/format
 */
export { formatCHeader } from './c-header.ts';
export { type Description, type DescriptionTexts, describeModel, parseDescription } from './description.ts';
export { formatJson } from './json.ts';
export type { Corrections, ModelInfo, Provenance } from './metadata.ts';
export { createMlp, formatModel, type ModelFile, parseModel, quantizeModel } from './model-file.ts';
export { formatSafetensors, parseSafetensors, type Safetensors, type Tensor } from './safetensors.ts';
