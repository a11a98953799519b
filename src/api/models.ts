import { PICTURE_FITS } from '../core/dataset.ts';
import { z } from './zod.ts';

export const Version = z
  .object({
    version: z.int(),
    sha256: z.string(),
    bytes: z.int(),
    layers: z.array(z.int()),
    hiddenActivation: z.string(),
    testAccuracy: z.number().nullable(),
    created: z.string().openapi({ description: 'ISO 8601; empty for the bundled model' }),
  })
  .openapi('Version');

/** What an upload is taken for: it may have come without saying so. */
export const Uploaded = Version.extend({
  classes: z.array(z.string()),
  scaling: z.enum(['bytes', 'identity', 'standard']).openapi({
    description:
      'bytes: pixels 0–255, which the network takes from 0 to 1; identity: numbers as they are; standard: standardised',
  }),
  imageShape: z.array(z.int()).optional().openapi({ description: 'Rows and columns, where an input is a picture' }),
  pictures: z.enum(PICTURE_FITS).optional().openapi({ description: 'How a PNG becomes one; default: centred' }),
  features: z.array(z.string()).optional().openapi({ description: 'Names of the inputs, where they have some' }),
}).openapi('Uploaded');

const described = (description: string, example: string) => z.string().optional().openapi({ description, example });

/** What an ONNX file leaves open. Another name is a mistake, and would be taken for nothing. */
export const UploadQuery = z.strictObject({
  classes: described('Names of the classes, with commas between', 'setosa,versicolor,virginica'),
  features: described('Names of the inputs, with commas between', 'length,width'),
  image: described('Rows and columns of a picture, whose pixels the network takes from 0 to 1', '28x28'),
  pictures: described('How a PNG becomes one: centred, as digits are, or, of its very size, as-is', 'as-is'),
  scaling: described('bytes: pixels, which the network takes from 0 to 1; identity: numbers as they are', 'identity'),
  mean: described('What was taken away from the inputs in training: one number for each, or for all of them', '0.1307'),
  std: described('What they were divided by then', '0.3081'),
});

export const Model = z
  .object({
    name: z.string(),
    versions: z.array(Version),
    aliases: z.record(z.string(), z.int()),
    served: z.int().openapi({ description: 'The version that stable means' }),
  })
  .openapi('Model');

export const ModelList = z.object({ models: z.array(z.string()) }).openapi('ModelList');

export const AliasBody = z.object({ version: z.int().min(0) }).openapi('AliasRequest');

export const Alias = z
  .object({ name: z.string(), alias: z.string(), version: z.int(), effectiveWithinSeconds: z.int() })
  .openapi('Alias');
