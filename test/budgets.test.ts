/** Sizes of files that users download. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, it } from 'vitest';
import { wasmBytes } from './support/kernels.ts';

const KILOBYTE = 1024;

it('the kernels take at most 40 KB', () => {
  expect(wasmBytes('release').length).toBeLessThanOrEqual(40 * KILOBYTE);
});

it('the library takes at most 40 KB, bundled, minified and compressed with gzip', async () => {
  const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: true, lib: { entry, formats: ['es'] } },
  });
  const outputs = [built].flat().flatMap((result) => ('output' in result ? result.output : []));
  const code = outputs.map((item) => (item.type === 'chunk' ? item.code : '')).join('');
  expect(code).toContain('WebAssembly');
  expect(gzipSync(code).length).toBeLessThanOrEqual(40 * KILOBYTE);
});

it('the first view of the page takes at most 60 KB of scripts; forms, charts and teaching load later', () => {
  const read = (path: string) => readFileSync(new URL(`../build/web/${path}`, import.meta.url));
  const scripts = [
    ...read('index.html')
      .toString()
      .matchAll(/\/(assets\/[^"]+\.js)"/g),
  ].map(([, path = '']) => path);
  expect(scripts.length).toBeGreaterThan(0);
  const bytes = scripts.reduce((sum, path) => sum + gzipSync(read(path)).length, 0);
  expect(bytes).toBeLessThanOrEqual(60 * KILOBYTE);
});
