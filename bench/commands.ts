/**
 * Measures commands of edge-mlp as a whole: without widening, with it, and a training job of the service. All must have
 * the same results.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OURS, WIDENED } from './contenders.ts';
import type { JobRound } from './jobs.ts';
import type { Plan, Result, Row } from './measure.ts';
import { checkWidening, readJson, readOutput } from './process.ts';
import type { CommandWorkload } from './workloads.ts';

/** The row of a training job in `wrangler dev`. */
export const JOB = 'job in wrangler dev';
/** Commands take so long that a few rounds are enough. */
const MAX_ROUNDS = 2;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export function measureCommands(workload: CommandWorkload, { rounds, log }: Plan): Result {
  log(`${workload.name}: running the commands`);
  const measureRows = workload.name === 'job' ? measureJobs : measureReproduce;
  return { workload, rows: measureRows(Math.min(rounds, MAX_ROUNDS)) };
}

function measureJobs(rounds: number): Row[] {
  const measured = readJson(process.execPath, [here('jobs.ts'), '--json', '--rounds', String(rounds)]) as JobRound[];
  const verified = `weights ${measured[0]?.weightsSha256}`;
  const row = (contender: string, cost: (round: JobRound) => number): Row => ({
    contender,
    scaled: false,
    costs: measured.map(cost),
    verified,
  });
  return [
    row(OURS, ({ plainSeconds }) => plainSeconds),
    row(WIDENED, ({ widenedSeconds }) => widenedSeconds),
    row(JOB, ({ jobSeconds }) => jobSeconds),
  ];
}

function measureReproduce(rounds: number): Row[] {
  const runs = Array.from({ length: rounds }, () => ({ plain: reproduce(false), widened: reproduce(true) }));
  const [first] = runs;
  for (const { plain, widened } of runs) {
    if (plain.answers !== first?.plain.answers || widened.answers !== first?.plain.answers)
      throw new Error('reproduce: expected the same answers from all runs, got different ones');
  }
  const verified = 'equal answers';
  return [
    { contender: OURS, scaled: false, costs: runs.map(({ plain }) => plain.seconds), verified },
    { contender: WIDENED, scaled: false, costs: runs.map(({ widened }) => widened.seconds), verified },
  ];
}

/** Time of the process, and its answers to the questions of the assignment. */
function reproduce(widened: boolean): { seconds: number; answers: string } {
  const out = mkdtempSync(join(tmpdir(), 'edge-mlp-reproduce-'));
  const args = [here('../dist/cli/main.js'), 'reproduce', '--fresh', '--json', '--out', join(out, 'report')];
  const started = performance.now();
  const stdout = readOutput(process.execPath, args, { env: widened ? {} : { EDGE_MLP_WIDEN: '0' } });
  const seconds = (performance.now() - started) / 1000;
  rmSync(out, { recursive: true });
  if (stdout === undefined) throw new Error('edge-mlp reproduce failed');
  const { questions, provenance } = JSON.parse(stdout);
  checkWidening('reproduce', provenance.widening, widened);
  return { seconds, answers: JSON.stringify(questions) };
}
