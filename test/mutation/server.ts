/**
 * Runs test files in a separate process, which `Sandbox` starts once, and which ends with the first endless test.
 * Modules are transformed only once: with a new Vitest, a small file would take 1.0 s of processor time instead of
 * 0.1 s. The argument is the project.
 */
import { resolve } from 'node:path';
import { createVitest } from 'vitest/node';

/** A message to this process: test files to run in this order until a test fails. */
export interface TestOrder {
  readonly files: readonly string[];
  /** Files that have changed since the last run. */
  readonly changed: readonly string[];
}

/** Its answer. */
export interface TestRun {
  readonly passed: boolean;
  /** The file whose test failed. */
  readonly failed: string | undefined;
  /** By file, in milliseconds. */
  readonly times: Readonly<Record<string, number>>;
}

/**
 * A test is endless if it computes or waits for so long, in milliseconds. On a busy machine it computes no longer than
 * on another one: the slowest test takes 1 second.
 */
const MOST_COMPUTING = 5_000;
const MOST_WAITING = 120_000;

let progress = { computed: process.cpuUsage(), at: Date.now() };
const [name = 'node'] = process.argv.slice(2);
const threads = name === 'node' ? ({ pool: 'threads', isolate: false } as const) : {};
const vitest = await createVitest('test', {
  config: 'test/mutation/vitest.config.ts',
  root: '.',
  project: [name],
  watch: false,
  reporters: [{ onTestModuleCollected: noteProgress, onTestCaseResult: noteProgress }],
  ...threads,
});

process.on('message', async (order: TestOrder) => {
  noteProgress();
  const watch = setInterval(endIfEndless, 500);
  const result = await run(order);
  clearInterval(watch);
  process.send?.(result);
});
process.send?.('ready');

function noteProgress(): void {
  progress = { computed: process.cpuUsage(), at: Date.now() };
}

/** Ends this process and its group, which is the answer of an endless test. */
function endIfEndless(): void {
  const { user, system } = process.cpuUsage(progress.computed);
  if ((user + system) / 1000 < MOST_COMPUTING && Date.now() - progress.at < MOST_WAITING) return;
  process.kill(-process.pid, 'SIGKILL');
}

async function run({ files, changed }: TestOrder): Promise<TestRun> {
  for (const file of changed) vitest.invalidateFile(resolve(file));
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
