/** The exports of kernels.wasm. */
export { distortBytes, distortSample, gaussianBasis, STATE_BYTES } from './distort';
export { exp, log } from './exp';
export {
  linearBackwardInput,
  linearBackwardWeight,
  linearBackwardWeightSparse,
  linearForward,
  linearForwardSparse,
} from './linear';
export {
  linearBackwardBiasBatch,
  linearBackwardInputBatch,
  linearBackwardWeightBatch,
  linearBackwardWeightColumns,
  linearBackwardWeightPairs,
  linearForwardBatch,
  linearForwardSparseBatch,
  packPairs,
  pairsBytes,
  transposeEntries,
} from './linear-batch';
export {
  applyDeferred,
  clearDeferred,
  DEFERRED_SAMPLES,
  deferEntries,
  forgetEntries,
  linearForwardDeferred,
} from './linear-deferred';
export {
  inputLevels,
  int8Bytes,
  linearForwardInt8,
  linearForwardInt8Sparse,
  packInt8,
  unpackInt8,
} from './linear-int8';
export * from './random';
export * from './record-offsets';
export {
  ACTIVATION_NONE,
  ACTIVATION_RELU,
  ACTIVATION_SIGMOID,
  ACTIVATION_TANH,
  INPUT_BYTES,
  INPUT_FLOATS,
  INPUT_PACKED,
} from './records';
export { reluBackward, reluForward } from './relu';
export { sgdStep } from './sgd';
export { sigmoidBackward, sigmoidForward } from './sigmoid';
export { argmax, crossEntropyForward, softmaxCrossEntropyBackward, softmaxForward } from './softmax-cross-entropy';
export { gatherBytes, gatherFloats, gatherPacked, packBytes, widenBytes } from './sparse';
export { tanhBackward, tanhForward } from './tanh';
export { MAX_MEMBERS } from './team';
export { packWeight, paddedColumns, unpackWeight } from './tile';
export { evaluateSamples, meanGradient, predictSamples, trainSteps } from './train';

/** First byte that the module itself does not use. */
export function heapBase(): usize {
  return __heap_base;
}
