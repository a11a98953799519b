/** Loading the kernels, and the errors where that is impossible. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { loadKernels } from '../../src/runtime/inline.ts';
import { kernelsBytes } from '../../src/runtime/kernels-bytes.ts';
import { wasmBytes } from '../support/kernels.ts';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const BUILT = join(DIST, 'src/runtime/node.js');

/**
 * "loaded", or code and message of the error of an expression of `library`, in a process with options of Node that runs
 * `before` first.
 */
function load(library: string, expression: string, options: readonly string[] = [], before = ''): string {
  const code = `${before}; const library = await import(${JSON.stringify(pathToFileURL(library).href)});
    ${expression}.then(() => console.log('loaded'), ({ code, message }) => console.log(code + ': ' + message));`;
  return execFileSync(process.execPath, [...options, '--input-type=module', '-e', code], { encoding: 'utf8' }).trim();
}

describe('loadKernels', () => {
  afterEach(() => vi.restoreAllMocks());

  it('has the bytes of kernels.wasm, and gives every call its own memory', async () => {
    expect(kernelsBytes()).toEqual(wasmBytes('release'));
    const [one, two] = [await loadKernels(), await loadKernels()];
    one.allocate(1000);
    expect(two.allocatedBytes).toBe(0);
  });

  it.each([
    ['a decoder of ECMAScript 2026', () => wasmBytes('release')],
    ['no decoder', undefined],
  ])('has these bytes in a runtime with %s', (_, fromHex) => {
    const uses = vi.fn(fromHex);
    const original = Object.getOwnPropertyDescriptor(Uint8Array, 'fromHex') ?? { value: undefined };
    Object.defineProperty(Uint8Array, 'fromHex', { value: fromHex && uses, configurable: true });
    vi.stubGlobal('Buffer', undefined);
    const bytes = kernelsBytes();
    vi.unstubAllGlobals();
    Object.defineProperty(Uint8Array, 'fromHex', original);
    expect(bytes).toEqual(wasmBytes('release'));
    expect(uses).toHaveBeenCalledTimes(fromHex === undefined ? 0 : 1);
  });

  it('takes a compiled module, and then compiles nothing', async () => {
    const compile = vi.spyOn(WebAssembly, 'compile');
    const kernels = await loadKernels(new WebAssembly.Module(wasmBytes('release')));
    expect(kernels.threads).toBe(1);
    expect(compile).not.toHaveBeenCalled();
  });

  it('explains a policy that forbids compiling', async () => {
    const cause = new WebAssembly.CompileError('Wasm code generation disallowed by embedder');
    vi.spyOn(WebAssembly, 'compile').mockRejectedValue(cause);
    const message = expect.stringMatching(/'wasm-unsafe-eval'.*edge-mlp\/kernels\.wasm/);
    await expect(loadKernels()).rejects.toMatchObject({ code: 'unsupported', message, cause });
  });

  it('throws other errors than those of compiling unchanged', async () => {
    const outOfMemory = new RangeError('WebAssembly.compile(): Out of memory');
    vi.spyOn(WebAssembly, 'compile').mockRejectedValue(outOfMemory);
    await expect(loadKernels()).rejects.toBe(outOfMemory);
  });

  it('explains a runtime without WebAssembly', () => {
    expect(load(BUILT, 'library.loadKernels()', ['--jitless'])).toContain(
      'unsupported: kernels: expected a runtime with WebAssembly, got one without',
    );
  });

  // Elsewhere V8 has no option that switches SIMD off.
  it.runIf(process.arch === 'x64')('explains a processor without SIMD', () => {
    expect(load(BUILT, 'library.loadKernels()', ['--no-enable-sse4-1'])).toContain(
      'unsupported: kernels: expected WebAssembly with SIMD',
    );
  });
});

describe('the built library', () => {
  it.each(['src/runtime/node.js', 'src/runtime/inline.js', 'inline.js', 'inline.cjs'])(
    '%s loads without TextDecoder, as in jsdom',
    (file) => {
      const before = 'delete globalThis.TextDecoder; delete globalThis.TextEncoder';
      expect(load(join(DIST, file), 'library.loadKernels()', [], before)).toBe('loaded');
    },
  );
});

describe('the library in a bundle for Node', () => {
  it('loads in CommonJS, which has no import.meta.url, and explains that teams need files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-bundle-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'bundle.cjs');
    const bundle = await rolldown({ input: BUILT, platform: 'node', logLevel: 'silent' });
    await bundle.write({ file, format: 'cjs' });
    expect(readFileSync(file, 'utf8')).toContain('kernels.threads.wasm');
    expect(load(file, 'library.loadKernels()')).toBe('loaded');
    expect(load(file, 'library.loadTeam(2)')).toMatch(
      /^file: threads: cannot read kernels\.threads\.wasm of the package: do not bundle edge-mlp for the server/,
    );
  });
});
