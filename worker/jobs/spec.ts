/** What a job is asked to do. */
import { z } from '@hono/zod-openapi';
import { type Dataset, splitTail } from '../../src/core/dataset.ts';
import { defaultInitialisation } from '../../src/core/mlp.ts';
import { HIDDEN_ACTIVATIONS, INITIALISATIONS, type MlpSpec, parameterCount } from '../../src/core/spec.ts';
import { TRAINING_DEFAULTS } from '../../src/core/train.ts';
import { defaultValidation, GENERATED_NAMES, generatedSets } from '../../src/data/generated.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { NAME } from '../schemas.ts';

/** The names and defaults are those of `edge-mlp train`. */
export const JobRequest = z
  .strictObject({
    data: z.enum(GENERATED_NAMES).default('digits').openapi({ description: 'A generated set' }),
    hidden: z
      .array(z.int().min(1).max(4096))
      .max(8)
      .optional()
      .openapi({ example: [300] }),
    activation: z.enum(HIDDEN_ACTIVATIONS).default('sigmoid'),
    init: z.enum(INITIALISATIONS).optional(),
    epochs: z.int().min(1).max(1000).default(TRAINING_DEFAULTS.epochs),
    batchSize: z.int().min(1).max(1000).default(TRAINING_DEFAULTS.batchSize),
    learningRate: z.number().positive().default(TRAINING_DEFAULTS.learningRate),
    momentum: z.number().min(0).lt(1).default(TRAINING_DEFAULTS.momentum),
    weightDecay: z.number().min(0).default(TRAINING_DEFAULTS.weightDecay),
    seed: z.int().min(0).max(0xffffffff).default(TRAINING_DEFAULTS.seed),
    validation: z.int().min(0).optional(),
    final: z.boolean().default(false).openapi({ description: 'Train on all samples, measure on the test set' }),
    publish: z
      .string()
      .regex(NAME)
      .optional()
      .openapi({ description: 'Name under which the model goes to the registry' }),
  })
  .openapi('JobRequest');

export type JobSpec = z.infer<typeof JobRequest>;

export interface JobData {
  readonly training: Dataset;
  readonly validation: Dataset | undefined;
  readonly test: Dataset | undefined;
}

/** The same samples as `edge-mlp train --data NAME --seed N` has. Throws 400. */
export function jobData({ data, seed, validation, final }: JobSpec): JobData {
  const { training, test } = generatedSets(data, seed);
  const samples = training.labels.length;
  const held = final ? 0 : (validation ?? defaultValidation(samples));
  if (held >= samples) {
    throw new HttpError(400, `validation: expected less than the ${samples} samples of ${data}, got ${held}`);
  }
  const split = splitTail(training, held);
  return {
    training: split.training,
    validation: held === 0 ? undefined : split.validation,
    test: final ? test : undefined,
  };
}

export function networkSpec({ data, hidden, activation }: JobSpec): MlpSpec {
  const shape = SHAPES[data];
  return { layers: [shape.inputs, ...(hidden ?? shape.hidden), shape.classes], hiddenActivation: activation };
}

export function initialisationOf({ init, activation }: JobSpec) {
  return init ?? defaultInitialisation(activation);
}

const SHAPES = {
  digits: { inputs: 784, hidden: [300], classes: 10, samples: 14_000, sampleBytes: 784 },
  ellipse: { inputs: 2, hidden: [3], classes: 2, samples: 5000, sampleBytes: 8 },
} as const;

/**
 * Bytes that a job takes in its isolate: the samples twice, as they are made and in linear memory, and the network with what
 * training and a checkpoint need. Throws 413 where that is too much.
 */
export function checkMemory(spec: JobSpec): number {
  const { samples, sampleBytes } = SHAPES[spec.data];
  const copies = spec.momentum > 0 || spec.weightDecay > 0 ? 7 : 4;
  const network = 4 * parameterCount(networkSpec(spec).layers) * copies;
  const bytes = 2 * samples * sampleBytes + network;
  if (bytes <= LIMITS.jobBytes) return bytes;
  const megabytes = (value: number) => `${Math.ceil(value / 2 ** 20)} MB`;
  throw new HttpError(
    413,
    `the job: expected at most ${megabytes(LIMITS.jobBytes)} of memory, got ${megabytes(bytes)}, ${megabytes(network)} of them for the network`,
  );
}
