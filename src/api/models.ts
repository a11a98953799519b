import { PICTURE_FITS } from '../core/dataset.ts';
import { RECOGNITION_SCORES } from '../core/recognition.ts';
import { TableColumn } from './datasets.ts';
import { HiddenActivations, Next, z } from './fields.ts';

export const VersionNumber = z
  .string()
  .regex(/^\d{1,9}$/, 'expected a whole number')
  .openapi({ description: 'Version number', param: { name: 'version', in: 'path' } });

export const AliasName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'expected a name of up to 32 lower-case letters, digits, underscores and hyphens')
  .openapi({ description: 'Name of the alias', param: { name: 'alias', in: 'path' } });

export const Version = z
  .object({
    version: z.int().describe('Version number; 0 is the bundled model'),
    sha256: z.string().describe('SHA-256 of the file, hexadecimal'),
    bytes: z.int().describe('Size of the file'),
    layers: z.array(z.int()).describe('[inputs, hidden …, classes]'),
    hiddenActivation: HiddenActivations.describe('Activation of the hidden layers: one for all, or one for each'),
    targets: z.array(z.string()).optional().describe('Regression: names of the targets'),
    testAccuracy: z.number().nullable().describe('Test accuracy recorded in the file, 0 to 1; null if there is none'),
    testR2: z.number().optional().describe('Regression: R² on test samples, if the file has it'),
    created: z.string().describe('Upload time, ISO 8601; empty for the bundled model'),
  })
  .openapi('Version');
/** One file of a model. Versions never change. */
export type Version = z.infer<typeof Version>;

export const Uploaded = Version.extend({
  classes: z.array(z.string()).describe('Names of the classes, by label; empty for regression'),
  scaling: z
    .enum(['bytes', 'identity', 'standard'])
    .describe('bytes: pixels 0–255 are divided by 255; identity: numbers are used unchanged; standard: standardised'),
  imageShape: z.array(z.int()).optional().describe('Rows and columns, if an input is a picture'),
  pictures: z
    .enum(PICTURE_FITS)
    .optional()
    .describe('How a PNG becomes an input: centred (default), or as-is for PNGs of the exact size'),
  features: z.array(z.string()).optional().describe('Names of the inputs, if the file has them'),
  tableColumns: z
    .array(TableColumn)
    .optional()
    .describe('Columns of a table that become the inputs, if some have texts'),
  recognition: z
    .object({
      score: z
        .enum(RECOGNITION_SCORES)
        .describe(
          'entropy: 1 minus the entropy of the probabilities over log(classes); max-probability: the confidence',
        ),
      threshold: z.number().describe('Samples with a lower score are not recognized'),
    })
    .optional()
    .describe('Threshold below which a sample is not recognized, if the file has one'),
}).openapi('Uploaded');
/** An uploaded version, and how the service interprets its inputs and outputs. */
export type Uploaded = z.infer<typeof Uploaded>;

const queryText = (description: string, example: string) => z.string().optional().openapi({ description, example });

/** Metadata for a file of another program. Strict: a mistyped name would be ignored. */
export const UploadQuery = z.strictObject({
  activation: queryText(
    'safetensors of other programs: activation of the hidden layers, or one for each, comma-separated',
    'relu',
  ),
  layers: queryText(
    'safetensors of other programs: names of the weights from the first layer to the last, if several orders fit',
    'fc1.weight,fc2.weight',
  ),
  classes: queryText('Names of the classes, comma-separated', 'setosa,versicolor,virginica'),
  task: queryText('regression, if the outputs are numbers and not classes', 'regression'),
  targets: queryText('Names of the targets of a regression, comma-separated', 'price'),
  features: queryText('Names of the inputs, comma-separated', 'length,width'),
  image: queryText('Rows and columns of a picture whose pixels the network takes as 0 to 1', '28x28'),
  pictures: queryText('How a PNG becomes an input: centred, or as-is for PNGs of the exact size', 'as-is'),
  scaling: queryText('bytes: pixels that the network takes as 0 to 1; identity: numbers used unchanged', 'identity'),
  mean: queryText('Mean subtracted from the inputs in training: one number, or one per input', '0.1307'),
  std: queryText('Standard deviation that the inputs were divided by: one number, or one per input', '0.3081'),
});

export const Model = z
  .object({
    name: z.string().describe('Name of the model'),
    versions: z.array(Version).describe('Versions in ascending order'),
    aliases: z.record(z.string(), z.int()).describe('Version number of each alias'),
    served: z.int().describe('Version number that the alias stable points at'),
  })
  .openapi('Model');
/** A model with its versions and aliases. */
export type Model = z.infer<typeof Model>;

export const ModelList = z
  .object({ models: z.array(z.string()).describe('Names of the models, sorted'), next: Next })
  .openapi('ModelList');

export const AliasRequest = z
  .strictObject({ version: z.int().min(0).describe('Version number to point the alias at') })
  .openapi('AliasRequest');

export const Alias = z
  .object({
    name: z.string().describe('Name of the model'),
    alias: z.string().describe('Name of the alias; stable is served if a request names no version'),
    version: z.int().describe('Version number that the alias points at'),
    effectiveWithinSeconds: z.int().describe('Seconds until every location of the service uses it'),
  })
  .openapi('Alias');
/** A movable name for a version. */
export type Alias = z.infer<typeof Alias>;
