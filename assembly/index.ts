/** The exports of kernels.wasm. testing.ts exports the kernels that only tests and benchmarks call. */
export { distortSample } from './distort';
export * from './memory-map';
export { glorotUniform, heNormal, lecunNormal, RANDOM_STATE_BYTES, seedRandom, shuffle } from './random';
export {
  ACTIVATION_ELU,
  ACTIVATION_GELU,
  ACTIVATION_GELU_TANH,
  ACTIVATION_IDENTITY,
  ACTIVATION_LEAKY_RELU,
  ACTIVATION_RELU,
  ACTIVATION_SIGMOID,
  ACTIVATION_SILU,
  ACTIVATION_SOFTPLUS,
  ACTIVATION_TANH,
  INPUT_BYTES,
  INPUT_FLOATS,
  INPUT_PACKED,
  LOSS_ABSOLUTE_ERROR,
  LOSS_CROSS_ENTROPY,
  LOSS_HUBER,
  LOSS_SQUARED_ERROR,
  OPTIMIZER_ADAM,
  OPTIMIZER_ADAMW,
} from './records';
export { countNonZero, packBytes } from './sparse';
export { evaluateSamples, meanGradient, predictSamples, trainSteps } from './train';
export { transformPicture } from './transform';

/** First byte that the module does not use. */
export function heapBase(): usize {
  return __heap_base;
}
