/** The Worker, and a minimal route for comparison: Hono without the middleware of the service (bench/http.ts). */
import { Hono } from 'hono';
import { createApp } from '../worker/app.ts';

const app = createApp();
const minimal = new Hono().on(['GET', 'POST'], '/hello', (c) => c.json({ hello: 'world' }));

export {
  Directory,
  Learner,
  StoredDataset,
  StoredModel,
  StoredSweep,
  SweepWorkflow,
  TrainingJob,
} from '../worker/index.ts';

export default {
  fetch: (request, env, context) =>
    new URL(request.url).pathname === '/hello' ? minimal.fetch(request) : app.fetch(request, env, context),
} satisfies ExportedHandler<Env>;
