import { LEARNING_DEFAULTS } from '../core/learner.ts';
import {
  type Input,
  ModelName,
  ModelReference,
  Next,
  objectId,
  Positive32,
  Seed,
  STABLE,
  VersionReference,
  z,
} from './fields.ts';
import { NAME } from './limits.ts';
import { Pixels, Prediction, Rows, Scale, ValuePrediction, Values } from './predict.ts';

export const LearnerId = objectId('learner');

export const LearnerRequest = z
  .strictObject({
    model: ModelReference.openapi({ description: 'Name of the model to fork', example: 'mnist' }),
    version: z
      .union([z.int().min(0), VersionReference])
      .default(STABLE)
      .openapi({ description: 'Version number or alias', example: STABLE }),
    rehearsal: z
      .string()
      .regex(NAME, 'expected the name of a data set')
      .nullable()
      .optional()
      .describe(
        "Data set rehearsed with each example, to limit forgetting; null: none. Default: the model's training set if it is uploaded, else generated digits if they fit the model",
      ),
    learningRate: Positive32.refine((rate) => rate <= 100, 'expected at most 100')
      .optional()
      .describe('Learning rate. Default: 0.2, for a regression 0.01'),
    steps: z.int().min(1).max(100).default(LEARNING_DEFAULTS.steps).describe('SGD steps per example'),
    seed: Seed.default(LEARNING_DEFAULTS.seed).describe('Seed of the sample order'),
  })
  .openapi('LearnerRequest');
/** Options of a learner. */
export type LearnerRequest = Input<typeof LearnerRequest>;

const Examples = z.int().describe('Number of examples learned and not undone');

export const Learner = z
  .object({
    id: z.string().describe('Id of the learner'),
    model: z.string().describe('Name of the base model'),
    version: z.int().describe('Version of the base model'),
    examples: Examples,
    learningRate: z.number().describe('Learning rate'),
    steps: z.int().describe('SGD steps per example'),
    seed: z.int().describe('Seed of the sample order'),
    rehearsal: z
      .object({ data: z.string(), samples: z.int() })
      .nullable()
      .describe('Data set and number of the samples that are rehearsed; null if there are none'),
    layers: z.array(z.int()).describe('[inputs, hidden …, outputs]'),
    classes: z.array(z.string()).describe('Names of the classes, by label; empty for regression'),
    targets: z.array(z.string()).optional().describe('Regression: names of the targets'),
    weightsSha256: z.string().describe('SHA-256 of the weights and biases: equal hashes mean equal networks'),
    created: z.string().describe('Time of creation, ISO 8601'),
    updated: z.string().describe('Time of the last change, ISO 8601'),
    expires: z.string().describe('Time of deletion, ISO 8601; each use postpones it'),
  })
  .openapi('Learner');
/** A private copy of a model that learns from one example at a time. */
export type Learner = z.infer<typeof Learner>;

export const LearnerRecord = z.object({
  id: z.string().describe('Id of the learner'),
  model: z.string().describe('Name of the base model'),
  version: z.int().describe('Version of the base model'),
  created: z.string().describe('Time of creation, ISO 8601'),
});
/** A learner in the list. */
export type LearnerRecord = z.infer<typeof LearnerRecord>;

export const LearnerList = z.object({ learners: z.array(LearnerRecord), next: Next });

const Label = z.union([z.int().min(0), z.string()]).describe('Correct class: its index or its name');

/** For types and documentation only, as `PredictRequest`: one sample and its label. */
export const ExampleRequest = z
  .union([
    z.strictObject({ pixels: Pixels, scale: Scale, label: Label }),
    z.strictObject({ inputs: z.union([Pixels, Rows]), label: Label }),
  ])
  .openapi('ExampleRequest');
/** One sample and its label: pixels from 0 to `scale`, or inputs as the model takes them (pixels from 0 to 255). */
export type ExampleRequest = Input<typeof ExampleRequest>;

/** For types and documentation only: one sample and its values. */
export const ValuesExampleRequest = z
  .union([
    z.strictObject({ pixels: Pixels, scale: Scale, values: Values }),
    z.strictObject({ inputs: z.union([Pixels, Rows]), values: Values }),
  ])
  .openapi('ValuesExampleRequest');
/** One sample and the correct value of each target, for a learner of a regression. */
export type ValuesExampleRequest = Input<typeof ValuesExampleRequest>;

/** For documentation only: the bodies of POST /learners/ID/examples. */
export const TeachRequest = z.union([ExampleRequest, ValuesExampleRequest]).openapi('TeachRequest');
export type TeachRequest = Input<typeof TeachRequest>;

const TAUGHT = { examples: Examples, learner: Learner.openapi({ description: 'The learner after the example' }) };
const BEFORE = { description: 'Prediction for the sample before it was learned' };
const AFTER = { description: 'Prediction for the sample after it was learned' };

export const ExampleResponse = z
  .object({ ...TAUGHT, before: Prediction.openapi(BEFORE), after: Prediction.openapi(AFTER) })
  .openapi('ExampleResponse');
/** Effect of an example. */
export type ExampleResponse = z.infer<typeof ExampleResponse>;

export const ValuesExampleResponse = z
  .object({ ...TAUGHT, before: ValuePrediction.openapi(BEFORE), after: ValuePrediction.openapi(AFTER) })
  .openapi('ValuesExampleResponse');
/** Effect of an example on a regression. */
export type ValuesExampleResponse = z.infer<typeof ValuesExampleResponse>;

const ANSWERED = {
  learner: z.string().describe('Id of the learner'),
  model: z.string().describe('Name of the base model'),
  version: z.int().describe('Version of the base model'),
  examples: Examples,
};

export const LearnerPredictResponse = z
  .object({ ...ANSWERED, predictions: z.array(Prediction).describe('One prediction per sample, in order') })
  .openapi('LearnerPredictResponse');
/** Predictions of a learner. */
export type LearnerPredictResponse = z.infer<typeof LearnerPredictResponse>;

export const LearnerValuesResponse = z
  .object({ ...ANSWERED, predictions: z.array(ValuePrediction).describe('The values of each sample, in order') })
  .openapi('LearnerValuesResponse');
/** Predictions of a learner of a regression. */
export type LearnerValuesResponse = z.infer<typeof LearnerValuesResponse>;

export const PromoteRequest = z
  .strictObject({ name: ModelName.openapi({ description: 'Model whose next version the learner becomes' }) })
  .openapi('PromoteRequest');

export const PromoteResponse = z
  .object({
    model: z.string().describe('Name of the model'),
    version: z.int().describe('Published version'),
    examples: Examples,
  })
  .openapi('PromoteResponse');
/** Version that a learner was published as. */
export type PromoteResponse = z.infer<typeof PromoteResponse>;
