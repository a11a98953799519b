/** The Worker with an additional minimal route, for bench/http.ts. */
import { createApp } from '../worker/app.ts';

const app = createApp();
app.on(['GET', 'POST'], '/hello', (c) => c.json({ hello: 'world' }));

export { JobDirectory } from '../worker/jobs/directory.ts';
export { TrainingJob } from '../worker/jobs/job.ts';
export { Learner } from '../worker/learners/learner.ts';
export { SweepWorkflow } from '../worker/sweeps/workflow.ts';

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
