import { type Input, ModelReference, STABLE, VersionReference, z } from './fields.ts';

/** Strict: with a mistyped name, `?versoin=2`, another version would answer. */
export const PredictQuery = z.strictObject({
  model: ModelReference.openapi({ description: 'Name of the model', example: 'mnist' }),
  version: VersionReference.default(STABLE).openapi({ description: 'Version number or alias', example: STABLE }),
});

export const Pixels = z.union([
  z.array(z.number()).describe('One flat sample: as many numbers as the model has inputs'),
  z.array(z.array(z.number())).describe('One sample in rows, or a list of flat samples'),
  z.array(z.array(z.array(z.number()))).describe('A list of samples in rows'),
]);
/** Numbers of one sample or several: flat, in rows, or a list of either. */
export type Pixels = Input<typeof Pixels>;

const Cell = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const NamedCells = z.record(z.string(), Cell);

/** For models of tables. */
export const Rows = z.union([
  NamedCells.describe(
    'The cells of one sample under the headers of their columns, such as {"mass": 180, "colour": "red"}',
  ),
  z.array(NamedCells).describe('A list of such samples'),
  z.array(z.array(Cell)).describe('A list of samples, each a list of cells in the order of the columns'),
]);
/** Samples of a table: cells under their headers, or in the order of the columns. */
export type Rows = Input<typeof Rows>;

export const Scale = z.number().positive().default(255).describe('The pixel value that means white');

/** For types and documentation only: `jsonSamples` checks a body 100 times faster, with more precise messages. */
export const PredictRequest = z
  .union([
    Pixels,
    Rows,
    z.strictObject({ inputs: z.union([Pixels, Rows]) }),
    z.strictObject({ pixels: Pixels, scale: Scale }),
  ])
  .openapi('PredictRequest');
/** Samples as JSON. */
export type PredictRequest = Input<typeof PredictRequest>;

export const Prediction = z
  .object({
    label: z.int().describe('Index of the most likely class'),
    class: z.string().describe('Name of the most likely class'),
    digit: z.int().optional().describe('The class as a number; only for models whose ten classes are the digits'),
    confidence: z.number().describe('Probability of the most likely class'),
    probabilities: z.array(z.number()).describe('Probability of each class, by label; the sum is 1'),
    recognized: z
      .boolean()
      .optional()
      .describe('false for a sample of no class; only from models with a recognition threshold'),
    score: z.number().optional().describe('Score that the threshold is compared with, 0 to 1; only with `recognized`'),
  })
  .openapi('Prediction');
/** The model's answer to one sample. */
export type Prediction = z.infer<typeof Prediction>;

export const Values = z
  .record(z.string(), z.number())
  .describe('Value of each target by its name, in the unit of the training data');

export const ValuePrediction = z.object({ values: Values }).openapi('ValuePrediction');
/** A regression's answer to one sample. */
export type ValuePrediction = z.infer<typeof ValuePrediction>;

const ANSWERED = {
  model: z.string().describe('Name of the model that answered'),
  version: z.int().describe('Version that answered; an alias is resolved to its number'),
};

export const PredictResponse = z
  .object({
    ...ANSWERED,
    predictions: z.array(Prediction).describe('One prediction per sample, in order'),
  })
  .openapi('PredictResponse');
/** Answer of POST /predict. */
export type PredictResponse = z.infer<typeof PredictResponse>;

export const ValuesResponse = z
  .object({ ...ANSWERED, predictions: z.array(ValuePrediction).describe('The values of each sample, in order') })
  .openapi('ValuesResponse');
/** Answer of POST /predict for a regression. */
export type ValuesResponse = z.infer<typeof ValuesResponse>;
