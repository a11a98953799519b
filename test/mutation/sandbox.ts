/** A copy of the project in a temporary folder: mutants are written there, never into the checkout. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, globSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import asc from 'assemblyscript/asc';
import { emptyFolder, ROOT } from '../support/package.ts';

/** Folders that the copy shares with the checkout. */
const SHARED = ['node_modules', 'dist'];
const LEFT_OUT = [...SHARED, '.git', '.wrangler', '.dev.vars'];

/** The kernels that tests load. Without optimisation they take a second instead of ten. */
const QUICK_BUILDS = [
  ['assembly/testing.ts', '--target', 'debug'],
  ['assembly/testing.ts', '--target', 'testing', '--optimizeLevel', '0'],
  ['assembly/index.ts', '--target', 'release', '--optimizeLevel', '0'],
  ['assembly/team-train.ts', '--target', 'threads', '--optimizeLevel', '0'],
];
/** All kernels, without assertions. */
const OPTIMISED_BUILDS = [
  ['assembly/testing.ts', '--target', 'testing'],
  ['assembly/team-train.ts', '--target', 'threads'],
];

export interface TestRun {
  readonly outcome: 'passed' | 'failed' | 'timed out';
  /** The file whose test failed. */
  readonly failed: string | undefined;
  /** Milliseconds of each file. */
  readonly times: ReadonlyMap<string, number>;
}

/** What the JSON reporter of Vitest writes of a file. */
interface FileReport {
  readonly name: string;
  readonly status: string;
  readonly startTime: number;
  readonly endTime: number;
}

export class Sandbox {
  readonly #folder = emptyFolder();
  readonly #reports = emptyFolder();
  /** By test file: the modules that it imports, directly or not. */
  readonly #reached = new Map<string, ReadonlySet<string>>();
  readonly #project: 'node' | 'worker';
  #child: ChildProcess | undefined;

  /** `project` is the project of vitest.config.ts whose tests run. */
  constructor(project: 'node' | 'worker') {
    this.#project = project;
    for (const name of readdirSync(ROOT)) {
      if (!LEFT_OUT.includes(name)) cpSync(join(ROOT, name), this.#path(name), { recursive: true });
    }
    for (const name of SHARED) symlinkSync(join(ROOT, name), this.#path(name));
  }

  #path(file: string): string {
    return join(this.#folder.path, file);
  }

  read(file: string): string {
    return readFileSync(this.#path(file), 'utf8');
  }

  write(file: string, text: string): void {
    writeFileSync(this.#path(file), text);
  }

  /** Whether a test file imports a source file, directly or not. */
  sees(test: string, source: string): boolean {
    const reached = this.#reached.get(test) ?? this.#reach(test, new Set());
    this.#reached.set(test, reached);
    return reached.has(source);
  }

  #reach(file: string, seen: Set<string>): Set<string> {
    if (seen.has(file) || !file.endsWith('.ts')) return seen;
    seen.add(file);
    for (const target of this.#findImports(file)) this.#reach(target, seen);
    return seen;
  }

  #findImports(file: string): string[] {
    const imports = [...this.read(file).matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^'\n]+)'/g)];
    const paths = imports.map(([, target = '']) => join(dirname(file), target));
    // The Worker is reached by requests, and compiled kernels are loaded as files.
    if (file.startsWith('test/worker/')) paths.push('worker/index.ts');
    if (file === 'src/core/kernels.ts') paths.push(...globSync('assembly/*.ts', { cwd: this.#folder.path }));
    return paths;
  }

  /** Runs test files in the given order until a test fails. */
  async test(files: readonly string[], timeoutMs: number): Promise<TestRun> {
    const report = join(this.#reports.path, 'report.json');
    rmSync(report, { force: true });
    const args = ['run', '--config', 'test/mutation/vitest.config.ts', '--root', '.', '--project', this.#project];
    if (this.#project === 'node') args.push('--no-isolate', '--pool', 'threads');
    args.push('--reporter', 'json', '--outputFile', report);
    const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...args, ...files], {
      cwd: this.#folder.path,
      env: { ...process.env, MUTATION_TESTS: JSON.stringify(files) },
      stdio: 'ignore',
      // A group of its own: the runtimes that the tests start end with it.
      detached: true,
    });
    this.#child = child;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      this.stop();
    }, timeoutMs);
    const code = await new Promise((resolve) => child.once('exit', resolve));
    clearTimeout(timer);
    this.#child = undefined;
    const results: FileReport[] = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : [];
    const find = (file: string) => results.find(({ name }) => name.endsWith(`/${file}`));
    return {
      outcome: code === 0 ? 'passed' : timedOut ? 'timed out' : 'failed',
      failed: files.find((file) => find(file)?.status === 'failed'),
      times: new Map(files.map((file) => [file, (find(file)?.endTime ?? 0) - (find(file)?.startTime ?? 0)])),
    };
  }

  /** Ends the running tests. */
  stop(): void {
    if (this.#child?.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
  }

  /** Builds the kernels that tests load. False if they do not compile. */
  async buildKernels(): Promise<boolean> {
    for (const args of QUICK_BUILDS) {
      const built = await this.#compile(args);
      if (!built) return false;
      writeFileSync(built.path, built.bytes);
      if (args.includes('release'))
        this.write('build/kernels-hex.js', `export default '${built.bytes.toString('hex')}';`);
    }
    return true;
  }

  /** The bytes of the optimised kernels, in hexadecimal digits. */
  async compileOptimised(): Promise<string> {
    const modules = [];
    for (const args of OPTIMISED_BUILDS) modules.push((await this.#compile(args))?.bytes.toString('hex'));
    return modules.join();
  }

  async #compile(args: readonly string[]): Promise<{ path: string; bytes: Buffer } | undefined> {
    let module: { path: string; bytes: Buffer } | undefined;
    const { error } = await asc.main([...args, '--baseDir', this.#folder.path], {
      writeFile: (path, contents) => {
        if (path.endsWith('.wasm')) module = { path, bytes: Buffer.from(contents) };
      },
    });
    return error ? undefined : module;
  }

  [Symbol.dispose](): void {
    this.stop();
    for (const folder of [this.#folder, this.#reports]) folder.remove();
  }
}
