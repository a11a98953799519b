import { PICTURE_FITS } from '../core/dataset.ts';
import type { TableColumn as Column } from '../core/table-columns.ts';
import { MISSING_POLICIES } from '../data/csv-table.ts';
import { type Input, ModelName, Next, z } from './fields.ts';

export const Part = z.enum(['training', 'test']).describe('Part of the data set');
/** Part of a data set. */
export type Part = z.infer<typeof Part>;

/** Name of a data set in a path. */
export const DatasetName = ModelName.openapi({ description: 'Name of the data set' });

export const PieceNumber = z
  .string()
  .regex(/^\d{1,3}$/, 'expected a whole number up to 999')
  .openapi({ description: 'Number of the piece, from 0', param: { name: 'piece', in: 'path' } });

export const LabelColumn = z.string().optional().describe('CSV: header of the label column; default: the last column');

export const Missing = z
  .enum(MISSING_POLICIES)
  .optional()
  .describe(
    'CSV: missing cells, such as NA: refused (default), or their rows are dropped, or jobs fill the cells with the mean or the most frequent value of the training samples',
  );

/** Query of a piece of a table. */
export const TableQuery = z.strictObject({
  label: LabelColumn,
  target: z
    .string()
    .optional()
    .describe('CSV: headers of the targets of a regression, comma-separated, instead of labels'),
  weight: z.string().optional().describe('CSV: header of the column with the weights of the samples'),
  missing: Missing,
  categories: z
    .string()
    .optional()
    .describe('CSV: headers of columns of numbers that are categories, comma-separated; texts are categories anyway'),
  maxCategories: z.coerce
    .number()
    .pipe(z.int().min(1).max(1000))
    .optional()
    .describe('CSV: most different texts of a column; default: 20'),
});
/** How a piece of a table is read. */
export type RowsOptions = Input<typeof TableQuery>;

/** How a column becomes inputs. */
export const TableColumn = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('number'),
    name: z.string().describe('Header of the column'),
    fill: z.number().optional().describe('Value of missing cells; default: missing cells are refused'),
  }),
  z.object({
    kind: z.literal('categories'),
    name: z.string().describe('Header of the column'),
    categories: z.array(z.string()).describe('Texts in the order of the inputs, one input each'),
    fill: z.string().optional().describe('Category of missing cells; default: missing cells are refused'),
  }),
]);

/** A column for an answer, whose lists are not readonly. */
export function copyColumn(column: Column): z.infer<typeof TableColumn> {
  return column.kind === 'number' ? column : { ...column, categories: [...column.categories] };
}

const ClassNames = z.array(z.string().min(1).max(100)).min(2).max(256);
const PictureFit = z.enum(PICTURE_FITS);

export const DatasetRequest = z
  .strictObject({
    training: z.int().min(1).max(1000).describe('Number of training pieces'),
    test: z.int().min(0).max(1000).default(0).describe('Number of test pieces; 0 for a table'),
    classNames: ClassNames.optional().describe(
      'Pictures: names of the classes, by label, for the models of jobs; default: numbers',
    ),
    pictures: PictureFit.optional().describe(
      'Pictures: how models of jobs turn a PNG into an input, centred (default) or as-is for PNGs of the exact size',
    ),
  })
  .openapi('DatasetRequest');
/** Number of pieces of each part, and what the pieces do not contain. */
export type DatasetRequest = Input<typeof DatasetRequest>;

/** How the columns of a table are read. */
const TABLE_COLUMNS = {
  features: z.array(z.string()).describe('Headers of the feature columns, in order'),
  labelName: z.string().describe('Header of the label column, or of the first target'),
  targets: z.array(z.string()).optional().describe('Regression: headers of the targets'),
  weightName: z.string().optional().describe('Header of the column with the weights of the samples'),
  delimiter: z.string().describe('Character between two cells'),
  classes: z.array(z.string()).describe('Names of the classes: numbers by value, then texts; empty for regression'),
  tableColumns: z
    .array(TableColumn)
    .optional()
    .describe('How the columns become inputs; absent if each of them is a number'),
  missing: Missing,
};

export const Piece = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('pictures'),
      samples: z.int(),
      rows: z.int().describe('Height of a picture, in pixels'),
      columns: z.int().describe('Width of a picture, in pixels'),
      classes: z.int().describe('Greatest label plus 1'),
      nonZero: z.int().describe('Number of non-zero pixels, which is what packed pictures keep in memory'),
    }),
    z.object({ kind: z.literal('table'), samples: z.int(), bytes: z.int(), ...TABLE_COLUMNS }),
  ])
  .openapi('Piece');
/** Contents of an uploaded piece. */
export type Piece = z.infer<typeof Piece>;

export const PicturesPart = z.object({
  pieces: z.int().describe('Number of uploaded pieces'),
  samples: z.int().describe('Number of pictures'),
  nonZero: z.int().describe('Number of non-zero pixels'),
});
/** Pictures of one part. */
export type PicturesPart = z.infer<typeof PicturesPart>;

const IDENTITY = {
  sha256: z.string().describe('Identity of the contents: a hash of the pieces and the description'),
  created: z.string().describe('Time of creation, ISO 8601'),
};

export const PicturesInfo = z.object({
  kind: z.literal('pictures').describe('Pictures of bytes, uploaded as IDX files'),
  name: z.string().describe('Name of the data set'),
  rows: z.int().describe('Height of a picture, in pixels'),
  columns: z.int().describe('Width of a picture, in pixels'),
  classes: z.int().describe('Number of classes'),
  classNames: z.array(z.string()).optional().describe('Names of the classes, by label; default: numbers'),
  pictures: PictureFit.optional().describe('How models of jobs turn a PNG into an input; default: centred'),
  training: PicturesPart.describe('Samples that jobs train on'),
  test: PicturesPart.nullable().describe('Samples that jobs with "final" are tested on; null if there are none'),
  ...IDENTITY,
});
/** A data set of pictures. */
export type PicturesInfo = z.infer<typeof PicturesInfo>;

export const TableInfo = z.object({
  kind: z.literal('table').describe('Rows of numbers and texts, uploaded as CSV files'),
  name: z.string().describe('Name of the data set'),
  ...TABLE_COLUMNS,
  training: z
    .object({
      pieces: z.int().describe('Number of uploaded pieces'),
      samples: z.int().describe('Number of rows'),
      pieceBytes: z.int().describe('Size of the largest piece'),
    })
    .describe('Samples that jobs train on'),
  test: z.null().describe('Always null: tables have no test part'),
  ...IDENTITY,
});
/** A data set of rows of numbers. */
export type TableInfo = z.infer<typeof TableInfo>;

export const DatasetInfo = z.discriminatedUnion('kind', [PicturesInfo, TableInfo]).openapi('Dataset');
/** Description of a data set. */
export type DatasetInfo = z.infer<typeof DatasetInfo>;

export const PieceList = z
  .object({
    pieces: z
      .array(
        z.object({
          part: Part,
          number: z.int().describe('Number of the piece, from 0'),
          sha256: z.string().describe('SHA-256 of the uploaded bytes'),
          labelName: z
            .string()
            .nullable()
            .describe('Table: header of the label column, or of the first target; null for pictures'),
          targets: TABLE_COLUMNS.targets,
          weightName: TABLE_COLUMNS.weightName,
          missing: Missing,
          categories: z.array(z.string()).optional().describe('Table: headers of the columns of categories'),
        }),
      )
      .describe('Uploaded pieces, by part and number'),
  })
  .openapi('PieceList');
/** The pieces that a service has of a data set. */
export type PieceList = z.infer<typeof PieceList>;

export const DatasetList = z.object({ datasets: z.array(z.string()), next: Next });
