import { z } from './fields.ts';

const Count = z.int();

export const Usage = z
  .object({
    owner: z.string().describe('Name of the token'),
    bytes: z.int().describe('Bytes of all that the token owns'),
    limit: z.int().nullable().describe('Quota of the token in bytes; null for the scope admin'),
    models: Count.describe('Number of models'),
    datasets: Count.describe('Number of data sets'),
    jobs: Count.describe('Number of jobs, with the jobs of sweeps'),
    sweeps: Count.describe('Number of sweeps'),
    learners: Count.describe('Number of learners'),
    total: z
      .object({
        bytes: z.int().describe('Bytes of all tokens'),
        limit: z.int().describe('Quota of all tokens in bytes'),
      })
      .describe('Storage of the service'),
  })
  .openapi('Usage');
/** Storage that a token uses. */
export type Usage = z.infer<typeof Usage>;
