/** One test file after the other, in the order of MUTATION_TESTS, until a test fails. */
import { defineConfig, mergeConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from '../../vitest.config.ts';

class GivenOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order: readonly string[] = JSON.parse(process.env.MUTATION_TESTS ?? '[]');
    const place = ({ moduleId }: TestSpecification) => order.findIndex((file) => moduleId.endsWith(file));
    return files.toSorted((a, b) => place(a) - place(b));
  }
}

export default mergeConfig(
  base,
  defineConfig({
    cacheDir: 'build/vite',
    test: {
      bail: 1,
      maxWorkers: 1,
      fileParallelism: false,
      sequence: { sequencer: GivenOrder },
      chaiConfig: { showDiff: false },
    },
  }),
);
