/** Results first, then times, in rounds whose order alternates; one contender runs at a time. */
import { type Contender, OURS } from './contenders.ts';
import { type Files, SEED, type Written } from './data.ts';
import type { Outcome, Task } from './task.ts';
import { verify } from './verify.ts';
import { QUICK, type Workload } from './workloads.ts';

export interface Plan {
  readonly rounds: number;
  readonly quick: boolean;
  /** Told of progress. */
  readonly say: (line: string) => void;
}

/** One contender's figures on one workload. */
export interface Row {
  readonly contender: string;
  /** Samples of training that were timed; undefined for other kinds. */
  readonly samples?: number;
  /** Whether those are fewer than the workload has. */
  readonly scaled: boolean;
  /** What the workload's metric says of each measurement: the less the better. */
  readonly costs: readonly number[];
  /** Of a cold start: seconds of importing the library, each time. */
  readonly importSeconds?: readonly number[];
  /** Of edge-mlp's training: its linear memory. */
  readonly linearBytes?: number;
  /** What was compared, and found to agree. */
  readonly verified: string;
}

export interface Result {
  readonly workload: Workload;
  /** Share of the training inputs that are not zero. */
  readonly density: number;
  /** Ours first. */
  readonly rows: readonly Row[];
}

/** A contender in one workload. */
interface Entrant {
  readonly contender: Contender;
  /** Samples of training, calls of a prediction, process starts of a round. */
  readonly amount: number;
  readonly outcomes: Outcome[];
  verified: string;
}

/** Test samples whose probabilities are compared. */
const COMPARED = 50;
/** Training is compared on no more than so many samples before any time is taken, and once more on all that are timed. */
const VERIFIED_FIRST = 6400;
const WARM_STEPS = 20;
/** At most. */
const WARM_CALLS = 200;

/** Throws at the first wrong result. */
export async function measure(
  workload: Workload,
  contenders: readonly Contender[],
  files: Files,
  plan: Plan,
): Promise<Result> {
  const written = await files.write(workload);
  const entrants: Entrant[] = contenders.flatMap((contender) => {
    const share = contender.share[workload.name];
    if (share === undefined) return [];
    return [{ contender, amount: chooseAmount(share, workload, plan), outcomes: [], verified: '' }];
  });
  const run = ({ contender }: Entrant, amount: number, verifying: boolean) =>
    contender.run(buildTask(workload, written, { amount, verifying, warm: !plan.quick && !verifying }));

  const ours = entrants.find(({ contender }) => contender.name === OURS);
  if (ours === undefined) throw new Error(`${workload.name}: ${OURS} does not take part`);
  plan.say(`${workload.name}: the reference`);
  const reference = run(ours, ours.amount, true);
  const compare = (entrant: Entrant, outcome: Outcome) => {
    entrant.verified = verify(entrant.contender.name, outcome, reference);
  };

  // A smoke test takes one round, whose results are compared as well.
  for (const entrant of plan.quick ? [] : entrants) {
    if (entrant === ours) continue;
    compare(entrant, run(entrant, firstPart(entrant, workload), true));
    plan.say(`${workload.name}: ${entrant.contender.name} checkAgrees: ${entrant.verified}`);
  }
  for (let round = 0; round < plan.rounds; round++) {
    for (const entrant of round % 2 === 0 ? entrants : entrants.toReversed()) {
      plan.say(`${workload.name}: round ${round + 1} of ${plan.rounds}, ${entrant.contender.name}`);
      const starts = workload.kind === 'cold' ? entrant.amount : 1;
      for (let start = 0; start < starts; start++) {
        const outcome = run(entrant, entrant.amount, false);
        compare(entrant, outcome);
        entrant.outcomes.push(outcome);
      }
    }
  }
  return { workload, density: written.density, rows: entrants.map((entrant) => buildRow(entrant, workload)) };
}

function chooseAmount(share: number | 'all', workload: Workload, { quick }: Plan): number {
  if (workload.kind === 'train') return share === 'all' ? workload.samples : Math.min(share, workload.samples);
  if (share === 'all') throw new Error(`${workload.name}: expected a number of calls or starts, got 'all'`);
  if (!quick) return share;
  return workload.kind === 'cold' ? 1 : Math.min(share, QUICK.calls);
}

function firstPart({ contender, amount }: Entrant, { kind }: Workload): number {
  return kind === 'train' && !contender.ownLoss ? Math.min(amount, VERIFIED_FIRST) : amount;
}

interface Errand {
  readonly amount: number;
  readonly verifying: boolean;
  /** Whether it begins with what does not count. */
  readonly warm: boolean;
}

function buildTask(workload: Workload, written: Written, { amount, verifying, warm }: Errand): Task {
  const { data, inputs, weights } = written;
  const common = { ...workload.network, data, inputs, weights };
  if (workload.kind === 'cold') return { kind: 'cold', ...common };
  if (workload.kind === 'predict')
    return {
      kind: 'predict',
      ...common,
      batch: workload.batch,
      calls: amount,
      warmCalls: warm ? Math.min(amount, WARM_CALLS) : 0,
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
    accuracy: verifying,
    warmSteps: warm ? WARM_STEPS : 0,
    verifying,
  };
}

function buildRow({ contender, amount, outcomes, verified }: Entrant, workload: Workload): Row {
  const costs = outcomes.map((outcome) => workload.metric.cost(outcome, amount));
  const row = { contender: contender.name, scaled: false, costs, verified };
  if (workload.kind === 'cold')
    return { ...row, importSeconds: outcomes.flatMap((o) => (o.kind === 'cold' ? [o.importSeconds] : [])) };
  if (workload.kind === 'predict') return row;
  const linear = outcomes.flatMap((o) => (o.kind === 'train' && o.linearBytes !== undefined ? [o.linearBytes] : []));
  const linearBytes = linear.length > 0 ? { linearBytes: Math.max(...linear) } : {};
  return { ...row, samples: amount, scaled: amount < workload.samples, ...linearBytes };
}
