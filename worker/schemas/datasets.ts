import { z } from './zod.ts';

export const PieceNumber = z
  .string()
  .regex(/^\d{1,4}$/, 'expected a whole number up to 9999')
  .openapi({ param: { name: 'piece', in: 'path' } });

export const DatasetBody = z
  .object({ training: z.int().min(1).max(1000), test: z.int().min(0).max(1000).default(0) })
  .openapi({ description: 'How many pieces each part has' });

const PartSchema = z.object({ pieces: z.int(), samples: z.int(), nonZero: z.int() });

export const DatasetSchema = z
  .object({
    name: z.string(),
    rows: z.int(),
    columns: z.int(),
    classes: z.int(),
    training: PartSchema,
    test: PartSchema.nullable(),
    created: z.string(),
  })
  .openapi('Dataset');
