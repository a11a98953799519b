/** Losses of PyTorch's optimizers in float64, step by step: files of test/fixtures/optimizers, made by torch_optim.py. */
import { readFileSync } from 'node:fs';
import type { StepOptions } from '../../src/reference/index.ts';
import { GOLDEN, type Golden } from './golden.ts';

interface OptimizerRun {
  readonly golden: Golden;
  readonly options: StepOptions;
  /** Mean loss of the batch before each step. */
  readonly losses: readonly number[];
}

export const OPTIMIZER_RUNS: readonly OptimizerRun[] = GOLDEN.flatMap((golden) =>
  ['sigmoid-batch', 'tanh-two-hidden', 'relu-three-hidden'].includes(golden.name)
    ? readRuns(golden.name).map((run) => ({ ...run, golden }))
    : [],
);

function readRuns(name: string): readonly Omit<OptimizerRun, 'golden'>[] {
  return JSON.parse(readFileSync(new URL(`../fixtures/optimizers/${name}.json`, import.meta.url), 'utf8'));
}
