import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    // Commands are real processes, and the machine may be busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
