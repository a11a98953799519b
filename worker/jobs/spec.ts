/** What a job is asked to do. */
import { z } from '@hono/zod-openapi';
import { Name, NotNegative32, Positive32 } from '../../src/api/index.ts';
import {
  defaultInitialisation,
  HIDDEN_ACTIVATIONS,
  INITIALISATIONS,
  type MlpSpec,
  parameterCount,
} from '../../src/core/spec.ts';
import { TRAINING_DEFAULTS } from '../../src/core/training-options.ts';
import { defaultValidation, SCALINGS } from '../../src/data/parts.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { DataShape } from './shape.ts';

const MODEL_REFERENCE = /^[a-z0-9][a-z0-9._-]{0,63}(@(\d{1,9}|[a-z][a-z0-9_-]{0,31}))?$/i;

/** The names and defaults are those of `edge-mlp train`. */
export const JobRequest = z
  .strictObject({
    data: Name.default('digits').openapi({ description: 'digits, ellipse, or an uploaded set' }),
    scaling: z.enum(SCALINGS).default('standard').openapi({
      description: 'Of a table: standardise every feature by the training samples, or take numbers as they are',
    }),
    from: z
      .string()
      .regex(MODEL_REFERENCE, 'expected a model: its name, name@version or name@alias')
      .optional()
      .openapi({
        description:
          'Begin with the weights of a model; it has its own hidden, activation, scaling, classes and features',
        example: 'iris@2',
      }),
    hidden: z
      .array(z.int().min(1).max(4096))
      .max(8)
      .optional()
      .openapi({ example: [300] }),
    activation: z.enum(HIDDEN_ACTIVATIONS).default('sigmoid'),
    init: z.enum(INITIALISATIONS).optional(),
    epochs: z.int().min(1).max(1000).default(TRAINING_DEFAULTS.epochs),
    batchSize: z.int().min(1).max(1000).default(TRAINING_DEFAULTS.batchSize),
    learningRate: Positive32.default(TRAINING_DEFAULTS.learningRate),
    momentum: z.number().min(0).lt(1).default(TRAINING_DEFAULTS.momentum),
    weightDecay: NotNegative32.default(TRAINING_DEFAULTS.weightDecay),
    seed: z.int().min(0).max(0xffffffff).default(TRAINING_DEFAULTS.seed),
    dataSeed: z
      .int()
      .min(0)
      .max(0xffffffff)
      .optional()
      .openapi({ description: 'Of generated data and random splits; default: seed' }),
    validation: z.int().min(0).optional(),
    final: z.boolean().default(false).openapi({ description: 'Train on all samples, measure on the test set' }),
    record: z.boolean().default(false).openapi({
      description: 'Keep the loss of every step, and measure the training set after every epoch: GET /jobs/{id}/run',
    }),
    publish: Name.optional().openapi({ description: 'Name under which the model goes to the registry' }),
  })
  .openapi('JobRequest');

export type JobSpec = z.infer<typeof JobRequest>;

/** How many samples are held out. Throws 400. */
export function heldOut({ validation, final, data }: JobSpec, { trainingSamples }: DataShape): number {
  if (final && validation !== undefined) {
    throw new HttpError(400, 'validation: expected none beside final, which trains on all samples');
  }
  const held = final ? 0 : (validation ?? defaultValidation(trainingSamples));
  if (held < trainingSamples) return held;
  throw new HttpError(400, `validation: expected less than the ${trainingSamples} samples of ${data}, got ${held}`);
}

export function networkSpec({ hidden, activation }: JobSpec, shape: DataShape): MlpSpec {
  return { layers: [shape.inputs, ...(hidden ?? shape.hidden), shape.classes], hiddenActivation: activation };
}

export function chooseInitialisation({ init, activation }: JobSpec) {
  return init ?? defaultInitialisation(activation);
}

/** The confusion matrix of more would not fit into a cell of the job, or a step of a sweep. */
const RECORDED_CLASSES = 256;

/** Of each sample in a batch its entries, twice, and its outputs and deltas in every layer (src/core/layout.ts), padded. */
function batchBytes([inputs = 0, ...outputs]: readonly number[], rows: number): number {
  const padded = outputs.reduce((sum, count) => sum + count + 32, 0);
  return rows * (2 * 8 * inputs + 2 * 4 * padded + ROW_OVERHEAD_BYTES);
}

/** Losses, addresses and spans of a row. */
const ROW_OVERHEAD_BYTES = 256;

/**
 * Bytes that a job takes in its isolate: its samples, the network with what training and a checkpoint need, a batch, and what is
 * recorded of its steps, twice while it is put together. Throws 413 where that is too much.
 */
export function checkMemory(spec: JobSpec, shape: DataShape): number {
  if (spec.record && shape.classes > RECORDED_CLASSES) {
    const got = `${spec.data} has ${shape.classes}`;
    throw new HttpError(413, `record: expected data of at most ${RECORDED_CLASSES} classes, ${got}`);
  }
  // A model that is gone on from is there beside them, as a file and as numbers.
  const copies = (spec.momentum > 0 || spec.weightDecay > 0 ? 7 : 4) + (spec.from === undefined ? 0 : 2);
  const { layers } = networkSpec(spec, shape);
  const network = 4 * parameterCount(layers) * copies;
  const samples = shape.trainingSamples - heldOut(spec, shape);
  const batch = batchBytes(layers, Math.min(spec.batchSize, samples));
  const steps = spec.epochs * Math.ceil(samples / spec.batchSize);
  const recorded = spec.record ? 2 * 8 * steps : 0;
  const bytes = shape.bytes + network + batch + recorded;
  if (bytes <= LIMITS.jobBytes) return bytes;
  const megabytes = (value: number) => `${Math.ceil(value / 2 ** 20)} MB`;
  const parts = [
    `${megabytes(shape.bytes)} for the samples`,
    `${megabytes(network)} for the network`,
    `${megabytes(batch)} for a batch`,
    ...(recorded > 0 ? [`${megabytes(recorded)} for the record of its steps`] : []),
  ];
  throw new HttpError(
    413,
    `the job: expected at most ${megabytes(LIMITS.jobBytes)} of memory, got ${megabytes(bytes)}: ${parts.join(', ')}`,
  );
}
