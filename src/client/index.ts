/**
 * A typed client of the service, for every runtime that has fetch.
 *
 * @module edge-mlp/client
 */
export { Client, type ModelOptions, type PredictResponse } from './client.ts';
export type { DatasetInfo, Datasets, PicturesInfo, PicturesPart, TableInfo } from './datasets.ts';
export {
  type EpochMetrics,
  isOver,
  type Job,
  type JobEvent,
  type JobOptions,
  type JobProgress,
  type JobState,
  type Jobs,
} from './jobs.ts';
export type {
  ExampleResponse,
  Learner,
  LearnerExample,
  LearnerOptions,
  LearnerPredictResponse,
  LearnerSample,
  Learners,
  PromoteResponse,
} from './learners.ts';
export type { Alias, Model, Models, Uploaded, UploadOptions, Version } from './models.ts';
export type { Prediction, Samples } from './samples.ts';
export type {
  EpochRecord,
  RunState,
  Sweep,
  SweepGrid,
  SweepOptions,
  SweepRecord,
  Sweeps,
  SweepTrial,
} from './sweeps.ts';
export { ClientError, type ClientOptions } from './transport.ts';
