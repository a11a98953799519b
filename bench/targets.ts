/** Performance targets and whether the results meet them. */
import { OURS } from './contenders.ts';
import type { Result } from './measure.ts';
import { computeSpread, formatNumber } from './statistics.ts';

interface Target {
  readonly text: string;
  readonly workload: string;
  /**
   * The target is the ratio of this contender's time to edge-mlp's; without a rival it is edge-mlp's figure by the
   * metric.
   */
  readonly rival?: string;
  /** The variant of edge-mlp that is compared with the rival. Default: edge-mlp. */
  readonly row?: string;
  readonly atLeast: number;
  /** Whether the figure must be below `atLeast`. */
  readonly below?: boolean;
}

export const TARGETS: readonly Target[] = [
  { text: 'per-sample epoch, ahead of plain C', workload: 'sgd', rival: 'plain C', atLeast: 1.5 },
  { text: 'per-sample epoch, ahead of a NumPy loop', workload: 'sgd', rival: 'NumPy', atLeast: 20 },
  { text: 'per-sample epoch, ahead of PyTorch', workload: 'sgd', rival: 'PyTorch', atLeast: 40 },
  { text: 'per-sample epoch, ahead of TensorFlow.js wasm', workload: 'sgd', rival: 'TensorFlow.js wasm', atLeast: 200 },
  { text: 'batches of 64, ahead of PyTorch', workload: 'batch-64', rival: 'PyTorch', atLeast: 3 },
  {
    text: 'batches of 64, ahead of TensorFlow.js wasm',
    workload: 'batch-64',
    rival: 'TensorFlow.js wasm',
    atLeast: 60,
  },
  {
    text: 'batches of 64, two threads ahead of one',
    workload: 'batch-64',
    rival: OURS,
    row: 'edge-mlp, 2 threads',
    atLeast: 1.6,
  },
  { text: 'dense batches of 64, relative to PyTorch', workload: 'dense-64', rival: 'PyTorch', atLeast: 0.6 },
  { text: 'one digit, ahead of ONNX Runtime native', workload: 'predict-1', rival: 'ONNX Runtime native', atLeast: 10 },
  { text: 'one digit, ahead of ONNX Runtime Web', workload: 'predict-1', rival: 'ONNX Runtime Web', atLeast: 30 },
  {
    text: '10,000 digits, ahead of ONNX Runtime native',
    workload: 'predict-10000',
    rival: 'ONNX Runtime native',
    atLeast: 1.7,
  },
  { text: '2-3-2, thousand steps per second', workload: 'tiny-2-3-2', atLeast: 5000 },
  { text: '2-3-2, ahead of brain.js', workload: 'tiny-2-3-2', rival: 'brain.js', atLeast: 3 },
  { text: '8-16-3, ahead of brain.js', workload: 'tiny-8-16-3', rival: 'brain.js', atLeast: 3 },
  { text: 'load to first prediction, ms', workload: 'cold-start', atLeast: 3, below: true },
];

export interface Judgement {
  readonly text: string;
  readonly target: string;
  readonly measured: string;
  readonly verdict: 'reached' | 'missed' | 'not measured';
}

/** Compares the targets of the measured workloads with the median results. */
export function judge(results: readonly Result[], targets = TARGETS): Judgement[] {
  const names = new Set(results.map(({ workload }) => workload.name));
  const applicable = targets.filter(({ workload }) => names.has(workload));
  return applicable.map((target) => {
    const { text, rival, atLeast, below = false } = target;
    const measured = measureRatio(target, results);
    const unit = rival === undefined ? '' : ' ×';
    const expected = `${below ? 'below' : 'at least'} ${atLeast}${unit}`;
    if (measured === undefined) return { text, target: expected, measured: '–', verdict: 'not measured' };
    const reached = below ? measured < atLeast : measured >= atLeast;
    return {
      text,
      target: expected,
      measured: `${formatNumber(measured)}${unit}`,
      verdict: reached ? 'reached' : 'missed',
    };
  });
}

function measureRatio({ workload, rival, row = OURS }: Target, results: readonly Result[]): number | undefined {
  const result = results.find(({ workload: { name } }) => name === workload);
  const ours = findMedian(result, row);
  if (result === undefined || ours === undefined) return undefined;
  if (rival === undefined) return result.workload.metric.convert(ours);
  const theirs = findMedian(result, rival);
  return theirs === undefined ? undefined : theirs / ours;
}

function findMedian(result: Result | undefined, contender: string): number | undefined {
  const row = result?.rows.find((row) => row.contender === contender);
  return row === undefined ? undefined : computeSpread(row.costs).median;
}
