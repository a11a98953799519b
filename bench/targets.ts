/** Performance targets, with widening and without, and whether the results meet them. */
import { JOB } from './commands.ts';
import { inThreads, OURS, WIDENED } from './contenders.ts';
import type { Result } from './measure.ts';
import { computeSpread, formatNumber } from './statistics.ts';

interface Target {
  readonly text: string;
  readonly workload: string;
  /**
   * The figure is the time of the fastest of these, divided by edge-mlp's. Without rivals it is edge-mlp's figure by the
   * metric.
   */
  readonly rivals?: readonly string[];
  /** Name of the row that is compared, from `edge-mlp` or `edge-mlp, widened`. Default: the same. */
  readonly variant?: (name: string) => string;
  readonly kind?: 'at least' | 'at most';
  /** Targets with and without widening. */
  readonly widened?: number;
  readonly plain?: number;
}

const MATRICES = ['NumPy', 'PyTorch', 'scikit-learn'];
const FASTEST = 'the fastest of NumPy, PyTorch and scikit-learn';

export const TARGETS: readonly Target[] = [
  { text: 'per-sample epoch, against plain C', workload: 'sgd', rivals: ['plain C'], widened: 2, plain: 1.4 },
  { text: 'per-sample epoch, against NumPy', workload: 'sgd', rivals: ['NumPy'], widened: 25 },
  { text: `batches of 64, against ${FASTEST}`, workload: 'batch-64', rivals: MATRICES, widened: 2.5 },
  {
    text: `dense batches of 64, against ${FASTEST}`,
    workload: 'dense-64',
    rivals: MATRICES,
    widened: 0.9,
    plain: 0.55,
  },
  {
    text: `dense batches of 64, two threads, against ${FASTEST}`,
    workload: 'dense-64',
    rivals: MATRICES,
    variant: inThreads,
    widened: 1.3,
  },
  { text: `deep network, against ${FASTEST}`, workload: 'deep-64', rivals: MATRICES, widened: 0.9, plain: 0.55 },
  {
    text: `deep network, two threads, against ${FASTEST}`,
    workload: 'deep-64',
    rivals: MATRICES,
    variant: inThreads,
    widened: 1.3,
  },
  {
    text: 'one digit, against ONNX Runtime native',
    workload: 'predict-1',
    rivals: ['ONNX Runtime native'],
    widened: 8,
  },
  {
    text: '10,000 digits, against ONNX Runtime native',
    workload: 'predict-10000',
    rivals: ['ONNX Runtime native'],
    widened: 1.5,
    plain: 0.9,
  },
  { text: '2-3-2, against brain.js', workload: 'tiny-2-3-2', rivals: ['brain.js'], widened: 3, plain: 2 },
  { text: '8-16-3, against brain.js', workload: 'tiny-8-16-3', rivals: ['brain.js'], widened: 3, plain: 2 },
  { text: 'batches of 64, against jax-js', workload: 'batch-64', rivals: ['jax-js'], widened: 25, plain: 13 },
  { text: 'dense batches of 64, against jax-js', workload: 'dense-64', rivals: ['jax-js'], widened: 6 },
  { text: 'a job in `wrangler dev`, against `train`', workload: 'job', rivals: [JOB], kind: 'at most', widened: 1.15 },
  { text: 'whole assignment, seconds', workload: 'reproduce', kind: 'at most', widened: 22 },
  { text: 'load to first prediction, ms', workload: 'cold-start', kind: 'at most', plain: 7.5 },
];

/** One of the two figures of a target. */
export interface Verdict {
  readonly target: string;
  readonly measured: string;
  readonly verdict: 'met' | 'missed' | 'not measured' | '';
}

export interface Judgement {
  readonly text: string;
  readonly widened: Verdict;
  readonly plain: Verdict;
}

/** Compares the targets of the measured workloads with the median results. */
export function judge(results: readonly Result[], targets = TARGETS): Judgement[] {
  return targets.flatMap((target) => {
    const result = results.find(({ workload }) => workload.name === target.workload);
    if (result === undefined) return [];
    const judgeRow = (name: string, limit: number | undefined) =>
      judgeFigure(target, measureFigure(target, result, name), limit);
    return [{ text: target.text, widened: judgeRow(WIDENED, target.widened), plain: judgeRow(OURS, target.plain) }];
  });
}

function judgeFigure(
  { kind = 'at least', rivals }: Target,
  figure: number | undefined,
  limit: number | undefined,
): Verdict {
  const unit = rivals === undefined ? '' : ' ×';
  const target = limit === undefined ? '' : `${kind} ${limit}${unit}`;
  if (figure === undefined) return { target, measured: '–', verdict: limit === undefined ? '' : 'not measured' };
  const measured = `${formatNumber(figure)}${unit}`;
  if (limit === undefined) return { target, measured, verdict: '' };
  const met = kind === 'at least' ? figure >= limit : figure <= limit;
  return { target, measured, verdict: met ? 'met' : 'missed' };
}

function measureFigure({ rivals, variant }: Target, result: Result, name: string): number | undefined {
  const ours = findMedian(result, variant?.(name) ?? name);
  if (ours === undefined) return undefined;
  if (rivals === undefined) return result.workload.metric.convert(ours);
  const theirs = rivals.flatMap((rival) => findMedian(result, rival) ?? []);
  return theirs.length === 0 ? undefined : Math.min(...theirs) / ours;
}

function findMedian(result: Result, contender: string): number | undefined {
  const row = result.rows.find((row) => row.contender === contender);
  return row === undefined ? undefined : computeSpread(row.costs).median;
}
