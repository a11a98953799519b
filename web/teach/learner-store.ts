/** Where a learner lives: in this browser, or on the service. Both have the same methods. */
import type { Learner, PromoteResponse } from '../../src/client/index.ts';
import { isLocal } from '../local/local-run.ts';
import { createClient } from '../service.ts';
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

/** Requests are aborted with `signal`. */
export async function openLearners(id: string, signal: AbortSignal): Promise<LearnerStore> {
  if (!isLocal(id)) return openRemoteLearners(signal);
  return (await import('./local-learners.ts')).openLocalLearners(signal);
}

function openRemoteLearners(signal: AbortSignal): LearnerStore {
  // The token can change between two requests.
  const client = () => createClient(signal);
  return {
    get: (id) => client().learners.get(id),
    examples: async () => [],
    async teach(id, { sample, label }, key) {
      return (await client().learners.teach(id, { inputs: [...sample.raw], label }, key)).learner;
    },
    undo: (id, key) => client().learners.undo(id, key),
    reset: (id, key) => client().learners.reset(id, key),
    model: (id) => client().learners.model(id),
    baseModel: ({ model, version }) => client().models.download(model, version),
    promote: (id, name) => client().learners.promote(id, name),
    delete: (id) => client().learners.delete(id),
  };
}
