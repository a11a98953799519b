/** Widening: when V8 computes with 256 bits, and that results keep their bits. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { hashKernels, KERNELS_SHA256 } from '../../src/runtime/self-check.ts';
import { decideWidening } from '../../src/runtime/widening.ts';
import { BUILD_NAMES, loadBuild } from '../support/kernels.ts';
import { BUILT, runTraced as run } from '../support/traced.ts';
import { NARROW_REASON } from '../support/widening.ts';

const FLAG = '--experimental-wasm-revectorize';
const ENABLE = 'log(widening.enableWidening());';
/** Logs hashes of all kinds of kernels, and of runs with one thread and with two. */
const HASHES = `
  const single = await library.loadKernels();
  log(check.hashKernels(single));
  const digits = data.digitsDataset({ samples: 320, seed: 3 });
  for (const kernels of [single, await library.loadTeam(2)]) {
    const mlp = library.Mlp.create(kernels, { layers: [784, 300, 10], seed: 1 });
    for (const batchSize of [1, 64]) {
      await library.fit(mlp, digits, { epochs: 2, batchSize });
      log(createHash('sha256').update(parameters.parameterBytes(mlp.parameters())).digest('hex'));
    }
  }`;

describe('the self-check', () => {
  it.each(BUILD_NAMES)('has its hash in the build %s', (build) => {
    expect(hashKernels(loadBuild(build))).toBe(KERNELS_SHA256);
  });

  it('calls every kernel', () => {
    const kernels = loadBuild();
    const names = Object.entries(kernels.call).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
    // These two return addresses and compute nothing.
    const called = new Set(['heapBase', 'layerOutput']);
    const get = (exports: object, name: string) => called.add(name) && Reflect.get(exports, name);
    Object.assign(kernels, { call: new Proxy({ ...kernels.call }, { get }) });
    hashKernels(kernels);
    expect(names.filter((name) => !called.has(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(10);
  });
});

describe.runIf(NARROW_REASON === undefined)('widening', () => {
  const options = ['--trace-wasm-revectorize'];
  let narrow: ReturnType<typeof run>;
  let hashes: unknown[];
  beforeAll(() => {
    narrow = run(ENABLE + HASHES, { options: [...options, FLAG], env: { EDGE_MLP_WIDEN: '0' } });
    hashes = narrow.values.slice(1);
  });

  it('is on, and results keep their bits', () => {
    const { values, merged } = run(ENABLE + HASHES, { options });
    expect(values).toEqual([{ on: true }, ...hashes]);
    // One is the probe of two loads.
    expect(merged).toBeGreaterThan(1);
  });

  it("is off with EDGE_MLP_WIDEN=0, even with V8's flag", () => {
    expect(narrow.values[0]).toEqual({ on: false, code: 'disabled', reason: 'EDGE_MLP_WIDEN=0' });
    expect(narrow.merged).toBe(0);
  });

  it.each([['--no-enable-avx2'], ['--disable-wasm-trap-handler'], [FLAG, '--no-enable-avx2']])(
    'is off with %s %s',
    (...off) => {
      const { values, merged } = run(ENABLE + HASHES, { options: [...options, ...off] });
      const reason = 'expected a processor with AVX2, and the trap handler of WebAssembly';
      expect(values).toEqual([{ on: false, code: 'unsupported', reason }, ...hashes]);
      expect(merged).toBe(0);
    },
  );

  it('is off without WebAssembly', () => {
    const code = `import('${BUILT}library.js').then(({ enableWidening }) => console.log(enableWidening().reason))`;
    const { stdout } = spawnSync(process.execPath, ['--jitless', '-e', code], { encoding: 'utf8' });
    expect(stdout).toBe('expected WebAssembly, which --jitless disables\n');
  });

  it.each(['--freeze-flags-after-init', '--freeze_flags_after_init'])('is off with %s', (option) => {
    const { values } = run(ENABLE, { options: [option] });
    const reason = 'expected flags of V8 that can change, got --freeze-flags-after-init';
    expect(values).toEqual([{ on: false, code: 'unsupported', reason }]);
  });

  it.each([['--wasm_tiering_budget=0', '--wasm-sync-tier-up'], ['--wasm-tiering-budget=1000000000']])(
    "keeps the process's options about tiers, %s",
    (...tiers) => {
      const { values, merged } = run(
        `${ENABLE} trace('--trace-wasm-revectorize');
      const bytes = readFileSync(new URL('../../build/kernels.threads.wasm', '${BUILT}'));
      const memory = new WebAssembly.Memory({ initial: 2, maximum: 65_536, shared: true });
      log(check.hashKernels(new kernels.Kernels(new WebAssembly.Module(bytes), { memory, members: 1 })));`,
        { options: tiers },
      );
      expect(values).toEqual([{ on: true }, hashes[0]]);
      expect(merged > 0).toBe(tiers.includes('--wasm-sync-tier-up'));
    },
  );

  it('uses the code of the self-check again', () => {
    const { values, compiled } = run(
      `${ENABLE} gc(); trace('--trace-wasm-compilation-times');
      log(check.hashKernels(await library.loadKernels()));`,
      { options: ['--expose-gc'] },
    );
    expect(values).toEqual([{ on: true }, hashes[0]]);
    expect(compiled).toBe(0);
  });

  it('is off after a failed self-check, whose code is not used again', () => {
    const wrong = '0'.repeat(64);
    const { values, merged, compiled } = run(`log(widening.decideWidening('${wrong}'));
      trace('--trace-wasm-compilation-times', '--trace-wasm-revectorize', ...AT_ONCE);
      log(check.hashKernels(await library.loadKernels()));`);
    const problem = `expected results with the hash ${wrong}, got ${hashes[0]}`;
    const reason = `self-check of V8 ${process.versions.v8} with 256 bits: ${problem}`;
    expect(values).toEqual([{ on: false, code: 'failed', reason }, hashes[0]]);
    expect(compiled).toBeGreaterThan(20);
    expect(merged).toBe(0);
  });

  it('is off after a self-check that throws', () => {
    const { values } = run(`const { Module } = WebAssembly;
      WebAssembly.Module = function (bytes) {
        if (bytes.length > 1000) throw new RangeError('no space for code');
        return new Module(bytes);
      };
      ${ENABLE}
      WebAssembly.Module = Module;
      log(check.hashKernels(await library.loadKernels()));`);
    const reason = `self-check of V8 ${process.versions.v8} with 256 bits: no space for code`;
    expect(values).toEqual([{ on: false, code: 'failed', reason }, hashes[0]]);
  });

  it.each([
    'library.loadKernels()',
    'await library.loadTeam(1)',
    "library.loadKernels(await WebAssembly.compile(readFileSync(new URL('../../build/kernels.wasm', BUILT))))",
  ])('is off after %s', (load) => {
    const { values, merged } = run(`const BUILT = '${BUILT}'; ${load}; ${ENABLE}`, { options });
    const reason = 'kernels were compiled before: call enableWidening before loadKernels';
    expect(values).toEqual([{ on: false, code: 'too-late', reason }]);
    expect(merged).toBe(0);
  });

  it('is off if V8 refuses the flag', () => {
    const { values } = run(`import { syncBuiltinESMExports } from 'node:module';
      const set = v8.setFlagsFromString;
      v8.setFlagsFromString = (flag) => flag.includes('revectorize') || set(flag);
      syncBuiltinESMExports();
      ${ENABLE} ${HASHES}`);
    const reason = `V8 ${process.versions.v8} refuses --experimental-wasm-revectorize`;
    expect(values).toEqual([{ on: false, code: 'failed', reason }, ...hashes]);
  });

  // V8 ends the process if it cannot compile merged operations, which the self-check could not prevent.
  it.each([['--no-liftoff'], ['--no-liftoff', '--no-wasm-inlining']])(
    'all released kernels can be compiled, %j',
    (...settings) => {
      const options = [FLAG, '--no-wasm-lazy-compilation', ...settings];
      const { values } = run(
        `for (const name of ['kernels', 'kernels.threads']) {
        new WebAssembly.Module(readFileSync(new URL('../../build/' + name + '.wasm', '${BUILT}')));
        log(name);
      }`,
        { options },
      );
      expect(values).toEqual(['kernels', 'kernels.threads']);
    },
  );

  it('is decided once, and holds for threads', () => {
    const thread = `Promise.all(['library', 'probe'].map((name) => import('${BUILT}' + name + '.js'))).then(
      ([{ enableWidening }, { mergesLoads }]) =>
        process.getBuiltinModule('node:worker_threads').parentPort.postMessage([enableWidening(), mergesLoads()]));`;
    const code = `import { once } from 'node:events'; import { Worker } from 'node:worker_threads';
      ${ENABLE} await library.loadKernels(); ${ENABLE}
      process.env.EDGE_MLP_WIDEN = '0';
      log(...(await once(new Worker(${JSON.stringify(thread)}, { eval: true }), 'message')));`;
    expect(run(code).values).toEqual([{ on: true }, { on: true }, [{ on: true }, true]]);
    const [off] = narrow.values;
    expect(run(code, { env: { EDGE_MLP_WIDEN: '0' } }).values).toEqual([off, off, [off, false]]);
  });

  it('is on after another thread has turned it on', () => {
    const thread = `import('${BUILT}library.js').then(({ enableWidening }) =>
      process.getBuiltinModule('node:worker_threads').parentPort.postMessage(enableWidening()));`;
    const { values } = run(`import { once } from 'node:events'; import { Worker } from 'node:worker_threads';
      await library.loadKernels();
      log(...(await once(new Worker(${JSON.stringify(thread)}, { eval: true }), 'message')));
      ${ENABLE} log(probe.mergesLoads());`);
    expect(values).toEqual([{ on: true }, { on: true }, true]);
  });

  it('has a self-check for the kernels of teams', () => {
    const { values, compiled } = run(`${ENABLE} const team = await library.loadTeam(1);
      trace('--trace-wasm-compilation-times'); log(check.hashKernels(team));`);
    expect(values).toEqual([{ on: true }, hashes[0]]);
    expect(compiled).toBe(0);
  });

  it('refuses a team after a failed self-check', () => {
    const { values } = run(`${ENABLE}
      const { Module } = WebAssembly;
      WebAssembly.Module = function () { throw new RangeError('no space for code'); };
      await library.loadTeam(2).catch(({ code, message }) => log([code, message]));
      WebAssembly.Module = Module;`);
    const problem = `self-check of V8 ${process.versions.v8} with 256 bits: no space for code`;
    const message = `threads: ${problem}; turn widening off with EDGE_MLP_WIDEN=0`;
    expect(values).toEqual([{ on: true }, ['unsupported', message]]);
  });

  it('holds for the threads of a team', () => {
    const team = `trace('--trace-wasm-revectorize', ...AT_ONCE);
      const mlp = library.Mlp.create(await library.loadTeam(2), { layers: [784, 300, 10], seed: 1 });
      await library.fit(mlp, data.digitsDataset({ samples: 128, seed: 3 }), { epochs: 1, batchSize: 64 });`;
    const { values, merged } = run(ENABLE + team);
    expect(values).toEqual([{ on: true }]);
    expect(merged).toBeGreaterThan(0);
    expect(run(team).merged).toBe(0);
  });
});

it.each(['inline.js', 'inline.cjs', 'src/runtime/inline.js'])(
  '%s, for browsers and Workers, has no widening',
  (file) => {
    const code = readFileSync(new URL(`../../dist/${file}`, import.meta.url), 'utf8');
    expect(code).toContain('loadKernels');
    expect(code).not.toMatch(/widen|revectorize/i);
  },
);

describe('widening is unsupported', () => {
  it.each([
    ['Node 22', { v8: '12.4.254.21-node.57' }, 'x64'],
    ['a Node without tests', { v8: '15.1.12.3-node.1' }, 'x64'],
    ['Deno', { v8: '14.6.202.34-rusty' }, 'x64'],
    ['Electron', { v8: '13.6.233.17-electron.0' }, 'x64'],
    ['arm64', { v8: '13.6.233.17-node.53' }, 'arm64'],
    ['Bun', { v8: '13.6.233.17-node.53', bun: '1.4.5' }, 'x64'],
  ])('in %s', (_, versions, arch) => {
    vi.stubGlobal('process', Object.create(process, { versions: { value: versions }, arch: { value: arch } }));
    const widening = decideWidening(KERNELS_SHA256);
    vi.unstubAllGlobals();
    const got = 'bun' in versions ? 'Bun' : `V8 ${versions.v8}`;
    const reason = `expected V8 13.6 (Node 24) or V8 14.6 (Node 26) on x64, got ${got} on ${arch}`;
    expect(widening).toEqual({ on: false, code: 'unsupported', reason });
  });
});
