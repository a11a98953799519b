import { PICTURE_FITS } from '../core/dataset.ts';
import { z } from './zod.ts';

export const PieceNumber = z
  .string()
  .regex(/^\d{1,3}$/, 'expected a whole number up to 999')
  .openapi({ param: { name: 'piece', in: 'path' } });

export const LabelColumn = z
  .string()
  .optional()
  .openapi({ description: 'CSV: the column with the classes, by its header; the last where it is absent' });

const PictureFit = z.enum(PICTURE_FITS).openapi({
  description:
    "How a picture becomes such a sample, for a job's model: as-is, of the very size, or centred, as it is where this is absent",
});

export const DatasetBody = z
  .strictObject({
    training: z.int().min(1).max(1000),
    test: z.int().min(0).max(1000).default(0),
    classNames: z
      .array(z.string().min(1).max(100))
      .min(2)
      .max(256)
      .optional()
      .openapi({ description: "Of pictures, by label: a job's model has them; numbers where they are absent" }),
    pictures: PictureFit.optional(),
  })
  .openapi({ description: 'How many pieces each part has; a table has no test part' });

/** How a table's columns are read. */
const TableHead = {
  features: z.array(z.string()).openapi({ description: 'Headers of the numbers, in their order' }),
  labelName: z.string().openapi({ description: 'Header of the classes' }),
  delimiter: z.string(),
  classes: z.array(z.string()).openapi({ description: 'Sorted: numbers by value, before texts' }),
};

/** What is in a piece. */
export const PieceSchema = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('pictures'),
      samples: z.int(),
      rows: z.int(),
      columns: z.int(),
      classes: z.int().openapi({ description: 'The greatest label and one' }),
      nonZero: z.int().openapi({ description: 'Pixels that are not zero: what is kept of them in memory' }),
    }),
    z.object({ kind: z.literal('table'), samples: z.int(), bytes: z.int(), ...TableHead }),
  ])
  .openapi('Piece');

const PicturesPart = z.object({ pieces: z.int(), samples: z.int(), nonZero: z.int() });
const TablePart = z.object({
  pieces: z.int(),
  samples: z.int(),
  pieceBytes: z.int().openapi({ description: 'Of the largest piece' }),
});

const Identity = z.string().openapi({ description: 'Of all pieces: another set has another' });

export const DatasetSchema = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('pictures'),
      name: z.string(),
      rows: z.int(),
      columns: z.int(),
      classes: z.int(),
      classNames: z.array(z.string()).optional(),
      pictures: PictureFit.optional(),
      training: PicturesPart,
      test: PicturesPart.nullable(),
      sha256: Identity,
      created: z.string(),
    }),
    z.object({
      kind: z.literal('table'),
      name: z.string(),
      ...TableHead,
      training: TablePart,
      test: z.null(),
      sha256: Identity,
      created: z.string(),
    }),
  ])
  .openapi('Dataset');
