/** A copy of the project in a temporary folder: mutants are written there, never into the checkout. */
import { type ChildProcess, fork, type StdioOptions } from 'node:child_process';
import { cpSync, globSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import asc from 'assemblyscript/asc';
import { emptyFolder, ROOT } from '../support/package.ts';
import type { TestOrder, TestRun } from './server.ts';

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

export class Sandbox {
  readonly #folder = emptyFolder();
  /** By test file: the modules that it imports, and the number of imports on the way. */
  readonly #distances = new Map<string, ReadonlyMap<string, number>>();
  readonly #project: 'node' | 'worker';
  /** Files that were written since the last run of tests. */
  readonly #changed = new Set<string>();
  #server: ChildProcess | undefined;

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
    this.#changed.add(file);
  }

  /** Imports from a test file to a source file: 1 if it imports it directly; undefined if it does not see it. */
  distance(test: string, source: string): number | undefined {
    const known = this.#distances.get(test) ?? this.#measureDistances(test);
    this.#distances.set(test, known);
    return known.get(source);
  }

  #measureDistances(test: string): Map<string, number> {
    const distances = new Map([[test, 0]]);
    // A map visits the entries that are added on the way: the nearest modules come first.
    for (const [file, distance] of distances) {
      if (!file.endsWith('.ts')) continue;
      for (const target of this.#findImports(file)) {
        if (!distances.has(target)) distances.set(target, distance + 1);
      }
    }
    return distances;
  }

  #findImports(file: string): string[] {
    const imports = [...this.read(file).matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^'\n]+)'/g)];
    const paths = imports.map(([, target = '']) => join(dirname(file), target));
    // The Worker is reached by requests, and compiled kernels are loaded as files.
    if (file.startsWith('test/worker/')) paths.push('worker/index.ts');
    if (file === 'src/core/kernels.ts') paths.push(...globSync('assembly/*.ts', { cwd: this.#folder.path }));
    return paths;
  }

  /**
   * Runs test files in the given order until a test fails. Undefined if a test does not end, or ends the process.
   */
  async test(files: readonly string[]): Promise<TestRun | undefined> {
    const server = await this.#start();
    server.send({ files, changed: [...this.#changed] } satisfies TestOrder);
    this.#changed.clear();
    return await receive<TestRun>(server);
  }

  async #start(): Promise<ChildProcess> {
    if (this.#server !== undefined) return this.#server;
    const { path } = this.#folder;
    const options = {
      cwd: path,
      env: { ...process.env, PWD: path },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'] as StdioOptions,
    };
    // Its process group includes the runtimes that the tests start: they end with it.
    const server = fork('test/mutation/server.ts', [this.#project], { ...options, detached: true });
    server.once('exit', () => {
      if (this.#server === server) this.#server = undefined;
    });
    this.#server = server;
    await receive(server);
    return server;
  }

  /** Ends the tests. */
  stop(): void {
    if (this.#server?.pid !== undefined) process.kill(-this.#server.pid, 'SIGKILL');
    this.#server = undefined;
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
    this.#folder.remove();
  }
}

/** The next message of a process; undefined if it ends. */
function receive<Message>(child: ChildProcess): Promise<Message | undefined> {
  return new Promise((resolve) => {
    const settle = (message?: Message) => {
      child.off('message', settle).off('exit', end);
      resolve(message);
    };
    const end = () => settle();
    child.on('message', settle).on('exit', end);
  });
}
