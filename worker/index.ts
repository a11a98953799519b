/** The Worker. */
import { createApp } from './app.ts';

const app = createApp();

export { JobDirectory } from './jobs/directory.ts';
export { TrainingJob } from './jobs/job.ts';
export { Learner } from './learners/learner.ts';
export { SweepWorkflow } from './sweeps/workflow.ts';

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
