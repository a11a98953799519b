import type { RegressionEvaluation } from '../core/evaluate-regression.ts';
import type { EpochRecord as CoreRecord } from '../core/recorder.ts';
import { INITIALISATIONS } from '../core/spec.ts';
import { distinct, HiddenActivations, type Input, Next, z } from './fields.ts';
import { EpochMetrics, JobRequest, JobSpec } from './jobs.ts';

/** Runs of a sweep: each takes three of the 1,024 steps that a workflow may have on the free plan. */
export const MAX_RUNS = 200;
const MAX_CONCURRENCY = 4;

export const SweepId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'expected the 32 hexadecimal digits of a sweep')
  .openapi({ description: 'Id of the sweep', param: { name: 'id', in: 'path' } });

const job = JobRequest.shape;
const values = <Item extends z.ZodType>(item: Item) => distinct(item, MAX_RUNS).optional();

/** The last option varies fastest. */
export const SweepGrid = z.strictObject({
  learningRate: values(job.learningRate.unwrap()).describe('Learning rates'),
  hidden: values(job.hidden.unwrap()).describe('Units of the hidden layers'),
  activation: values(job.activation.unwrap()).describe('Activations of the hidden layers'),
  init: values(job.init.unwrap()).describe('Distributions of the initial weights'),
  batchSize: values(job.batchSize.unwrap()).describe('Samples per step'),
  epochs: values(job.epochs.unwrap()).describe('Passes over the training set'),
  momentum: values(job.momentum.unwrap()).describe('Momentum coefficients'),
  optimizer: values(job.optimizer.unwrap()).describe('Optimizers'),
  weightDecay: values(job.weightDecay.unwrap()).describe('Weight decays'),
  clipNorm: values(job.clipNorm.unwrap()).describe('Greatest norms of a gradient'),
  dropout: values(job.dropout.unwrap()).describe('Probabilities of dropping a hidden unit'),
  loss: values(job.loss.unwrap()).describe('Losses of a regression'),
  classWeight: values(job.classWeight.unwrap()).describe('Weights of the classes'),
});
/** Values of each option. An absent option has the default of a job. */
export type SweepGrid = Input<typeof SweepGrid>;

export const SweepRequest = z
  .strictObject({
    data: job.data,
    scaling: job.scaling,
    grid: SweepGrid.default({}).openapi({
      description: 'Values of each option; an absent option has the default of a job',
      example: { learningRate: [0.003, 0.01, 0.03] },
    }),
    seeds: distinct(job.seed.unwrap(), MAX_RUNS)
      .default([job.seed.parse(undefined)])
      .describe('Seeds: every combination runs once per seed. Generated data come from the first seed.'),
    validation: job.validation,
    concurrency: z.int().min(1).max(MAX_CONCURRENCY).default(MAX_CONCURRENCY).describe('Jobs that run at a time'),
  })
  .openapi('SweepRequest');
/** Options of a sweep. */
export type SweepRequest = Input<typeof SweepRequest>;

export const EpochRecord = EpochMetrics.extend({
  trainEndLoss: z.number().describe('Loss on the training set at the end of the epoch'),
  trainEndAccuracy: z
    .number()
    .nullable()
    .describe('Accuracy on the training set at the end of the epoch, 0 to 1; null for regression'),
  trainEndR2: z.number().optional().describe('Regression: R² on the training set at the end of the epoch'),
  seconds: z.number().describe('Training time of the epoch, without evaluation'),
}).openapi('EpochRecord') satisfies z.ZodType<CoreRecord>;
/** Metrics of one epoch of a recorded run. */
export type EpochRecord = z.infer<typeof EpochRecord>;

const ClassifierMeasures = z.object({
  samples: z.int(),
  loss: z.number(),
  accuracy: z.number(),
  confusion: z.array(z.array(z.number())).describe('Samples by true class (row) and predicted class (column)'),
});

const Errors = {
  rmse: z.number().describe('Root of the mean squared error, in the unit of the target'),
  mae: z.number().describe('Mean absolute error, in the unit of the target'),
};
const R2 = z.number().describe('Coefficient of determination');

const RegressionMeasures = z.object({
  samples: z.int(),
  loss: z.number(),
  ...Errors,
  r2: R2,
  targets: z.array(z.object({ name: z.string(), ...Errors, r2: R2 })).describe('Measures of each target'),
  baseline: z.object(Errors).describe('Measures of predicting the mean of the training set'),
}) satisfies z.ZodType<RegressionEvaluation>;

export const RunState = z
  .discriminatedUnion('status', [
    z.object({ status: z.literal('waiting') }),
    z.object({ status: z.literal('running'), share: z.number().describe('Share that is done, 0 to 1') }),
    z.object({
      status: z.literal('succeeded'),
      epochs: z.array(EpochRecord),
      validation: z
        .union([ClassifierMeasures, RegressionMeasures])
        .nullable()
        .describe('Result of the final weights; null without validation samples'),
      weightsSha256: z.string().describe('SHA-256 of the weights and biases'),
    }),
    z.object({
      status: z.literal('failed'),
      code: z.string().describe('Stable error code, for programs'),
      reason: z.string().describe('Error message, for people'),
    }),
  ])
  .openapi('RunState');
/** State of a run, with what belongs to each state. */
export type RunState = z.infer<typeof RunState>;

export const SweepRun = z.object({
  seed: z.int().describe('Seed of the run'),
  job: z.string().describe('Id of the job'),
  state: RunState.openapi({ description: 'Current state' }),
});
/** One job of a sweep. */
export type SweepRun = z.infer<typeof SweepRun>;

export const SweepTrialOptions = z.object({
  learningRate: z.number().describe('Learning rate'),
  hidden: z.array(z.int()).describe('Units of each hidden layer'),
  activation: HiddenActivations.describe('Activation of the hidden layers: one for all, or a list'),
  init: z.enum(INITIALISATIONS).optional().describe('Distribution of the initial weights, if the grid names one'),
  batchSize: z.int().describe('Samples per step'),
  epochs: z.int().describe('Passes over the training set'),
  momentum: z.number().describe('Momentum coefficient'),
  optimizer: JobSpec.shape.optimizer.describe('Optimizer'),
  weightDecay: z.number().describe('Weight decay'),
  clipNorm: z.number().describe('Greatest norm of a gradient; 0: no limit'),
  dropout: z.number().describe('Probability of dropping a hidden unit'),
  loss: job.loss,
  classWeight: job.classWeight,
});
/** One combination of the grid, with the defaults filled in. */
export type SweepTrialOptions = z.infer<typeof SweepTrialOptions>;

export const SweepTrial = z
  .object({
    options: SweepTrialOptions.describe('Options, with the defaults filled in'),
    layers: z.array(z.int()).describe('[inputs, hidden …, classes]'),
    initialisation: z.enum(INITIALISATIONS).describe('Distribution of the initial weights'),
    runs: z.array(SweepRun).describe('One run per seed'),
  })
  .openapi('Trial');
/** One combination of the grid, and its runs. */
export type SweepTrial = z.infer<typeof SweepTrial>;

export const SweepState = z.discriminatedUnion('status', [
  z.object({ status: z.literal('running') }),
  z.object({ status: z.literal('finished') }),
  z.object({ status: z.literal('cancelled') }),
  z.object({ status: z.literal('failed'), reason: z.string().describe('Error message, for people') }),
]);
/** State of a sweep. A finished sweep may have failed runs. */
export type SweepState = z.infer<typeof SweepState>;

export const Sweep = z
  .object({
    id: z.string().describe('Id of the sweep'),
    state: SweepState.describe('Current state'),
    data: z.string().describe('Name of the data set'),
    samples: z.object({ training: z.int(), validation: z.int() }).describe('Number of samples of every run'),
    concurrency: z.int().describe('Jobs that run at a time'),
    trials: z.array(SweepTrial).describe('One trial per combination'),
    created: z.string().describe('Time of creation, ISO 8601'),
  })
  .openapi('Sweep');
/** A sweep: training jobs over a grid of options. */
export type Sweep = z.infer<typeof Sweep>;

export const SweepRecord = z.object({
  id: z.string().describe('Id of the sweep'),
  created: z.string().describe('Time of creation, ISO 8601'),
  data: z.string().describe('Name of the data set'),
  runs: z.int().describe('Number of runs'),
});
/** A sweep in the list. */
export type SweepRecord = z.infer<typeof SweepRecord>;

export const SweepList = z.object({ sweeps: z.array(SweepRecord), next: Next });
