/** Whether the tests notice mutants. */
import { applyEdit, type Edit, type Mutant } from './mutants.ts';
import type { Sandbox } from './sandbox.ts';

/**
 * A mutant is killed if a test fails, and timed out if the tests do not end. It is equivalent if the optimised kernels
 * are byte for byte the same, and invalid if they do not compile.
 */
export type Verdict = 'killed' | 'timed out' | 'survived' | 'not covered' | 'equivalent' | 'invalid';

export class Trial {
  readonly #sandbox: Sandbox;
  /** Test files, fastest first, and the milliseconds that their tests take. */
  readonly #times: ReadonlyMap<string, number>;
  /** The optimised kernels without a fault. */
  readonly #kernels: string | undefined;
  /** By source file: the tests that killed its mutants, the last one first. They are likely to kill the next one. */
  readonly #killers = new Map<string, readonly string[]>();

  private constructor(sandbox: Sandbox, times: ReadonlyMap<string, number>, kernels: string | undefined) {
    this.#sandbox = sandbox;
    this.#times = times;
    this.#kernels = kernels;
  }

  /** Runs the test files once without a fault. Throws an error if one fails. */
  static async start(sandbox: Sandbox, tests: readonly string[], kernels: boolean): Promise<Trial> {
    if (kernels) await sandbox.buildKernels();
    const run = await sandbox.test(tests);
    if (!run?.passed) throw new Error(`without a fault the tests do not pass: ${run?.failed ?? tests.join(' ')}`);
    const fastestFirst = new Map(Object.entries(run.times).sort(([, a], [, b]) => a - b));
    return new Trial(sandbox, fastestFirst, kernels ? await sandbox.compileOptimised() : undefined);
  }

  async judge({ file, change, probe }: Mutant): Promise<Verdict> {
    const distance = (test: string) => this.#sandbox.distance(test, file) ?? Number.POSITIVE_INFINITY;
    // The tests that import the file most directly come first, and among them the fastest.
    const seeing = [...this.#times.keys()]
      .filter((test) => Number.isFinite(distance(test)))
      .toSorted((a, b) => distance(a) - distance(b));
    if (seeing.length === 0) return 'not covered';
    const verdict = await this.#try(file, change, seeing);
    if (verdict !== 'survived') return verdict;
    return (await this.#try(file, probe, seeing)) === 'survived' ? 'not covered' : 'survived';
  }

  async #try(file: string, edit: Edit, seeing: readonly string[]): Promise<Verdict> {
    const source = this.#sandbox.read(file);
    this.#sandbox.write(file, applyEdit(source, edit));
    try {
      if (this.#kernels !== undefined && !(await this.#sandbox.buildKernels())) return 'invalid';
      const killers = this.#killers.get(file) ?? [];
      const order = [...new Set([...killers, ...seeing])];
      const run = await this.#sandbox.test(order);
      if (run === undefined) return 'timed out';
      if (run.failed !== undefined) this.#killers.set(file, [...new Set([run.failed, ...killers])]);
      if (!run.passed) return 'killed';
      const isSame = this.#kernels !== undefined && (await this.#sandbox.compileOptimised()) === this.#kernels;
      return isSame ? 'equivalent' : 'survived';
    } finally {
      this.#sandbox.write(file, source);
    }
  }
}
