import { HIDDEN_ACTIVATIONS, INITIALISATIONS } from '../core/spec.ts';
import { Metrics } from './jobs.ts';
import { z } from './zod.ts';

export const SweepId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'expected the 32 hexadecimal digits of a sweep')
  .openapi({ param: { name: 'id', in: 'path' } });

const EpochRecord = Metrics.extend({
  trainEndLoss: z.number().openapi({ description: 'On the training set, with the weights of the epoch’s end' }),
  trainEndAccuracy: z.number(),
  seconds: z.number().openapi({ description: 'Of training, without evaluation' }),
}).openapi('EpochRecord');

const RunState = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('waiting') }),
    z.object({ status: z.literal('running'), share: z.number() }),
    z.object({
      status: z.literal('succeeded'),
      epochs: z.array(EpochRecord),
      validation: z
        .object({
          samples: z.int(),
          loss: z.number(),
          accuracy: z.number(),
          confusion: z.array(z.array(z.int())).openapi({ description: 'Samples by true and predicted class' }),
        })
        .nullable(),
      weightsSha256: z.string(),
    }),
    z.object({ status: z.literal('failed'), code: z.string(), reason: z.string() }),
  ])
  .openapi('RunState');

const Run = z.object({
  seed: z.int(),
  job: z.string().openapi({ description: 'Its job' }),
  state: RunState,
});

const Trial = z
  .object({
    options: z.object({
      learningRate: z.number(),
      hidden: z.array(z.int()),
      activation: z.enum(HIDDEN_ACTIVATIONS),
      init: z.enum(INITIALISATIONS).optional(),
      batchSize: z.int(),
      epochs: z.int(),
      momentum: z.number(),
      weightDecay: z.number(),
    }),
    layers: z.array(z.int()),
    initialisation: z.enum(INITIALISATIONS),
    runs: z.array(Run).openapi({ description: 'They differ in the seed alone' }),
  })
  .openapi('Trial');

export const SweepSchema = z
  .object({
    id: z.string(),
    state: z.discriminatedUnion('status', [
      z.object({ status: z.literal('running') }),
      z.object({ status: z.literal('finished') }),
      z.object({ status: z.literal('cancelled') }),
      z.object({ status: z.literal('failed'), reason: z.string() }),
    ]),
    data: z.string(),
    samples: z.object({ training: z.int(), validation: z.int() }),
    concurrency: z.int().openapi({ description: 'Jobs at the same time' }),
    trials: z.array(Trial),
    created: z.string(),
  })
  .openapi('Sweep');

export const SweepRecordSchema = z.object({
  id: z.string(),
  created: z.string(),
  data: z.string(),
  runs: z.int(),
});
