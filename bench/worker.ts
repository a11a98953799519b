/** The Worker with an additional minimal route, for bench/http.ts. */
import { createApp } from '../worker/app.ts';

const app = createApp();
app.on(['GET', 'POST'], '/hello', (c) => c.json({ hello: 'world' }));

export {
  Directory,
  Learner,
  StoredDataset,
  StoredModel,
  StoredSweep,
  SweepWorkflow,
  TrainingJob,
} from '../worker/index.ts';

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
