/** What a sweep is asked to do: a grid of options times seeds, as specs of jobs. */

import { distinct } from '../../src/api/index.ts';
import { z } from '../../src/api/zod.ts';
import { expandGrid, type TrialOptions } from '../../src/core/grid.ts';
import { checkSpec } from '../../src/core/spec.ts';
import { HttpError } from '../errors.ts';
import type { DataShape } from '../jobs/shape.ts';
import { checkMemory, chooseInitialisation, heldOut, JobRequest, type JobSpec, networkSpec } from '../jobs/spec.ts';
import { LIMITS } from '../limits.ts';

const {
  data,
  scaling,
  validation,
  hidden,
  activation,
  init,
  epochs,
  batchSize,
  learningRate,
  momentum,
  weightDecay,
  seed,
} = JobRequest.shape;

const values = <Item extends z.ZodType>(item: Item) => distinct(item, LIMITS.sweepRuns).optional();

/** The names are those of a job; what is not listed has the job's default. In this order the last option varies fastest. */
export const SweepRequest = z
  .strictObject({
    data,
    scaling,
    grid: z
      .strictObject({
        learningRate: values(learningRate.unwrap()),
        hidden: values(hidden.unwrap()),
        activation: values(activation.unwrap()),
        init: values(init.unwrap()),
        batchSize: values(batchSize.unwrap()),
        epochs: values(epochs.unwrap()),
        momentum: values(momentum.unwrap()),
        weightDecay: values(weightDecay.unwrap()),
      })
      .default({})
      .openapi({ description: 'Values of each option', example: { learningRate: [0.003, 0.01, 0.03] } }),
    seeds: distinct(seed.unwrap(), LIMITS.sweepRuns)
      .default([seed.parse(undefined)])
      .openapi({
        description: 'One run of every combination for each; generated data come from the first',
      }),
    validation,
    concurrency: z.int().min(1).max(LIMITS.sweepConcurrency).default(LIMITS.sweepConcurrency).openapi({
      description: 'Jobs at the same time',
    }),
  })
  .openapi('SweepRequest');

export type SweepSpec = z.infer<typeof SweepRequest>;

/** The options of a trial that a job has, too. */
export type ServedOptions = Pick<
  TrialOptions,
  'learningRate' | 'hidden' | 'activation' | 'init' | 'batchSize' | 'epochs' | 'momentum' | 'weightDecay'
>;

type Grid = { readonly [Name in keyof ServedOptions]-?: readonly ServedOptions[Name][] };

/** What the workflow performs, and what the table is made of. */
export interface SweepPlan {
  readonly spec: SweepSpec;
  readonly shape: DataShape;
  /** Jobs at the same time: fewer than were asked for where they would not fit into memory together. */
  readonly lanes: number;
  readonly trials: readonly ServedOptions[];
  /** Of every trial in turn, one for each seed. */
  readonly runs: readonly JobSpec[];
}

/** Checks every job before any is started. Throws 400 or 413. */
export function buildPlan(spec: SweepSpec, shape: DataShape): SweepPlan {
  const trials = expandGrid<ServedOptions>(buildGrid(spec, shape));
  const count = trials.length * spec.seeds.length;
  if (count > LIMITS.sweepRuns) {
    throw new HttpError(
      413,
      `the sweep: expected at most ${LIMITS.sweepRuns} runs, got ${count}: ${trials.length} combinations with ${spec.seeds.length} seeds each`,
    );
  }
  const runs = trials.flatMap((options) => spec.seeds.map((seed) => buildRun(spec, options, seed)));
  const bytes = runs.map((run) => {
    checkSpec(networkSpec(run, shape));
    heldOut(run, shape);
    return checkMemory(run, shape);
  });
  const lanes = Math.min(spec.concurrency, Math.floor(LIMITS.jobsBytes / Math.max(...bytes)));
  return { spec, shape, lanes: Math.max(1, lanes), trials, runs };
}

function buildGrid({ grid }: SweepSpec, shape: DataShape): Grid {
  const defaults = JobRequest.parse({});
  return {
    learningRate: grid.learningRate ?? [defaults.learningRate],
    hidden: grid.hidden ?? [shape.hidden],
    activation: grid.activation ?? [defaults.activation],
    init: grid.init ?? [undefined],
    batchSize: grid.batchSize ?? [defaults.batchSize],
    epochs: grid.epochs ?? [defaults.epochs],
    momentum: grid.momentum ?? [defaults.momentum],
    weightDecay: grid.weightDecay ?? [defaults.weightDecay],
  };
}

/** Runs differ in weights and order alone: the data are those of the first seed. */
function buildRun(
  { data: name, scaling: kind, seeds, validation: held }: SweepSpec,
  options: ServedOptions,
  seed: number,
): JobSpec {
  const { hidden: sizes, ...others } = options;
  return JobRequest.parse({
    ...others,
    ...{ data: name, scaling: kind, hidden: [...sizes], seed, dataSeed: seeds[0], validation: held, record: true },
  });
}

/** The network of a trial and how its weights begin, as they will be. */
export function runNetwork(run: JobSpec, shape: DataShape) {
  return { layers: networkSpec(run, shape).layers, initialisation: chooseInitialisation(run) };
}
