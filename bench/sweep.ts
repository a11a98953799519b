/**
 * npm run bench:sweep [-- --rounds 3]
 *
 * Runs the same sweep on one thread and on all cores, each in its own process with an empty cache and in alternating
 * order. Checks that all weights are equal, then prints the times.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const RATES = '0.001,0.003,0.01,0.03';
const THREADS = [1, availableParallelism()];

interface Sweep {
  /** Time of the command, including loading the data and writing the report on one thread. */
  readonly seconds: number;
  /** Time of the training runs. */
  readonly runSeconds: number;
  readonly hashes: string;
}

function runSweep(threads: number): Sweep {
  const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-sweep-'));
  try {
    const args = ['sweep', '--learning-rate', RATES, '--seeds', '2', '--json'];
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [MAIN, ...args, '--threads', String(threads), '--out', join(folder, 'report')],
      { encoding: 'utf8', env: { ...process.env, EDGE_MLP_CACHE: join(folder, 'cache') }, maxBuffer: 2 ** 26 },
    );
    const seconds = (performance.now() - started) / 1000;
    if (status !== 0) throw new Error(stderr);
    const { trials, provenance } = JSON.parse(stdout);
    const hashes = trials.flatMap(({ runs }: { runs: { weightsSha256: string }[] }) =>
      runs.map((r) => r.weightsSha256),
    );
    return { seconds, runSeconds: provenance.runSeconds, hashes: hashes.join() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const results = new Map<number, Sweep[]>(THREADS.map((threads) => [threads, []]));
for (let round = 0; round < Number(flags.rounds); round++) {
  for (const threads of round % 2 === 0 ? THREADS : THREADS.toReversed()) {
    console.error(`round ${round + 1} of ${flags.rounds}: ${threads} threads`);
    results.get(threads)?.push(runSweep(threads));
  }
}
const all = [...results.values()].flat();
if (new Set(all.map(({ hashes }) => hashes)).size !== 1) throw new Error('the weights of the sweeps differ');

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const [one = [], many = []] = [...results.values()];
const computeSpeedups = (measure: 'seconds' | 'runSeconds') =>
  one.map((sweep, i) => sweep[measure] / (many[i]?.[measure] ?? Number.NaN));
console.log(`Sweep of 8 runs, weights equal on ${THREADS.join(' and ')} threads

| | 1 thread | ${THREADS[1]} threads | speed-up |
|---|---|---|---|`);
for (const [name, measure] of [
  ['command', 'seconds'],
  ['training runs', 'runSeconds'],
] as const) {
  const [a, b] = [median(one.map((s) => s[measure])), median(many.map((s) => s[measure]))];
  const spread = computeSpeedups(measure)
    .map((ratio) => ratio.toFixed(2))
    .join(', ');
  console.log(
    `| ${name} | ${a.toFixed(1)} s | ${b.toFixed(1)} s | ${median(computeSpeedups(measure)).toFixed(2)} (${spread}) |`,
  );
}
