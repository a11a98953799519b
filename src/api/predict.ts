import { NAME } from './names.ts';
import { z } from './zod.ts';

/** Another name is a mistake: `?versoin=2` would be answered by another version. */
export const PredictQuery = z.strictObject({
  model: z.string().regex(NAME, 'expected the name of a model').default('mnist').openapi({ example: 'mnist' }),
  version: z
    .string()
    .regex(/^(\d{1,9}|[a-z][a-z0-9_-]{0,31})$/, 'expected a number or an alias')
    .default('stable')
    .openapi({ description: 'A number or an alias', example: 'stable' }),
});

export const Pixels = z.union([
  z.array(z.number()).openapi({ description: 'One sample, flat: as many numbers as the model has inputs' }),
  z.array(z.array(z.number())).openapi({ description: 'One sample in rows, or a list of flat samples' }),
  z.array(z.array(z.array(z.number()))).openapi({ description: 'A list of samples in rows' }),
]);

export const SCALE = z.number().positive().default(255).openapi({ description: 'The number that stands for white' });

/** For the documents alone: `jsonSamples` checks a body a hundred times faster, and says what is wrong with it. */
export const PredictBody = z
  .union([
    Pixels,
    z.object({ inputs: Pixels }),
    z.object({
      pixels: Pixels,
      scale: SCALE,
    }),
  ])
  .openapi('PredictRequest');

export const Prediction = z
  .object({
    label: z.int().openapi({ description: 'Index of the most likely class' }),
    class: z.string().openapi({ description: 'Its name' }),
    digit: z.int().optional().openapi({ description: 'The class as a number, where the classes are digits' }),
    confidence: z.number().openapi({ description: 'Its probability' }),
    probabilities: z.array(z.number()).openapi({ description: 'One for each class; they add up to 1' }),
  })
  .openapi('Prediction');

export const PredictResponse = z
  .object({ model: z.string(), version: z.int(), predictions: z.array(Prediction) })
  .openapi('PredictResponse');
