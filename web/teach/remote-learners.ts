/** The learners of the service. */
import { createClient } from '../service.ts';
import type { LearnerStore } from './learner-store.ts';

/** Requests are aborted with `signal`. */
export function openRemoteLearners(signal: AbortSignal): LearnerStore {
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
