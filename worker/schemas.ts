/** What requests and responses look like: for the checks, for /openapi.json, and for the client. */
import { z } from '@hono/zod-openapi';

// zod would compile checks with Function(), which Workers refuse.
z.config({ jitless: true });

export const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i;

export const ErrorBody = z.object({ error: z.string() }).openapi('Error');

/** /v2/models/stats has a meaning of its own. */
const RESERVED = 'stats';

export const ModelName = z
  .string()
  .regex(NAME, 'expected a name of letters, digits, dots, underscores and hyphens, up to 64')
  .refine((name) => name !== RESERVED, `expected another name than ${RESERVED}`)
  .openapi({ param: { name: 'name', in: 'path' }, example: 'mnist' });

export const VersionNumber = z
  .string()
  .regex(/^\d{1,9}$/, 'expected a whole number')
  .openapi({ param: { name: 'version', in: 'path' }, example: '1' });

export const AliasName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'expected a name of small letters, digits, underscores and hyphens, up to 32')
  .openapi({ param: { name: 'alias', in: 'path' }, example: 'stable' });

export const PredictQuery = z.object({
  model: z.string().regex(NAME, 'expected the name of a model').default('mnist').openapi({ example: 'mnist' }),
  version: z
    .string()
    .regex(/^(\d{1,9}|[a-z][a-z0-9_-]{0,31})$/, 'expected a number or an alias')
    .default('stable')
    .openapi({ description: 'A number or an alias', example: 'stable' }),
});

const Pixels = z.union([
  z.array(z.number()).openapi({ description: 'One sample, flat: 784 numbers' }),
  z.array(z.array(z.number())).openapi({ description: 'One sample in rows, or a list of flat samples' }),
  z.array(z.array(z.array(z.number()))).openapi({ description: 'A list of samples in rows' }),
]);

/** For the documents alone: `jsonSamples` checks a body a hundred times faster, and says what is wrong with it. */
export const PredictBody = z
  .union([
    Pixels,
    z.object({
      pixels: Pixels,
      scale: z.number().positive().default(255).openapi({ description: 'The number that stands for white' }),
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

export const JobId = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected the 64 hexadecimal digits of a job')
  .openapi({ param: { name: 'id', in: 'path' } });

const Metrics = z
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
