/** Teams of threads are bit-identical to one thread. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { weightsSha256 } from '../../cli/hash.ts';
import type { Dataset } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { evaluate } from '../../src/core/evaluate.ts';
import type { Kernels } from '../../src/core/kernels.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { train } from '../../src/core/train.ts';
import type { TrainOptions } from '../../src/core/train-progress.ts';
import { digitsDataset } from '../../src/data/digits.ts';
import { loadTeam } from '../../src/runtime/team.ts';
import { loadBuild } from '../support/kernels.ts';
import { noise } from '../support/numbers.ts';

const digits = digitsDataset({ samples: 333, seed: 2 });
/** No input is zero. */
const dense: Dataset = {
  ...digits,
  inputs: Float32Array.from(noise(333 * 784, 4), (value) => value + 2),
  scaling: { kind: 'identity' },
};

const CASES: readonly [name: string, dataset: Dataset, hidden: number[], options: TrainOptions][] = [
  ['batches of 64', digits, [300], { batchSize: 64, epochs: 2 }],
  ['batches of 2, of which the last has one sample', digits, [70], { batchSize: 2 }],
  ['one sample a step', digits, [100], { batchSize: 1 }],
  ['one sample a step, momentum', digits, [64], { batchSize: 1, momentum: 0.9, learningRate: 0.01 }],
  ['dense inputs', dense, [96], { batchSize: 32, learningRate: 0.001 }],
  [
    'two hidden layers, momentum and weight decay',
    digits,
    [130, 40],
    { batchSize: 16, momentum: 0.9, weightDecay: 1e-3 },
  ],
  ['Adam', digits, [130, 40], { batchSize: 16, optimizer: 'adam' }],
  ['AdamW, dense inputs', dense, [96], { batchSize: 32, optimizer: 'adamw' }],
  ['clipped gradients', digits, [130, 40], { batchSize: 16, clipNorm: 0.1, momentum: 0.9 }],
  ['Adam, clipped, one sample a step', digits, [70], { batchSize: 1, clipNorm: 0.1, optimizer: 'adam' }],
  ['dropout', digits, [130, 40], { batchSize: 16, dropout: 0.3, epochs: 2 }],
  ['no hidden layer', digits, [], { batchSize: 8 }],
  ['distorted digits', digits, [130], { batchSize: 16, augment: { kind: 'elastic' }, epochs: 2 }],
];

function hashRun(kernels: Kernels, dataset: Dataset, hidden: readonly number[], options: TrainOptions): string {
  const mlp = Mlp.create(kernels, { layers: [784, ...hidden, 10], seed: 3 });
  const losses: number[] = [];
  for (const progress of train(mlp, dataset, { epochs: 1, ...options })) {
    if (progress.kind === 'slice') losses.push(...progress.stepMeasures.loss, ...progress.stepMeasures.accuracy);
  }
  const { loss } = evaluate(mlp, dataset);
  const hash = `${weightsSha256(mlp.parameters())} ${loss} ${losses.join()}`;
  mlp.dispose();
  return hash;
}

describe.each([1, 2, 3])('a team of %i', (threads) => {
  let team: Kernels;
  const alone = loadBuild();
  beforeAll(async () => {
    team = await loadTeam(threads);
  });
  afterAll(() => team.dismiss());

  it.each(CASES)('%s', (_, dataset, hidden, options) => {
    // Slices of few steps, so that a race would show in one of many calls.
    const sliced = { stepsPerSlice: 3, ...options };
    expect(team.threads).toBe(threads);
    expect(hashRun(team, dataset, hidden, sliced)).toBe(hashRun(alone, dataset, hidden, sliced));
  });

  it('diverges at the step at which one thread does', () => {
    const options = { batchSize: 16, learningRate: 1e30 };
    const catchError = (kernels: Kernels) => {
      try {
        hashRun(kernels, dense, [64], options);
        return undefined;
      } catch (error) {
        return error instanceof EdgeMlpError ? `${error.code}: ${error.message}` : error;
      }
    };
    expect(catchError(team)).toMatch(/^diverged: .*step/);
    expect(catchError(team)).toBe(catchError(alone));
    expect(hashRun(team, digits, [64], { batchSize: 16 })).toBe(hashRun(alone, digits, [64], { batchSize: 16 }));
  });
});

it.each([0, 1.5, 17, Number.NaN])('refuses %d threads', async (threads) => {
  await expect(loadTeam(threads)).rejects.toThrow(`threads: expected a whole number from 1 to 16, got ${threads}`);
});

describe('versions of Node', () => {
  const load = (node: string, threads: number) => {
    vi.stubGlobal('process', Object.create(process, { versions: { value: { node } } }));
    return loadTeam(threads).finally(vi.unstubAllGlobals);
  };

  it.each(['20.20.2', '21.7.3'])('%s has no teams', async (node) => {
    const message =
      `threads: expected Node 22 or later for more than one thread, got ${node}: Node 20 breaks ` +
      'threads that wait; use one thread or upgrade';
    await expect(load(node, 2)).rejects.toMatchObject({ code: 'unsupported', message });
    expect((await load(node, 1)).threads).toBe(1);
  });

  it.each(['22.0.0', '23.0.0', '100.0.0'])('%s has teams', async (node) => {
    const team = await load(node, 2);
    expect(team.threads).toBe(2);
    team.dismiss();
  });
});

it('continues with one thread after dismiss', async () => {
  const team = await loadTeam(2);
  team.dismiss();
  expect(team.threads).toBe(1);
  const options = { batchSize: 16 };
  expect(hashRun(team, digits, [64], options)).toBe(hashRun(loadBuild(), digits, [64], options));
});

it('does not keep the process alive', async () => {
  const file = new URL('../../src/runtime/team.ts', import.meta.url).href;
  const code = `import { loadTeam } from '${file}'; await loadTeam(2); console.log('loaded');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [status] = await once(child, 'exit');
  expect(status).toBe(0);
});
