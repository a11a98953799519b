/** What is kept of a training run: in the model file, and as JSON for programs. */
import type { Evaluation } from '../../src/core/evaluate.ts';
import type { EpochMetrics } from '../../src/core/metrics.ts';
import type { LossPoint, TimedEpoch } from '../../src/core/recorder.ts';
import { type MlpSpec, parameterCount } from '../../src/core/spec.ts';
import { buildModelInfo, type ModelInfo } from '../../src/format/metadata.ts';
import type { ModelFile } from '../../src/format/model-file.ts';
import { weightsSha256 } from '../hash.ts';
import { VERSION } from '../version.ts';
import type { Plan } from './plan.ts';

export interface Outcome {
  readonly epochs: readonly TimedEpoch[];
  readonly curve: readonly LossPoint[];
  /** Of training, without evaluation; in this process, where the run was resumed. */
  readonly samplesPerSecond: number;
  /** Whose weights the network has, where the run had patience. */
  readonly bestEpoch?: number | undefined;
}

/** What the model file of a run of `train` says. */
export function planInfo(
  spec: MlpSpec,
  plan: Plan,
  epochs: readonly EpochMetrics[],
  test: Evaluation | undefined,
): ModelInfo {
  const { run, training, initialisation, from } = plan;
  return buildModelInfo({
    version: VERSION,
    spec,
    initialisation,
    from,
    training: run,
    dataset: training,
    epochs,
    test,
  });
}

/** What `train --json` prints. */
export function trainSummary(result: {
  plan: Plan;
  model: ModelFile;
  outcome: Outcome;
  test: Evaluation | undefined;
  seconds: number;
  threads: number;
  out: string;
}): Record<string, unknown> {
  const { plan, model, outcome, test, seconds, threads, out } = result;
  const { spec, provenance } = model.info;
  return {
    spec,
    parameters: parameterCount(spec.layers),
    initialisation: plan.initialisation,
    from: plan.from ?? null,
    options: provenance?.training,
    seed: plan.run.seed,
    data: provenance?.dataset,
    epochs: outcome.epochs,
    testLoss: test?.loss ?? null,
    testAccuracy: test?.accuracy ?? null,
    seconds,
    samplesPerSecond: outcome.samplesPerSecond,
    threads,
    weightsSha256: weightsSha256(model.parameters),
    out,
  };
}
