/** Runs on threads, and the store of finished runs. */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shareDataset } from '../../../cli/experiments/data.ts';
import {
  type FinishedRun,
  type PoolOptions,
  type PoolProgress,
  performRuns,
} from '../../../cli/experiments/run-pool.ts';
import { RunStore } from '../../../cli/experiments/run-store.ts';
import { weightsSha256, withFingerprint } from '../../../cli/hash.ts';
import type { Run } from '../../../cli/report/summary.ts';
import type { RunData, RunSpec } from '../../../cli/training/run-spec.ts';
import type { RunOutcome } from '../../../src/format/run-file.ts';
import { slice, TRAINING_DEFAULTS } from '../../../src/index.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { digits } from '../../support/training.ts';

const shared = shareDataset(digits);
const DATA: Record<string, RunData> = {
  digits: { training: withFingerprint(slice(shared, 0, 500)), validation: withFingerprint(slice(shared, 500, 600)) },
};
const spec = (seed: number, learningRate = 0.05, epochs = 2): RunSpec => ({
  data: 'digits',
  layers: [784, 12, 10],
  hiddenActivation: 'sigmoid',
  initialisation: 'normal',
  training: { ...TRAINING_DEFAULTS, epochs, learningRate, batchSize: 1, seed },
});
const SPECS = [spec(1), spec(2), spec(3, 1e7), spec(4, 0.05, 1), spec(5)];

const whole = (outcome: RunOutcome) => outcome;

function perform(specs: readonly RunSpec[], data: typeof DATA, options?: PoolOptions<RunOutcome>) {
  return performRuns(specs, data, whole, options);
}

/** Without durations. */
function result(run: Run<RunOutcome> | undefined) {
  const outcome = run?.outcome;
  if (outcome === undefined || outcome.status === 'failed') return outcome;
  const { epochs, parameters, steps, validation } = outcome;
  return {
    epochs: epochs.map((epoch) => ({ ...epoch, seconds: 0 })),
    sha: weightsSha256(parameters),
    steps,
    validation,
  };
}

describe('runs on threads', () => {
  it('return the same results for any number of threads, in the order of the specs; a failed run does not stop others', async () => {
    const finished: number[] = [];
    const progress: PoolProgress[] = [];
    const one = await perform(SPECS, DATA, { threads: 1 });
    const more = await perform(SPECS, DATA, {
      threads: 3,
      onFinished: ({ index }) => finished.push(index),
      onProgress: (state) => progress.push(state),
    });
    expect(more.map(result)).toEqual(one.map(result));
    expect(one[2]?.outcome).toMatchObject({ status: 'failed', code: 'diverged' });
    expect(one.map(({ outcome }) => outcome.status)).toEqual(
      [...'ss', 'f', ...'ss'].map((s) => (s === 's' ? 'succeeded' : 'failed')),
    );
    expect(finished.toSorted()).toEqual([0, 1, 2, 3, 4]);
    expect(progress.at(-1)?.done).toBe(progress.at(-1)?.total);
  });

  it('share their data without copies', () => {
    const again = shareDataset(shared);
    expect(again.inputs).toBe(shared.inputs);
    expect(slice(again, 10, 20).inputs.buffer).toBe(shared.inputs.buffer);
    expect(shared.inputs.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(shared.inputs).toEqual(digits.inputs);
  });

  it('stop on abort and keep finished runs in the store', async () => {
    const store = new RunStore(temporaryFolder());
    const controller = new AbortController();
    const long = [spec(1), spec(2, 0.05, 5000), spec(3, 0.05, 5000)];
    const stopped = perform(long, DATA, {
      ...{ threads: 3, store, signal: controller.signal },
      onFinished: () => controller.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(readdirSync(store.folder)).toHaveLength(1);
  });

  it('reject with an error of a thread that is not an EdgeMlpError', async () => {
    const broken = { digits: { ...DATA.digits, test: null } } as unknown as typeof DATA;
    await expect(perform([spec(1), spec(2)], broken, { threads: 2 })).rejects.toThrow(TypeError);
  });
});

describe('the store of runs', () => {
  it('returns stored runs without repeating them, unless fresh is set', async () => {
    const store = new RunStore(temporaryFolder());
    const run = async (specs: RunSpec[], fresh = false) => {
      const finished: FinishedRun<RunOutcome>[] = [];
      const outcomes = await perform(specs, DATA, {
        threads: 2,
        store,
        fresh,
        onFinished: (r) => finished.push(r),
      });
      return { outcomes, kept: finished.filter(({ run }) => run.kept).map(({ index }) => index) };
    };
    const first = await run(SPECS.slice(0, 3));
    expect(first.kept).toEqual([]);
    const larger = await run(SPECS);
    expect(larger.kept).toEqual([0, 1, 2]);
    // Durations are equal, so no run was repeated.
    expect(larger.outcomes.slice(0, 3).map(({ outcome }) => outcome)).toEqual(
      first.outcomes.map(({ outcome }) => outcome),
    );
    const fresh = await run(SPECS, true);
    expect(fresh.kept).toEqual([]);
    expect(fresh.outcomes.map(result)).toEqual(larger.outcomes.map(result));
    expect(readdirSync(store.folder)).toHaveLength(SPECS.length);
  });

  it('detects a damaged file, reports it and repeats the run', async () => {
    const store = new RunStore(temporaryFolder());
    const [outcome] = await perform([spec(1)], DATA, { store, threads: 1 });
    const [file = ''] = readdirSync(store.folder);
    const path = join(store.folder, file);
    const whole = readFileSync(path);
    const places = Array.from({ length: 40 }, (_, i) => Math.floor((i * (whole.length - 1)) / 39));
    const damages: Buffer[] = [
      ...places.map((place) => {
        const bytes = Buffer.from(whole);
        bytes[place] = (bytes[place] ?? 0) ^ 1;
        return bytes;
      }),
      whole.subarray(0, whole.length - 1),
      whole.subarray(0, 50),
      Buffer.concat([whole, Buffer.of(0)]),
      Buffer.of(),
    ];
    const identity = await identityInStore(store);
    for (const bytes of damages) {
      writeFileSync(path, bytes);
      expect(await store.read(identity)).toMatchObject({ kind: 'damaged' });
    }
    const troubles: string[] = [];
    const [again] = await perform([spec(1)], DATA, {
      store,
      threads: 1,
      onStoreTrouble: (text) => troubles.push(text),
    });
    expect(troubles).toEqual([`${path}: its SHA-256 is wrong: repeating the run`]);
    expect(result(again)).toEqual(result(outcome));
    expect((await store.read(identity)).kind).toBe('found');
  });

  it('repeats a run if a folder is in place of its file', async () => {
    const store = new RunStore(temporaryFolder());
    await perform([spec(1)], DATA, { store, threads: 1 });
    const [file = ''] = readdirSync(store.folder);
    rmSync(join(store.folder, file));
    mkdirSync(join(store.folder, file));
    const troubles: string[] = [];
    const [run] = await perform([spec(1)], DATA, { store, threads: 1, onStoreTrouble: (text) => troubles.push(text) });
    expect(run?.outcome.status).toBe('succeeded');
    expect(troubles[0]).toMatch(/it is a folder: repeating the run$/);
  });

  it('refuses the file of another run', async () => {
    const store = new RunStore(temporaryFolder());
    await perform([spec(1)], DATA, { store, threads: 1 });
    const [file = ''] = readdirSync(store.folder);
    const other = '{"of":"another run"}';
    writeFileSync(store.filePath(other), readFileSync(join(store.folder, file)));
    expect(await store.read(other)).toMatchObject({ kind: 'damaged' });
  });

  it('does not stop runs if it cannot be written', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const troubles: string[] = [];
    const outcomes = await perform([spec(1), spec(2)], DATA, {
      ...{ store: new RunStore(join(folder, 'file', 'runs')), threads: 2 },
      onStoreTrouble: (text) => troubles.push(text),
    });
    expect(outcomes.map(({ outcome }) => outcome.status)).toEqual(['succeeded', 'succeeded']);
    expect(troubles[0]).toMatch(/cannot create the folder .*: the run is not cached$/);
  });
});

/** The identity under which the store's only file was written. */
async function identityInStore(store: RunStore): Promise<string> {
  const [file = ''] = readdirSync(store.folder);
  const header = readFileSync(join(store.folder, file)).subarray(8).toString('latin1');
  const metadata = JSON.parse(header.slice(header.indexOf('{"sha256"'), header.indexOf('},"layers.0.weight"') + 1));
  return metadata.identity;
}
