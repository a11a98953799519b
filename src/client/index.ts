export { Client, type ModelOptions, type Prediction, type PredictResponse, type Samples } from './client.ts';
export type { DatasetInfo, PicturesInfo, PicturesPart, TableInfo } from './datasets.ts';
export type { EpochMetrics, Job, JobEvent, JobOptions, JobProgress, JobState } from './jobs.ts';
export type { Alias, Model, Version } from './models.ts';
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
