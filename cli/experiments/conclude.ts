/** The end of an experiment: table, report, best model, results as JSON. */
import { join } from 'node:path';
import { rankingMeasure } from '../../src/core/early-stopping.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import type { TrialOptions } from '../../src/core/grid.ts';
import { readAccuracy } from '../../src/core/measures.ts';
import { formatNats, optionText } from '../numbers.ts';
import { kebab } from '../options.ts';
import type { ExperimentReport } from '../report/experiment-report.ts';
import {
  bestTrial,
  formatScore,
  meanAndSpread,
  nameScore,
  pickMeasured,
  type Run,
  successfulRuns,
  summariseRuns,
  type Trial,
} from '../report/summary.ts';
import { trialLabel } from '../report/trial-label.ts';
import { duration, note, print, printJson, table } from '../terminal.ts';
import { describeRank } from '../training/best.ts';
import { type ReportFiles, writeReportFolder } from './report-folder.ts';

export interface Results extends ExperimentReport {
  /** Model file of the best trial's first seed. */
  readonly model: Uint8Array | undefined;
}

/**
 * `started` is the start of the command: performance.now(), in ms. Throws EdgeMlpError "diverged" after writing
 * everything if no run succeeded.
 */
export async function conclude(
  results: Results,
  { out, json, started }: { out: string; json?: boolean | undefined; started: number },
): Promise<void> {
  const { trials, runs, varied, model: bytes } = results;
  const summary = summarise(results);
  const { experimentReport } = await import('../report/experiment-report.ts');
  const report = await experimentReport(results);
  let files: ReportFiles | undefined;
  try {
    files = await writeReportFolder(out, { report, figures: summary, model: bytes });
  } finally {
    // A full disk does not cost the results.
    if (json) printJson({ ...summary, report: files?.page ?? null, model: files?.model ?? null });
    else print('', ...resultTable(trials, varied), '', ...bestLine(trials, varied));
  }
  const { page, model } = files;
  note(`report  ${page}, results in ${join(out, 'figures.json')}`);
  if (model !== undefined) note(`model   ${model}`);
  note(`time    ${duration((performance.now() - started) / 1000)}`);
  if (successfulRuns(runs).length === 0) throw new EdgeMlpError('diverged', `none of ${runs.length} runs succeeded`);
}

function summarise({ trials, varied, provenance }: Results) {
  return {
    varied,
    trials: trials.map(({ options, runs }) => ({ options, ...summariseRuns(runs), runs: runs.map(runSummary) })),
    best: describeBestTrial(trials),
    provenance,
  };
}

/** The best trial, and the measure that decides. */
function describeBestTrial(trials: readonly Trial[]) {
  const best = bestTrial(trials);
  if (best === undefined) return null;
  const { index, trial, score } = best;
  const by = score.validationR2 === undefined ? rankingMeasure(score) : 'validationR2';
  return { index, options: trial.options, by, ...score };
}

function runSummary({ spec, outcome, weightsSha256, kept }: Run) {
  const { seed } = spec.training;
  if (outcome.status === 'failed') return { seed, kept, failed: outcome.reason };
  const { epochs, test } = outcome;
  return {
    seed,
    kept,
    layers: spec.layers,
    initialisation: spec.initialisation,
    epochs,
    testLoss: test?.loss ?? null,
    testAccuracy: test === null ? null : readAccuracy(test),
    weightsSha256,
  };
}

/** Names the best of several trials. */
function bestLine(trials: readonly Trial[], varied: readonly (keyof TrialOptions)[]): string[] {
  const best = trials.length > 1 ? bestTrial(trials) : undefined;
  if (best === undefined) return [];
  const { trial, score } = best;
  const r2 = score.validationR2;
  const rank = r2 === undefined ? describeRank(score) : `the highest validation R² (${r2.toFixed(4)})`;
  return [`Best: ${trialLabel(trial.options, varied)}, with ${rank}.`, ''];
}

/** Mean ± standard deviation of every trial. The best trial is marked. */
function resultTable(trials: readonly Trial[], varied: readonly (keyof TrialOptions)[]): string[] {
  const best = bestTrial(trials)?.index;
  const parts = trials.map(({ runs }) => pickMeasured(summariseRuns(runs)));
  const part = ['test', 'validation'].find((name) => parts.some((measures) => measures.part === name));
  const marked = trials.length > 1;
  const rows = trials.map(({ options, runs }, i) => {
    const summary = summariseRuns(runs);
    const own = parts[i];
    const { loss, accuracy, r2 } =
      own !== undefined && own.part === part ? own : { loss: null, accuracy: null, r2: undefined };
    return [
      ...varied.map((name) => optionText(options[name])),
      `${runs.length - summary.failed.length}/${runs.length}`,
      meanAndSpread(summary.trainEndLoss, formatNats),
      formatScore(summary.trainEndAccuracy, summary.trainEndR2),
      ...(part === undefined ? [] : [meanAndSpread(loss, formatNats), formatScore(accuracy, r2)]),
      meanAndSpread(summary.seconds, (value) => value.toFixed(2)),
      ...(marked ? [i === best ? '← best' : ''] : []),
    ];
  });
  const score = nameScore(trials.flatMap(({ runs }) => runs));
  const measured = part === undefined ? [] : [`${part} loss`, `${part} ${score}`];
  const header = ['runs', 'train loss', `train ${score}`, ...measured, 'seconds'];
  return table([...varied.map(kebab), ...header, ...(marked ? [''] : [])], rows);
}
