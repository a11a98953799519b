/**
 * Runs test files in a process of its own, which `Sandbox` starts once and ends if tests do not end. Modules are
 * transformed only once: a run of a small file takes a tenth of the time of a new Vitest. The argument is the project.
 */
import { resolve } from 'node:path';
import { createVitest } from 'vitest/node';

/** A message to this process: test files to run in this order until a test fails. */
export interface TestOrder {
  readonly files: readonly string[];
  /** The source file that has changed since the last run. */
  readonly changed: string | undefined;
}

/** Its answer. */
export interface TestRun {
  readonly passed: boolean;
  /** The file whose test failed. */
  readonly failed: string | undefined;
  /** By file, in milliseconds. */
  readonly times: Readonly<Record<string, number>>;
}

const [name = 'node'] = process.argv.slice(2);
const threads = name === 'node' ? ({ pool: 'threads', isolate: false } as const) : {};
const vitest = await createVitest('test', {
  config: 'test/mutation/vitest.config.ts',
  root: '.',
  project: [name],
  watch: false,
  reporters: [{}],
  ...threads,
});

process.on('message', async (order: TestOrder) => process.send?.(await run(order)));
process.send?.('ready');

async function run({ files, changed }: TestOrder): Promise<TestRun> {
  if (changed !== undefined) vitest.invalidateFile(resolve(changed));
  const project = vitest.getProjectByName(name);
  const specifications = files.map((file) => project.createSpecification(resolve(file)));
  process.env.MUTATION_TESTS = JSON.stringify(files);
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  const results = files.map((file) => ({
    file,
    result: testModules.find(({ moduleId }) => moduleId === resolve(file)),
  }));
  return {
    passed: unhandledErrors.length === 0 && results.every(({ result }) => result?.ok()),
    failed: results.find(({ result }) => result?.state() === 'failed')?.file,
    times: Object.fromEntries(results.map(({ file, result }) => [file, result?.diagnostic().duration ?? 0])),
  };
}
