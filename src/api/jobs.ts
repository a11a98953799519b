import { z } from './zod.ts';

export const JobId = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected the 64 hexadecimal digits of a job')
  .openapi({ param: { name: 'id', in: 'path' } });

export const Metrics = z
  .object({
    epoch: z.int(),
    trainLoss: z.number(),
    trainAccuracy: z.number(),
    validationLoss: z.number().nullable(),
    validationAccuracy: z.number().nullable(),
  })
  .openapi('EpochMetrics');

const Result = z.object({
  weightsSha256: z.string(),
  test: z.object({ samples: z.int(), loss: z.number(), accuracy: z.number() }).nullable(),
  published: z.object({ model: z.string(), version: z.int() }).nullable(),
});

const State = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('queued') }),
    z.object({ status: z.literal('running') }),
    z.object({ status: z.literal('succeeded'), result: Result }),
    z.object({ status: z.literal('failed'), code: z.string(), reason: z.string() }),
    z.object({ status: z.literal('cancelled') }),
  ])
  .openapi('JobState');

export const JobSchema = z
  .object({
    id: z.string(),
    spec: z.record(z.string(), z.unknown()).openapi({ description: 'As it was asked, with the defaults' }),
    layers: z.array(z.int()),
    parameters: z.int(),
    state: State,
    progress: z
      .object({
        step: z.int(),
        epoch: z.int(),
        epochs: z.int(),
        samples: z.int(),
        samplesPerEpoch: z.int(),
        loss: z.number().nullable(),
        accuracy: z.number().nullable(),
      })
      .nullable(),
    history: z.array(Metrics),
    slices: z.int(),
    computeMs: z.number().openapi({ description: 'Computing time of all slices, in milliseconds' }),
    created: z.string(),
    updated: z.string(),
  })
  .openapi('Job');
