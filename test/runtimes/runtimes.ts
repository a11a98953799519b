/** The runtimes that compute the same bits: how each is found, installed and run. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import { build } from 'rolldown';
import { errorMessage } from '../../src/core/errors.ts';
import { chromiumArguments, firefoxArguments, runInBrowser, TIMEOUT_MS } from './browser.ts';

/** The result of program.js in every runtime. If it changes, explain the change in CHANGELOG.md. */
export const EXPECTED = {
  weights: 'c813b31fb9a9fde6aed663dea08de0e676c5ce942b9575c24232c04dc5056a6d',
  predictions: 'd27d9e207feb98064200001d817cf4c8ac8e4f77ed378343bec5bb47609bdb60',
};

export interface Runtime {
  /** In upper case, it is the environment variable with the path of the program. */
  readonly name: string;
  /** Names of the program, for PATH. */
  readonly programs: readonly string[];
  /** Matches what `--version` prints; the group is the version. */
  readonly version: RegExp;
  /** npm package that installs the program. */
  readonly npm?: string;
  /** Flags of the engine; the empty string stands for the default. */
  readonly flags: readonly string[];
  /** Sizes of teams of threads; 0 stands for `loadKernels`. */
  readonly teams: readonly number[];
  /** Sizes of teams that `loadTeam` refuses. */
  readonly refused?: readonly number[];
  /** Runs program.js. Resolves to its result as JSON. */
  readonly run: (task: Task) => Promise<string>;
}

export interface Task {
  readonly program: string;
  readonly flag: string;
  readonly team: number;
}

/** With only the baseline compiler of V8, and with only the optimising compiler. */
const V8_FLAGS = ['', '--liftoff-only', '--no-liftoff'];
const TEAMS = [0, 1, 2, 5];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'build/runtimes');
const NODE_HOST = join(ROOT, 'test/runtimes/node.js');

export const RUNTIMES: readonly Runtime[] = [
  { ...nodeRelease(20), teams: [0, 1], refused: [2, 5] },
  nodeRelease(22),
  nodeRelease(24),
  nodeRelease(26),
  {
    name: 'bun',
    programs: ['bun'],
    version: /^(\d\S+)/,
    npm: 'bun',
    flags: [''],
    teams: TEAMS,
    run: ({ program, team }) => execute(program, [NODE_HOST, String(team)]),
  },
  {
    name: 'deno',
    programs: ['deno'],
    version: /^deno (\S+)/,
    npm: 'deno',
    flags: V8_FLAGS,
    teams: TEAMS,
    run: ({ program, flag, team }) =>
      execute(program, ['run', '--allow-all', ...(flag ? [`--v8-flags=${flag}`] : []), NODE_HOST, String(team)]),
  },
  {
    name: 'workerd',
    programs: ['workerd'],
    version: /^workerd (\S+)/,
    flags: V8_FLAGS,
    teams: [0],
    run: async ({ program, flag }) => execute(program, ['test', await writeWorker(flag)]),
  },
  {
    name: 'chromium',
    programs: ['chromium', 'chromium-browser', 'google-chrome'],
    version: /(?:Chromium|Chrome) (\S+)/,
    flags: V8_FLAGS,
    teams: [0],
    run: ({ program, flag }) =>
      runInBrowser(program, (profile) => [...chromiumArguments(profile), `--js-flags=${flag}`]),
  },
  {
    name: 'firefox',
    programs: ['firefox', 'firefox-esr'],
    version: /Firefox (\S+)/,
    flags: [''],
    teams: [0],
    run: ({ program }) => runInBrowser(program, firefoxArguments),
  },
];

function nodeRelease(major: number): Runtime {
  return {
    name: `node${major}`,
    programs: ['node', `node${major}`],
    version: new RegExp(`^v(${major}\\.\\S+)`),
    npm: `node@${major}`,
    flags: V8_FLAGS,
    teams: TEAMS,
    run: ({ program, flag, team }) => execute(program, [...(flag ? [flag] : []), NODE_HOST, String(team)]),
  };
}

/** The program that the environment variable names, or the first of the right version among npm packages and in PATH. */
export function findProgram({ name, programs, version }: Runtime): { program: string; version: string } | undefined {
  const named = process.env[name.toUpperCase()];
  const packages = [packageFolder(name), ROOT].map((folder) => join(folder, 'node_modules/.bin'));
  const folders = [...packages, ...(process.env.PATH ?? '').split(delimiter)];
  const found = folders.flatMap((folder) => programs.map((program) => join(folder, program))).filter(existsSync);
  for (const program of named === undefined ? found : [named]) {
    const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
    const [, match] = version.exec(stdout ?? '') ?? [];
    if (match !== undefined) return { program, version: match };
  }
  return undefined;
}

/** Installs the npm package of a runtime below build/. */
export function installPackage({ name, npm }: Runtime): void {
  if (npm === undefined) return;
  const folder = packageFolder(name);
  mkdirSync(folder, { recursive: true });
  const [library = ''] = npm.split('@');
  // These packages download the program in an install script.
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, allowScripts: { [library]: true } }));
  const options = ['--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder];
  execFileSync('npm', ['install', ...options, npm], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Undefined if all teams compute the expected bits, otherwise the first other result or error. */
export async function findDifference(runtime: Runtime, program: string, flag: string): Promise<string | undefined> {
  for (const team of runtime.teams) {
    const result = await runtime.run({ program, flag, team }).then(JSON.parse).catch(errorMessage);
    if (!isDeepStrictEqual(result, EXPECTED)) return `${describeTeam(team)}: ${JSON.stringify(result)}`;
  }
  for (const team of runtime.refused ?? []) {
    const result = await runtime.run({ program, flag, team }).catch(errorMessage);
    if (!result.includes('threads: expected Node')) return `${describeTeam(team)}: expected a refusal, got ${result}`;
  }
  return undefined;
}

export function describeTeam(team: number): string {
  return team === 0 ? 'no team' : String(team);
}

function packageFolder(name: string): string {
  return join(CACHE, name);
}

/** The standard output of a program. Rejects with its standard error if it fails. */
async function execute(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, {
    cwd: ROOT,
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  return stdout;
}

/** Bundles worker.js. Returns the path of a configuration of workerd. */
async function writeWorker(flag: string): Promise<string> {
  const resolveId = (id: string) => (id.endsWith('.wasm') ? { id: 'kernels.wasm', external: true } : null);
  await build({
    input: join(ROOT, 'test/runtimes/worker.js'),
    output: { file: join(CACHE, 'worker.js') },
    plugins: [{ name: 'kernels', resolveId }],
  });
  const file = join(CACHE, 'worker.capnp');
  writeFileSync(
    file,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    compatibilityDate = "2026-10-23",
    modules = [
      (name = "worker.js", esModule = embed "worker.js"),
      (name = "kernels.wasm", wasm = embed "../../dist/build/kernels.wasm"),
    ],
  ))],
  v8Flags = [${flag && JSON.stringify(flag)}],
);
`,
  );
  return file;
}
