import { fileURLToPath } from 'node:url';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { QUIET } from './scripts/wrangler.ts';
import { TEST_TOKENS } from './test/support/tokens.ts';
import { NARROW_REASON } from './test/support/widening.ts';

// For Wrangler, here and in the processes of tests.
Object.assign(process.env, QUIET);

// Tests start the command and the service as processes, and the machine may be busy.
const processes = { environment: 'node', testTimeout: 60_000, hookTimeout: 60_000 } as const;
const slowProcesses = { ...processes, testTimeout: 180_000, hookTimeout: 180_000 };
const SLOW = 'test/**/*.slow.test.ts';
const WIDENED = 'test/runtime/widened.slow.test.ts';
const PACKAGE = 'test/package/*.slow.test.ts';

/**
 * Tests of the kernels, which V8 compiles with 256-bit operations before their first call. With the flag, V8 cannot
 * compile the debug build if it inlines functions.
 */
const widened = {
  test: {
    ...processes,
    name: 'widened',
    include: [
      'test/assembly/{kernels,distort}.test.ts',
      'test/core/{packed,quantization,training,training-course}.test.ts',
      'test/runtime/team.test.ts',
      WIDENED,
    ],
    execArgv: ['--experimental-wasm-revectorize', '--no-liftoff', '--no-wasm-inlining'],
  },
};

export default defineConfig({
  test: {
    // Vitest's default is one worker less than there are cores. Many tests wait for processes: a worker a core pays.
    maxWorkers: '100%',
    slowTestThreshold: 3_000,
    projects: [
      { test: { ...processes, name: 'node', include: ['test/**/*.test.ts'], exclude: ['test/worker/**', SLOW] } },
      { test: { ...slowProcesses, name: 'slow', include: [SLOW], exclude: [PACKAGE, WIDENED] } },
      {
        test: {
          ...slowProcesses,
          name: 'package',
          include: [PACKAGE],
          globalSetup: 'test/support/installed-package.ts',
        },
      },
      ...(NARROW_REASON === undefined ? [widened] : []),
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { bindings: { TOKENS: TEST_TOKENS } },
          }),
        ],
        // As in wrangler.toml, which Vite does not read.
        resolve: { alias: [{ find: /^zod$/, replacement: fileURLToPath(new URL('worker/zod.ts', import.meta.url)) }] },
        test: { name: 'worker', include: ['test/worker/**/*.test.ts'], testTimeout: 30_000 },
      },
    ],
  },
});
