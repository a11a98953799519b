/** Limits that the page checks as well. Without zod, so that the page needs no validation library. */

/** Names of models and data sets. Without flags, because the OpenAPI document can contain only the source. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Largest values of a job's options. */
export const JOB_LIMITS = { hiddenLayers: 8, hiddenUnits: 4096, epochs: 1000, batchSize: 1000 } as const;

export const MAX_SEED = 2 ** 32 - 1;
