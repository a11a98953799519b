/** What requests and responses look like: for the checks, for /openapi.json, and for the client. */
export * from './datasets.ts';
export * from './jobs.ts';
export * from './learners.ts';
export * from './models.ts';
export * from './names.ts';
export * from './numbers.ts';
export * from './predict.ts';
export * from './sweeps.ts';
