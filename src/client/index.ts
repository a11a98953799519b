export { Client, type ModelOptions, type PredictResponse } from './client.ts';
export type { DatasetInfo, PicturesInfo, PicturesPart, TableInfo } from './datasets.ts';
export {
  type EpochMetrics,
  isOver,
  type Job,
  type JobEvent,
  type JobOptions,
  type JobProgress,
  type JobState,
} from './jobs.ts';
export type {
  ExampleResponse,
  Learner,
  LearnerExample,
  LearnerOptions,
  LearnerPredictResponse,
  PromoteResponse,
} from './learners.ts';
export type { Alias, Model, Uploaded, UploadOptions, Version } from './models.ts';
export type { Prediction, Samples } from './samples.ts';
export type {
  EpochRecord,
  RunState,
  Sweep,
  SweepGrid,
  SweepOptions,
  SweepRecord,
  SweepTrial,
} from './sweeps.ts';
export { ClientError, type ClientOptions } from './transport.ts';
