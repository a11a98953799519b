/** The command with 256 bits and without: the same results, and outputs that say which. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../cli/hash.ts';
import { KERNELS_SHA256 } from '../../src/runtime/self-check.ts';
import { DIGITS, edgeMlp, temporaryFolder } from '../support/cli.ts';
import { NARROW_REASON } from '../support/widening.ts';

/** Work for which widening pays. */
const LARGE = ['--data', 'digits', '--hidden', '256', '--epochs', '2'];
/** V8 compiles functions with its optimising compiler at the end of their first call. */
const AT_ONCE = ['--wasm-sync-tier-up', '--wasm-tiering-budget=0'];
const WRONG = '0'.repeat(64);
/** Gives the self-check of the built command a wrong hash. */
const MISCOMPILED = `--import=data:text/javascript,${encodeURIComponent(`import { registerHooks } from 'node:module';
  registerHooks({ load(url, context, next) {
    const result = next(url, context);
    const source = String(result.source);
    return source.includes('${KERNELS_SHA256}') ? { ...result, source: source.replace('${KERNELS_SHA256}', '${WRONG}') } : result;
  } });`)}`;

/** Trains in a new folder. Returns the results, the model, the report's row on vectors, and lines about widening. */
async function train(options: readonly string[], env: Record<string, string> = {}) {
  const folder = temporaryFolder();
  const { code, stdout, stderr } = await edgeMlp(['train', ...LARGE, '--json', '--report', 'report.html', ...options], {
    cwd: folder,
    env,
  });
  expect(code, stderr).toBe(0);
  const [, vectors] = /vectors<\/th><td>(.*?)<\/td>/.exec(readFileSync(join(folder, 'report.html'), 'utf8')) ?? [];
  const lines = stderr.split('\n').filter((line) => line.startsWith('widening'));
  const { widening } = JSON.parse(stdout);
  return { widening, vectors, lines, model: sha256(readFileSync(join(folder, 'model.safetensors'))) };
}

describe.runIf(NARROW_REASON === undefined)('widening', () => {
  it('keeps the bits of the model file, and train says whether it was on', async () => {
    const wide = await train([]);
    const { model } = wide;
    expect(wide).toEqual({ widening: { on: true }, vectors: '256 bits (widening)', lines: [], model });
    const narrow = {
      widening: { on: false, code: 'disabled', reason: '--no-widen' },
      vectors: '128 bits (no widening: --no-widen)',
      lines: [],
      model,
    };
    expect(await train(['--no-widen'])).toEqual(narrow);
  });

  it('is off after a failed self-check, with a line on stderr', async () => {
    const { widening, vectors, lines, model } = await train([], { NODE_OPTIONS: MISCOMPILED });
    expect(widening).toMatchObject({ on: false, code: 'failed' });
    expect(vectors).toBe(`128 bits (no widening: ${widening.reason})`);
    expect(lines).toEqual([`widening off: ${widening.reason}`]);
    expect(model).toBe((await train(['--no-widen'])).model);
  });

  it.each([
    [['--no-widen'], false],
    [['--epochs', '1'], false],
    [[], true],
  ])("decides about V8's flag with %j", async (options, merges) => {
    const nodeOptions = ['--experimental-wasm-revectorize', '--trace-wasm-revectorize', ...AT_ONCE];
    const args = ['train', ...LARGE, ...options];
    const { code, stdout } = await edgeMlp(args, { nodeOptions, cwd: temporaryFolder() });
    expect(code).toBe(0);
    expect(stdout.includes('to vectorize')).toBe(merges);
  });

  it('is off for a small run', async () => {
    const { stdout } = await edgeMlp(['train', ...DIGITS, '--json'], { cwd: temporaryFolder() });
    const reason = 'the run is too short for a gain';
    expect(JSON.parse(stdout).widening).toEqual({ on: false, code: 'small-run', reason });
  });

  it('is in the provenance of experiments, by the work of all their runs', async () => {
    const repeat = ['repeat', '--data', 'digits', '--hidden', '128', '--epochs', '2', '--seeds', '2', '--json'];
    const folder = temporaryFolder();
    const perform = async (...options: string[]) => {
      const { stdout } = await edgeMlp([...repeat, ...options], { cwd: folder });
      const [, vectors] =
        /vectors<\/th><td>(.*?)<\/td>/.exec(readFileSync(join(folder, 'repeat/index.html'), 'utf8')) ?? [];
      const { widening, command } = JSON.parse(stdout).provenance;
      return { widening, vectors, command };
    };
    expect(await perform('--fresh')).toMatchObject({ widening: { on: true }, vectors: '256 bits (widening)' });
    const disabled = await perform('--fresh', '--no-widen');
    expect(disabled.vectors).toBe('128 bits (no widening: --no-widen)');
    expect(disabled.command).toMatch(/^edge-mlp repeat .*--no-widen/);
    expect(await perform()).toMatchObject({ widening: { code: 'cached' }, vectors: 'runs from the cache' });
  });

  it('cannot be turned off for a service', async () => {
    const { code, stderr } = await edgeMlp(['sweep', '--remote', 'http://localhost:1', '--no-widen']);
    expect(stderr).toContain('error: --no-widen cannot be combined with --remote');
    expect(code).not.toBe(0);
  });
});
