/**
 * The float64 oracle for every kernel. It imports nothing from the rest of the library.
 *
 * @module edge-mlp/reference
 */
export { ACTIVATIONS, type Activation, type ActivationFunction } from './activations.ts';
export { centralDifference, numericalGradient } from './central-difference.ts';
export * from './mlp.ts';
export * from './optimizer.ts';
export * from './regression-loss.ts';
export * from './softmax-cross-entropy.ts';
