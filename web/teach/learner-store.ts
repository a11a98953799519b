/** The methods of learners, in this browser or on the service. */
import type { Learner, PromoteResponse } from '../../src/client/index.ts';
import type { TaughtExample } from './taught-example.ts';

/** Methods throw ClientError, or EdgeMlpError. A repeated key changes a learner of the service once. */
export interface LearnerStore {
  get(id: string): Promise<Learner>;
  /** Examples of earlier visits, oldest first. The service does not return them. */
  examples(id: string): Promise<readonly TaughtExample[]>;
  teach(id: string, example: TaughtExample, key: string): Promise<Learner>;
  undo(id: string, key: string): Promise<Learner>;
  reset(id: string, key: string): Promise<Learner>;
  /** The model file (safetensors). */
  model(id: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The model file without any example. */
  baseModel(learner: Learner): Promise<Uint8Array<ArrayBuffer>>;
  /** Publishes the learner on the service. */
  promote(id: string, name: string): Promise<PromoteResponse>;
  delete(id: string): Promise<void>;
}
