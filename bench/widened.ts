/**
 * npm run bench:widened
 *
 * Lists the functions of the kernels that V8's revectoriser widens from 128 to 256 bits, and those that it does not with
 * the reason, from the engine's trace: `saved` and `added` are its counts of operations. The kernels are compiled with
 * the names of their functions, and a second process lets V8 optimise all of them.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FLAGS = [
  '--experimental-wasm-revectorize',
  '--trace-wasm-revectorize',
  '--trace-wasm-compilation-times',
  // Every function is optimised at once, one after the other: the trace of a function precedes its name.
  '--no-liftoff',
  '--no-wasm-lazy-compilation',
  '--wasm-num-compilation-tasks=0',
];

interface TracedFunction {
  readonly name: string;
  readonly widened: boolean;
  readonly reason: string;
}

/** The trace of V8 while it optimises a module. */
function traceModule(path: string): string {
  const compile = 'new WebAssembly.Module(fs.readFileSync(process.argv[1]))';
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  return execFileSync(process.execPath, [...FLAGS, '--eval', compile, path], options);
}

/** The functions of a trace that compute with vectors. */
function readTrace(trace: string): TracedFunction[] {
  const functions: TracedFunction[] = [];
  let lines: string[] = [];
  for (const line of trace.split('\n')) {
    const name = /^Compiled function .* using TurboFan.* name (.*)$/.exec(line)?.[1];
    if (name === undefined) {
      lines.push(line);
      continue;
    }
    if (lines.some((text) => text.startsWith('Revec:'))) functions.push({ name, ...readFunction(lines) });
    lines = [];
  }
  return functions;
}

function readFunction(lines: readonly string[]): Omit<TracedFunction, 'name'> {
  const messages = lines.flatMap((line) => /^Revec: \w+ \d+: (.*)$/.exec(line)?.[1] ?? []);
  // A tree of operations starts at two neighbouring stores. The message before the failure has the reason.
  const failures = messages.flatMap((message, i) =>
    /^(Build tree|Building SLP tree) failed/.test(message) ? [messages[i - 1] ?? ''] : [],
  );
  const counts = /Save: (\d+), cost: (\d+)/.exec(messages.join('\n'));
  const reasons = [
    ...(counts === null ? [] : [`saved ${counts[1]}, added ${counts[2]}`]),
    ...(messages.includes('Empty seed') ? ['no neighbouring stores'] : []),
    ...new Set(failures.map((failure) => failure.replace(/ *[(]?#\d+.*$/, '').replace('!', ''))),
  ];
  return { widened: messages.some((message) => /^Decided? to vectorize/.test(message)), reason: reasons.join('; ') };
}

const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-widened-'));
try {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const named = join(folder, 'named.wasm');
  const compiler = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
  const options = [
    'assembly/testing.ts',
    '--target',
    'testing',
    '--debug',
    '--outFile',
    named,
    '--textFile',
    named.replace('wasm', 'wat'),
  ];
  execFileSync(process.execPath, [compiler, ...options], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  if (!WebAssembly.validate(readFileSync(named))) throw new Error('the compiler wrote no valid module');
  const functions = readTrace(traceModule(named)).sort((a, b) => Number(b.widened) - Number(a.widened));
  if (!functions.some(({ widened }) => widened))
    throw new Error('no function is widened: expected Node 24 or 26 on x64');
  console.log(
    `| function, V8 ${process.versions.v8} | 256 bits | operations saved and added, or why not |\n|---|---|---|`,
  );
  for (const { name, widened, reason } of functions) {
    console.log(`| \`${name.replaceAll('assembly/', '')}\` | ${widened ? 'yes' : 'no'} | ${reason} |`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
