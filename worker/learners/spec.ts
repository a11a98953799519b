/** What a learner is asked to be, and what it is taught. */
import { z } from '@hono/zod-openapi';
import { NAME, Positive32 } from '../../src/api/index.ts';
import { describeValue } from '../../src/core/errors.ts';
import { LEARNING_DEFAULTS, type LearningOptions } from '../../src/core/learner.ts';
import { classCount } from '../../src/core/spec.ts';
import { HttpError } from '../errors.ts';
import type { Network } from '../models/network.ts';
import { STABLE } from '../models/service.ts';

export const LearnerRequest = z
  .strictObject({
    model: z.string().regex(NAME, 'expected the name of a model').default('mnist').openapi({ example: 'mnist' }),
    version: z
      .union([z.int().min(0), z.string().regex(/^(\d{1,9}|[a-z][a-z0-9_-]{0,31})$/, 'expected a number or an alias')])
      .default(STABLE)
      .openapi({ description: 'A number or an alias', example: STABLE }),
    rehearsal: z.string().regex(NAME, 'expected the name of a data set').nullable().optional().openapi({
      description:
        'The data set whose samples it keeps against forgetting; null for none. Default: the one that the model was trained on, where it is here, else generated digits, where they fit.',
    }),
    learningRate: Positive32.refine((rate) => rate <= 100, 'expected at most 100').default(
      LEARNING_DEFAULTS.learningRate,
    ),
    steps: z
      .int()
      .min(1)
      .max(100)
      .default(LEARNING_DEFAULTS.steps)
      .openapi({ description: 'SGD steps for each example' }),
    seed: z.int().min(0).max(0xffffffff).default(LEARNING_DEFAULTS.seed),
  })
  .openapi('LearnerRequest');

export type LearnerSpec = z.infer<typeof LearnerRequest>;

export function learningOptions({ learningRate, steps, seed }: LearnerSpec): LearningOptions {
  return { ...LEARNING_DEFAULTS, learningRate, steps, seed };
}

/** The label of an example, given as a number or as the name of a class. Throws 400. */
export function readLabel(body: unknown, { info }: Network): number {
  const given = typeof body === 'object' && body !== null && 'label' in body ? body.label : undefined;
  const label = typeof given === 'string' ? info.classes.indexOf(given) : given;
  const classes = classCount(info.spec);
  if (typeof label === 'number' && Number.isInteger(label) && label >= 0 && label < classes) return label;
  const names = info.classes.slice(0, 10).join(', ');
  throw new HttpError(
    400,
    `label: expected a whole number from 0 to ${classes - 1}, or the name of a class (${names}${classes > 10 ? ', …' : ''}), got ${describeValue(given)}`,
  );
}
