import { ModelName } from './names.ts';
import { Pixels, Prediction, SCALE } from './predict.ts';
import { z } from './zod.ts';

export const LearnerId = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected the 64 hexadecimal digits of a learner')
  .openapi({ param: { name: 'id', in: 'path' } });

const Examples = z.int().openapi({ description: 'That it has learnt from, and not undone' });

export const LearnerSchema = z
  .object({
    id: z.string(),
    model: z.string(),
    version: z.int().openapi({ description: 'Of the model that it was forked from' }),
    examples: Examples,
    learningRate: z.number(),
    steps: z.int(),
    seed: z.int(),
    rehearsal: z
      .object({ data: z.string(), samples: z.int() })
      .nullable()
      .openapi({ description: 'What it keeps against forgetting' }),
    layers: z.array(z.int()),
    classes: z.array(z.string()),
    weightsSha256: z.string(),
    created: z.string(),
    updated: z.string(),
    expires: z.string().openapi({ description: 'When it is deleted, unless somebody asks or teaches it' }),
  })
  .openapi('Learner');

/** For the documents alone, as `PredictBody`: one sample, and what it is. */
const Label = z.union([z.int().min(0), z.string()]).openapi({ description: 'The right class: its index, or its name' });

export const ExampleBody = z
  .union([
    z.strictObject({ pixels: Pixels, scale: SCALE, label: Label }),
    z.strictObject({ inputs: Pixels, label: Label }),
  ])
  .openapi('ExampleRequest');

export const ExampleResponse = z
  .object({
    examples: Examples,
    before: Prediction.openapi({ description: 'What it said' }),
    after: Prediction.openapi({ description: 'What it says now' }),
    learner: LearnerSchema,
  })
  .openapi('ExampleResponse');

export const LearnerPredictResponse = z
  .object({
    learner: z.string(),
    model: z.string(),
    version: z.int(),
    examples: Examples,
    predictions: z.array(Prediction),
  })
  .openapi('LearnerPredictResponse');

export const PromoteBody = z
  .strictObject({ name: ModelName.openapi({ description: 'Of the model whose next version it becomes' }) })
  .openapi('PromoteRequest');

export const PromoteResponse = z
  .object({ model: z.string(), version: z.int(), examples: Examples })
  .openapi('PromoteResponse');
