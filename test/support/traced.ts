/** Programs in a process whose V8 reports on its compilers. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { expect } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const MODULES = {
  library: 'runtime/node.ts',
  widening: 'runtime/widening.ts',
  probe: 'runtime/merge-probe.ts',
  check: 'runtime/self-check.ts',
  data: 'data/index.ts',
  kernels: 'core/kernels.ts',
  parameters: 'core/parameters.ts',
};

/** Folder with JavaScript of these modules. Sources would also compile the WebAssembly that strips their types. */
export const BUILT = new URL('build/traced/', ROOT).href;
await build({
  input: { ...MODULES, 'team-thread': 'runtime/team-thread.ts' },
  cwd: fileURLToPath(new URL('src', ROOT)),
  platform: 'node',
  output: { dir: fileURLToPath(BUILT) },
});
const IMPORTS = Object.keys(MODULES).map((name) => `import * as ${name} from '${BUILT}${name}.js';`);

/**
 * Runs a module in a new process. Returns what it logs, how often V8 decides to merge operations of a function, and how
 * many functions it compiles while the module traces them.
 */
export function runTraced(
  code: string,
  { options = [], env = {} }: { options?: string[]; env?: Record<string, string> } = {},
) {
  const module = `${IMPORTS.join('')} import v8 from 'node:v8';
    import { createHash } from 'node:crypto'; import { readFileSync } from 'node:fs';
    const log = (value) => console.log('@@' + JSON.stringify(value) + '@@');
    // The optimising compiler compiles functions at the end of their first call.
    const AT_ONCE = ['--wasm-sync-tier-up', '--wasm-tiering-budget=0'];
    const trace = (...flags) => flags.forEach((flag) => v8.setFlagsFromString(flag));
    ${code}`;
  // A file: V8 loses lines if a pipe is full.
  const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-trace-'));
  const file = openSync(join(folder, 'stdout'), 'w+');
  const { status, stderr } = spawnSync(process.execPath, [...options, '--input-type=module', '-e', module], {
    env: { ...process.env, ...env },
    stdio: ['ignore', file, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(file);
  const stdout = readFileSync(join(folder, 'stdout'), 'utf8');
  rmSync(folder, { recursive: true });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return {
    values: [...stdout.matchAll(/@@(.*)@@/g)].map(([, json = '']) => JSON.parse(json)),
    merged: stdout.match(/Decided? to vectorize/g)?.length ?? 0,
    compiled: stdout.match(/Compiled function/g)?.length ?? 0,
  };
}
