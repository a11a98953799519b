/**
 * The assignment's questions 1 to 3, and the float64 oracle for every kernel. It imports nothing from the rest.
 *
 * @module reference
 */
export { centralDifference, numericalGradient } from './central-difference.ts';
export * from './mlp.ts';
export { QUESTION_THREE, type ScalarPass, scalarPasses } from './question-three.ts';
export * from './softmax-cross-entropy.ts';
