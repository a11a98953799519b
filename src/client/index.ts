/**
 * A typed client of the HTTP service, for every runtime with `fetch`.
 *
 * @module edge-mlp/client
 */
export type * from '../api/datasets.ts';
export type * from '../api/jobs.ts';
export type * from '../api/learners.ts';
export type * from '../api/models.ts';
export type * from '../api/predict.ts';
export { isOver } from '../api/states.ts';
export type * from '../api/sweeps.ts';
export type * from '../api/usage.ts';
export { Client, type ModelOptions } from './client.ts';
export { ClientError } from './client-error.ts';
export type { Datasets } from './datasets.ts';
export type { Jobs } from './jobs.ts';
export type { Learners } from './learners.ts';
export type { Models, UploadOptions } from './models.ts';
export type { RetryOptions, RetryPause } from './retry.ts';
export type { Sweeps } from './sweeps.ts';
export type { ClientOptions, ImageSample, Samples } from './transport.ts';
