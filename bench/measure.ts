/**
 * Measures times in rounds with alternating order, one contender at a time, and compares every result with the
 * reference.
 */
import { type Contender, OURS } from './contenders.ts';
import { type FileWriter, SEED, type TaskFiles } from './data.ts';
import type { Outcome, Task } from './task.ts';
import { verify } from './verify.ts';
import { QUICK, type SharedWorkload, type Workload } from './workloads.ts';

export interface Plan {
  readonly rounds: number;
  readonly quick: boolean;
  /** Receives progress messages. */
  readonly log: (line: string) => void;
}

/** One contender's measurements on one workload. */
export interface Row {
  readonly contender: string;
  /** Training samples per measurement; undefined for other kinds. */
  readonly samples?: number;
  /** Whether the workload has more samples than were measured. */
  readonly scaled: boolean;
  /** Cost of each measurement by the workload's metric; lower is better. */
  readonly costs: readonly number[];
  /** Seconds to import the library, for each cold start. */
  readonly importSeconds?: readonly number[];
  /** WebAssembly memory of edge-mlp's training. */
  readonly linearBytes?: number;
  /** The compared values, which agreed with the reference. */
  readonly verified: string;
}

export interface Result {
  readonly workload: Workload;
  /** Share of nonzero training inputs; undefined for commands. */
  readonly density?: number;
  /** edge-mlp comes first. */
  readonly rows: readonly Row[];
}

interface Entrant {
  readonly contender: Contender;
  /** Training samples, prediction calls, or process starts per round. */
  readonly amount: number;
  readonly outcomes: Outcome[];
  verified: string;
}

/** Test samples whose probabilities are compared. */
const COMPARED = 50;
const MAX_WARM_CALLS = 200;

/** Throws at the first result that differs from the reference. */
export async function measure(
  workload: SharedWorkload,
  contenders: readonly Contender[],
  files: FileWriter,
  plan: Plan,
): Promise<Result> {
  const taskFiles = await files.write(workload);
  const entrants: Entrant[] = contenders.flatMap((contender) => {
    const share = contender.share[workload.name];
    if (share === undefined) return [];
    return [{ contender, amount: chooseAmount(share, workload, plan), outcomes: [], verified: '' }];
  });
  const run = ({ contender }: Entrant, amount: number, verifying: boolean) =>
    contender.run(buildTask(workload, taskFiles, { amount, verifying, warm: !plan.quick && !verifying }));

  const ours = entrants.find(({ contender }) => contender.name === OURS);
  if (ours === undefined) throw new Error(`${workload.name}: ${OURS} has no share of this workload`);
  plan.log(`${workload.name}: computing the reference`);
  const reference = run(ours, ours.amount, true);
  for (let round = 0; round < plan.rounds; round++) {
    for (const entrant of round % 2 === 0 ? entrants : entrants.toReversed()) {
      plan.log(`${workload.name}: round ${round + 1} of ${plan.rounds}, ${entrant.contender.name}`);
      const starts = workload.kind === 'cold' ? entrant.amount : 1;
      for (let start = 0; start < starts; start++) {
        const outcome = run(entrant, entrant.amount, false);
        entrant.verified = verify(entrant.contender.name, outcome, reference);
        entrant.outcomes.push(outcome);
      }
    }
  }
  return { workload, density: taskFiles.density, rows: entrants.map((entrant) => buildRow(entrant, workload)) };
}

function chooseAmount(share: number | 'all', workload: SharedWorkload, { quick }: Plan): number {
  if (workload.kind === 'train') return share === 'all' ? workload.samples : Math.min(share, workload.samples);
  if (share === 'all') throw new Error(`${workload.name}: expected a number of calls or starts, got 'all'`);
  if (!quick) return share;
  return workload.kind === 'cold' ? 1 : Math.min(share, QUICK.calls);
}

interface TaskOptions {
  readonly amount: number;
  readonly verifying: boolean;
  /** Whether unmeasured steps or calls come first. */
  readonly warm: boolean;
}

function buildTask(workload: SharedWorkload, files: TaskFiles, { amount, verifying, warm }: TaskOptions): Task {
  const { data, inputs, weights } = files;
  const common = { ...workload.network, data, inputs, weights };
  if (workload.kind === 'cold') return { kind: 'cold', ...common };
  if (workload.kind === 'predict')
    return {
      kind: 'predict',
      ...common,
      batch: workload.batch,
      calls: amount,
      warmCalls: warm ? Math.min(amount, MAX_WARM_CALLS) : 0,
      compared: COMPARED,
    };
  const { learningRate, momentum, batchSize, samples } = workload;
  return {
    kind: 'train',
    ...common,
    learningRate,
    momentum,
    batchSize,
    seed: SEED,
    checkpoints: [...workload.checkpoints.filter((checkpoint) => checkpoint < amount), amount],
    samples,
    warmSteps: warm ? workload.warmSteps : 0,
    verifying,
  };
}

function buildRow({ contender, amount, outcomes, verified }: Entrant, workload: SharedWorkload): Row {
  const costs = outcomes.map((outcome) => workload.metric.cost(outcome, amount));
  const row = { contender: contender.name, scaled: false, costs, verified };
  if (workload.kind === 'cold')
    return { ...row, importSeconds: outcomes.flatMap((o) => (o.kind === 'cold' ? [o.importSeconds] : [])) };
  if (workload.kind === 'predict') return row;
  const linear = outcomes.flatMap((o) => (o.kind === 'train' && o.linearBytes !== undefined ? [o.linearBytes] : []));
  const linearBytes = linear.length > 0 ? { linearBytes: Math.max(...linear) } : {};
  return { ...row, samples: amount, scaled: amount < workload.samples, ...linearBytes };
}
