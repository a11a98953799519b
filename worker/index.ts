/** The Worker. */
import { createApp } from './app.ts';

const app = createApp();

export { StoredDataset } from './datasets/stored-dataset.ts';
export { TrainingJob } from './jobs/job.ts';
export { Learner } from './learners/learner.ts';
export { StoredModel } from './models/stored-model.ts';
export { Directory } from './storage/directory.ts';
export { StoredSweep } from './sweeps/stored-sweep.ts';
export { SweepWorkflow } from './sweeps/workflow.ts';

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
