/** From the options of a sweep to the jobs that it runs. */

import type { z } from '../../src/api/fields.ts';
import { JobRequest, type JobSpec, type RequestedJob } from '../../src/api/jobs.ts';
import { MAX_RUNS, type SweepRequest, type SweepTrialOptions } from '../../src/api/sweeps.ts';
import { defaultHidden } from '../../src/core/default-options.ts';
import { countGrid, expandGrid } from '../../src/core/grid.ts';
import { checkSpec } from '../../src/core/spec.ts';
import { omitUndefined } from '../../src/format/fields.ts';
import { HttpError } from '../errors.ts';
import type { DataShape } from '../jobs/shape.ts';
import { checkMemory, completeSpec, countRunBytes, networkSpec } from '../jobs/spec.ts';
import { LIMITS, MB } from '../limits.ts';
import type { Identity } from '../owners.ts';

type SweepSpec = z.infer<typeof SweepRequest>;

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
  const grid = fillGrid(spec);
  const combinations = countGrid(grid);
  const count = combinations * spec.seeds.length;
  if (count > MAX_RUNS) {
    const got = `${count}: ${combinations} combinations with ${spec.seeds.length} seeds each`;
    throw new HttpError(413, `the sweep: expected at most ${MAX_RUNS} runs, got ${got}`);
  }
  const planned = expandGrid<TrialRequest>(grid).map((trial) => {
    return spec.seeds.map((seed) => completeSpec(buildRun(spec, trial, seed), shape));
  });
  const trials = planned.flatMap(([first]) => (first === undefined ? [] : [readTrial(first, shape)]));
  const runs = planned.flat();
  const bytes = runs.map((run) => {
    checkSpec(networkSpec(run, shape));
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

/** The options of a trial; an undefined one has the default of a job. */
type TrialRequest = {
  readonly [Name in keyof SweepSpec['grid']]: NonNullable<SweepSpec['grid'][Name]>[number] | undefined;
};

/** The last option varies fastest. */
function fillGrid({ grid }: SweepSpec) {
  return {
    learningRate: grid.learningRate ?? [undefined],
    hidden: grid.hidden ?? [undefined],
    activation: grid.activation ?? [undefined],
    init: grid.init ?? [undefined],
    batchSize: grid.batchSize ?? [undefined],
    epochs: grid.epochs ?? [undefined],
    optimizer: grid.optimizer ?? [undefined],
    momentum: grid.momentum ?? [undefined],
    weightDecay: grid.weightDecay ?? [undefined],
    clipNorm: grid.clipNorm ?? [undefined],
    dropout: grid.dropout ?? [undefined],
    loss: grid.loss ?? [undefined],
    classWeight: grid.classWeight ?? [undefined],
  };
}

/** Runs of a trial differ in weights and sample order only: generated data come from the first seed. */
function buildRun({ data, scaling, seeds, validation }: SweepSpec, trial: TrialRequest, seed: number): RequestedJob {
  return JobRequest.parse({ ...trial, data, scaling, seed, dataSeed: seeds[0], validation, record: true });
}

function readTrial(run: JobSpec, shape: DataShape): SweepTrialOptions {
  const { learningRate, hidden = [...defaultHidden(shape)], activation, init, batchSize, epochs } = run;
  const { optimizer, momentum, weightDecay, clipNorm, dropout, loss, classWeight } = run;
  const network = { hidden, activation, ...(init === undefined ? {} : { init }) };
  const training = { learningRate, batchSize, epochs, optimizer, momentum, weightDecay, clipNorm, dropout };
  return { ...network, ...training, ...omitUndefined({ loss, classWeight }) };
}

/** Throws for a run that does not exist. */
export function getRun({ runs }: SweepPlan, run: number): JobSpec {
  const spec = runs[run];
  if (spec === undefined) throw new Error(`the sweep has no run ${run}`);
  return spec;
}
