import { TABLE_STEPS } from '../core/default-options.ts';
import { REGRESSION_LOSSES } from '../core/loss.ts';
import type { Measures } from '../core/measures.ts';
import type { EpochMetrics as CoreMetrics } from '../core/metrics.ts';
import {
  ADAM_DEFAULTS,
  type Optimizer as CoreOptimizer,
  OPTIMIZER_DEFAULTS,
  OPTIMIZER_KINDS,
} from '../core/optimizers.ts';
import { INITIALISATIONS } from '../core/spec.ts';
import { TRAINING_DEFAULTS } from '../core/training-options.ts';
import { SCALINGS } from '../data/parts.ts';
import {
  Fraction32,
  HiddenActivations,
  type Input,
  Name,
  Next,
  NonNegative32,
  objectId,
  Positive32,
  Seed,
  z,
} from './fields.ts';
import { JOB_LIMITS } from './limits.ts';

export const JobId = objectId('job');

const MODEL_REFERENCE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(@(\d{1,9}|[a-z][a-z0-9_-]{0,31}))?$/;

const Coefficient = z.number().min(0).lt(1);

const Optimizer = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('sgd') }),
    z.strictObject({
      kind: z.enum(['adam', 'adamw']),
      beta1: Coefficient.default(ADAM_DEFAULTS.beta1).describe('Decay rate of the mean gradient'),
      beta2: Coefficient.default(ADAM_DEFAULTS.beta2).describe('Decay rate of the mean squared gradient'),
      epsilon: Positive32.default(ADAM_DEFAULTS.epsilon).describe('Term of the denominator'),
    }),
  ])
  .openapi('Optimizer') satisfies z.ZodType<CoreOptimizer>;

const OPTIMIZER_EXPECTED = `${OPTIMIZER_KINDS.join(', ')}, or an object such as {"kind": "adam", "beta1": 0.9}`;

/** Options whose defaults depend on other options and on the data. */
const CHOSEN = {
  epochs: z.int().min(1).max(JOB_LIMITS.epochs).describe('Passes over the training set'),
  batchSize: z.int().min(1).max(JOB_LIMITS.batchSize).describe('Samples per step'),
  learningRate: Positive32.describe('Learning rate'),
  weightDecay: NonNegative32.describe('Weight decay: L2 penalty, or decoupled in adamw'),
};
const { sgd, adam, adamw } = OPTIMIZER_DEFAULTS;

/** Names and defaults are those of `edge-mlp train`. */
export const JobRequest = z
  .strictObject({
    data: Name.default('digits').describe('Data set: digits, ellipse, or the name of an uploaded data set'),
    scaling: z
      .enum(SCALINGS)
      .default('standard')
      .describe('Tables: standardise each feature by the training samples, or use the numbers unchanged'),
    from: z.string().regex(MODEL_REFERENCE, 'expected a model: name, name@version or name@alias').optional().openapi({
      description:
        'Model whose weights training starts from: name, name@version or name@alias. The model defines hidden, activation, init, scaling and the classes.',
      example: 'iris@2',
    }),
    hidden: z
      .array(z.int().min(1).max(JOB_LIMITS.hiddenUnits))
      .max(JOB_LIMITS.hiddenLayers)
      .optional()
      .openapi({
        description: 'Units of each hidden layer; default: [300], [100] for tables, [3] for ellipse',
        example: [300],
      }),
    activation: HiddenActivations.default('sigmoid').describe(
      'Activation of the hidden layers: one for all, or a list',
    ),
    init: z
      .enum(INITIALISATIONS)
      .optional()
      .describe('Distribution of the initial weights; default: by the activation of each layer'),
    epochs: CHOSEN.epochs
      .optional()
      .describe(
        `Passes over the training set; default: ${TRAINING_DEFAULTS.epochs}; tables: as many as ${TABLE_STEPS.adam} steps need`,
      ),
    batchSize: CHOSEN.batchSize
      .optional()
      .describe(
        `Samples per step; default: ${TRAINING_DEFAULTS.batchSize}; tables: a sixteenth of the samples, up to 32`,
      ),
    optimizer: z
      .union([z.enum(OPTIMIZER_KINDS), Optimizer], {
        error: ({ input }) => `expected ${OPTIMIZER_EXPECTED}, got ${JSON.stringify(input)}`,
      })
      .optional()
      .describe('Optimizer, by name or with its options; default: sgd; tables: adam, or sgd with momentum'),
    learningRate: CHOSEN.learningRate
      .optional()
      .describe(`Learning rate; default: ${sgd.learningRate}, or ${adam.learningRate} with adam and adamw`),
    loss: z
      .enum(REGRESSION_LOSSES)
      .optional()
      .describe('Regression: loss of standardised targets; default: squared-error'),
    classWeight: z
      .union([z.literal('balanced'), z.record(z.string(), NonNegative32)])
      .optional()
      .describe('Weights of the classes in training: balanced, or a number for each class; default: 1 each'),
    momentum: Coefficient.default(TRAINING_DEFAULTS.momentum).describe('Momentum coefficient of sgd'),
    weightDecay: CHOSEN.weightDecay
      .optional()
      .describe(`Weight decay: L2 penalty, or decoupled in adamw; default: 0, or ${adamw.weightDecay} with adamw`),
    clipNorm: NonNegative32.default(TRAINING_DEFAULTS.clipNorm).describe('Greatest norm of a gradient; 0: no limit'),
    dropout: Fraction32.default(TRAINING_DEFAULTS.dropout).describe(
      'Probability of dropping each hidden unit in a training step; others are scaled by 1 / (1 - dropout)',
    ),
    seed: Seed.default(TRAINING_DEFAULTS.seed).describe('Seed of the initial weights, the sample order and the split'),
    dataSeed: Seed.optional().describe('Seed of generated data and of random splits; default: seed'),
    validation: z
      .number()
      .min(0)
      .refine((value) => value < 1 || Number.isSafeInteger(value), {
        error: ({ input }) => `expected a whole number, or a fraction below 1, got ${input}`,
      })
      .optional()
      .describe(
        'Samples held out for validation: a number, or a fraction below 1; default: 5000, or 10 % of a set of less than 50,000',
      ),
    final: z.boolean().default(false).describe('Train on all samples and measure on the test set'),
    record: z
      .boolean()
      .default(false)
      .describe('Record the loss of every step and evaluate the training set after each epoch: GET /jobs/{id}/run'),
    publish: Name.optional().describe('Name under which the trained model is published in the registry'),
  })
  .openapi('JobRequest');
/** Options of a training job. */
export type JobRequest = Input<typeof JobRequest>;
/** Options of a training job, with the defaults that do not depend on its data. */
export type RequestedJob = z.infer<typeof JobRequest>;

export const JobSpec = JobRequest.extend({
  ...CHOSEN,
  optimizer: Optimizer.describe('Optimizer with its options'),
}).openapi('JobSpec');
/** Options of a training job, with all defaults filled in. */
export type JobSpec = z.infer<typeof JobSpec>;

export const EpochMetrics = z
  .object({
    epoch: z.int().describe('Number of the epoch, from 1'),
    trainLoss: z.number().describe('Mean loss over the steps of the epoch; cross-entropy is in nats'),
    trainAccuracy: z.number().nullable().describe('Accuracy over the steps of the epoch, 0 to 1; null for regression'),
    validationLoss: z.number().nullable().describe('Loss at the end of the epoch; null without validation'),
    validationAccuracy: z
      .number()
      .nullable()
      .describe('Accuracy at the end of the epoch, 0 to 1; null without validation, or for regression'),
    validationR2: z
      .number()
      .nullable()
      .optional()
      .describe('Regression: R² at the end of the epoch; null without validation'),
  })
  .openapi('EpochMetrics') satisfies z.ZodType<CoreMetrics>;
/** Metrics of one epoch. */
export type EpochMetrics = z.infer<typeof EpochMetrics>;

const samples = z.int().describe('Number of samples');

/** Measures of a classifier, or of a regression in the units of its targets. */
const JobMeasures = z.union([
  z.object({
    samples,
    loss: z.number().describe('Mean cross-entropy, in nats'),
    accuracy: z.number().describe('Fraction of correct predictions'),
    balancedAccuracy: z.number().describe('Mean recall of the classes'),
    macroF1: z.number().describe('Mean F1 score of the classes'),
  }),
  z.object({
    samples,
    loss: z.number().describe('Mean loss of the standardised targets'),
    rmse: z.number().describe('Root of the mean squared error'),
    mae: z.number().describe('Mean absolute error'),
    r2: z.number().describe('Coefficient of determination'),
  }),
]) satisfies z.ZodType<Measures>;

export const JobResult = z.object({
  weightsSha256: z.string().describe('SHA-256 of the weights and biases: equal hashes mean equal networks'),
  validation: JobMeasures.optional().describe('Result on the validation samples, of a regression or with "record"'),
  test: JobMeasures.nullable().describe('Result on the test set; null without "final" or test samples'),
  published: z
    .object({ model: z.string(), version: z.int() })
    .nullable()
    .describe('Published version; null without "publish"'),
});
/** Result of a job that succeeded. */
export type JobResult = z.infer<typeof JobResult>;

export const JobState = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('queued') }),
    z.object({ status: z.literal('running') }),
    z.object({ status: z.literal('succeeded'), result: JobResult }),
    z.object({
      status: z.literal('failed'),
      code: z.string().describe('Stable error code, for programs'),
      reason: z.string().describe('Error message, for people'),
    }),
    z.object({ status: z.literal('cancelled') }),
  ])
  .openapi('JobState');
/** State of a job, with what belongs to each state. */
export type JobState = z.infer<typeof JobState>;

export const JobProgress = z.object({
  step: z.int().describe('Steps since the start'),
  epoch: z.int().describe('Number of the current or last epoch, from 1'),
  epochs: z.int().describe('Total number of epochs'),
  samples: z.int().describe('Samples of the current epoch that are processed'),
  samplesPerEpoch: z.int().describe('Samples of the training set'),
  loss: z.number().nullable().describe('Running mean loss of the epoch, in nats; null before the first step'),
  accuracy: z.number().nullable().describe('Running accuracy of the epoch, 0 to 1; null before the first step'),
});
/** Progress of a job. */
export type JobProgress = z.infer<typeof JobProgress>;

export const Job = z
  .object({
    id: z.string().describe('Id of the job'),
    spec: JobSpec.openapi({ description: 'Options of the job, with the defaults filled in' }),
    layers: z.array(z.int()).describe('[inputs, hidden …, classes]'),
    parameters: z.int().describe('Number of weights and biases'),
    state: JobState.openapi({ description: 'Current state' }),
    progress: JobProgress.nullable().describe('Progress; null before the first slice'),
    history: z.array(EpochMetrics).describe('Metrics of the finished epochs'),
    slices: z.int().describe('Slices of work that are committed'),
    computeMs: z.number().describe('Computing time of all slices, in milliseconds'),
    created: z.string().describe('Time of creation, ISO 8601'),
    updated: z.string().describe('Time of the last change, ISO 8601'),
  })
  .openapi('Job');
/** A training job. */
export type Job = z.infer<typeof Job>;

export const JobSummary = z
  .object({
    id: z.string().describe('Id of the job'),
    data: z.string().describe('Name of the data set'),
    epochs: z.int().describe('Passes over the training set'),
    publish: z.string().nullable().describe('Name under which the model is published; null if it is not'),
    layers: z.array(z.int()).describe('[inputs, hidden …, classes]'),
    state: JobState.openapi({ description: 'State; the job itself has its progress' }),
    created: z.string().describe('Time of creation, ISO 8601'),
    updated: z.string().describe('Time of the last change of the state, ISO 8601'),
  })
  .openapi('JobSummary');
/** A job in the list. */
export type JobSummary = z.infer<typeof JobSummary>;

export const JobList = z.object({ jobs: z.array(JobSummary), next: Next });

const EVENT = { id: z.int().describe('Number of the event, from 1') };

export const JobEvent = z.discriminatedUnion('type', [
  JobProgress.extend({ ...EVENT, type: z.literal('progress') }),
  z.object({ ...EVENT, type: z.literal('epoch'), metrics: EpochMetrics }),
  z.object({ ...EVENT, type: z.literal('state'), state: JobState }),
]);
/** Event of a job. */
export type JobEvent = z.infer<typeof JobEvent>;
