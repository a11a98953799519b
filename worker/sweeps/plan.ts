/** From the options of a sweep to the jobs that it runs. */

import type { z } from '../../src/api/fields.ts';
import { JobRequest, type JobSpec } from '../../src/api/jobs.ts';
import { MAX_RUNS, type SweepRequest, type SweepTrialOptions } from '../../src/api/sweeps.ts';
import { countGrid, expandGrid } from '../../src/core/grid.ts';
import { checkSpec } from '../../src/core/spec.ts';
import { HttpError } from '../errors.ts';
import type { DataShape } from '../jobs/shape.ts';
import { checkMemory, countHeldOut, countRunBytes, networkSpec } from '../jobs/spec.ts';
import { LIMITS, MB } from '../limits.ts';
import type { Identity } from '../owners.ts';

export type SweepSpec = z.infer<typeof SweepRequest>;

export interface SweepPlan {
  /** The token that started the sweep. */
  readonly owner: Identity;
  readonly spec: SweepSpec;
  readonly shape: DataShape;
  /** Jobs that run at a time: as many as requested, unless they exceed the memory together. */
  readonly lanes: number;
  readonly trials: readonly SweepTrialOptions[];
  /** For each trial in turn, one job per seed. */
  readonly runs: readonly JobSpec[];
}

/** Checks every job before any is started. Throws 400 or 413. */
export function buildPlan(owner: Identity, spec: SweepSpec, shape: DataShape): SweepPlan {
  const grid = fillGrid(spec, shape);
  const combinations = countGrid(grid);
  const count = combinations * spec.seeds.length;
  if (count > MAX_RUNS) {
    const got = `${count}: ${combinations} combinations with ${spec.seeds.length} seeds each`;
    throw new HttpError(413, `the sweep: expected at most ${MAX_RUNS} runs, got ${got}`);
  }
  const trials = expandGrid<SweepTrialOptions>(grid);
  const runs = trials.flatMap((options) => spec.seeds.map((seed) => buildRun(spec, options, seed)));
  const bytes = runs.map((run) => {
    checkSpec(networkSpec(run, shape));
    countHeldOut(run, shape);
    return checkMemory(run, shape);
  });
  checkTable(runs, shape);
  const lanes = Math.min(spec.concurrency, Math.floor(LIMITS.jobsBytes / Math.max(...bytes)));
  return { owner, spec, shape, lanes: Math.max(1, lanes), trials, runs };
}

/** Throws 413 if the records of all runs are too large for one answer. */
function checkTable(runs: readonly JobSpec[], shape: DataShape): void {
  const bytes = runs.reduce((sum, run) => sum + countRunBytes(run, shape), 0);
  if (bytes <= LIMITS.sweepTableBytes) return;
  const [most, got] = [LIMITS.sweepTableBytes, bytes].map((value) => `${Math.ceil(value / MB)} MB`);
  const step = 'use fewer runs, epochs or classes';
  throw new HttpError(413, `the table of the sweep: expected at most ${most}, got up to ${got}: ${step}`);
}

/** The grid with the defaults of a job. The last option varies fastest. */
function fillGrid({ grid }: SweepSpec, shape: DataShape) {
  const defaults = JobRequest.parse({});
  return {
    learningRate: grid.learningRate ?? [defaults.learningRate],
    hidden: grid.hidden ?? [[...shape.hidden]],
    activation: grid.activation ?? [defaults.activation],
    init: grid.init ?? [undefined],
    batchSize: grid.batchSize ?? [defaults.batchSize],
    epochs: grid.epochs ?? [defaults.epochs],
    momentum: grid.momentum ?? [defaults.momentum],
    weightDecay: grid.weightDecay ?? [defaults.weightDecay],
    dropout: grid.dropout ?? [defaults.dropout],
  };
}

/** Runs of a trial differ in weights and sample order only: generated data come from the first seed. */
function buildRun({ data, scaling, seeds, validation }: SweepSpec, options: SweepTrialOptions, seed: number): JobSpec {
  return JobRequest.parse({ ...options, data, scaling, seed, dataSeed: seeds[0], validation, record: true });
}

/** Throws for a run that does not exist. */
export function getRun({ runs }: SweepPlan, run: number): JobSpec {
  const spec = runs[run];
  if (spec === undefined) throw new Error(`the sweep has no run ${run}`);
  return spec;
}
