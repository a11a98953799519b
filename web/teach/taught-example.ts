import type { Prediction } from '../../src/core/mlp.ts';
import type { Sample } from '../inputs/sample.ts';

/** An example that a learner has learned. */
export interface TaughtExample {
  /** The learner's number of examples including this one. */
  readonly number: number;
  readonly sample: Sample;
  readonly label: number;
  /** The prediction before the example was taught. */
  readonly before: Prediction;
}
