/**
 * npm run bench [-- --workload sgd,batch-64 --rounds 5 --quick --out figures.json]
 *
 * Runs each contender in its own process on one core, with the same weights and the same samples in the same order.
 * Compares the results first and stops if one differs. Then measures times in rounds with alternating order.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { computeBounds, type Machinery, measureRates } from './bound.ts';
import { type Contender, findContenders, type MissingContender } from './contenders.ts';
import { FileWriter } from './data.ts';
import { describeMachine, findCommit, formatToday, listVersions } from './machine.ts';
import { measure, type Plan, type Result } from './measure.ts';
import { formatAgreement, formatBounds, formatFooter, formatSummary, formatTargets, formatWorkload } from './tables.ts';
import { judge } from './targets.ts';
import { shrinkWorkload, WORKLOADS, type Workload } from './workloads.ts';

const HELP = `npm run bench -- [options]

  --workload NAMES  comma-separated: ${WORKLOADS.map(({ name }) => name).join(', ')} (default: all)
  --rounds N        number of rounds (default: 5)
  --quick           compare results on small generated data sets in one round; times are meaningless
  --out FILE        write the measurements as JSON (default: bench/results.json if all workloads run in full)
  --help            show this help`;

interface Options extends Plan {
  readonly workloads: readonly Workload[];
  readonly out: string | undefined;
}

/** Returns undefined for --help. Throws for an unknown workload or an invalid number of rounds. */
function readOptions(): Options | undefined {
  const { values: flags } = parseArgs({
    options: {
      workload: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      quick: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (flags.help) return undefined;
  const { quick } = flags;
  const rounds = quick ? 1 : Number(flags.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds: expected a whole number of at least 1, got ${flags.rounds}`);
  const chosen = flags.workload?.split(',').map(findWorkload) ?? WORKLOADS;
  const whole = flags.workload === undefined && !quick;
  return {
    workloads: quick ? chosen.map(shrinkWorkload) : chosen,
    rounds,
    quick,
    out: flags.out ?? (whole ? fileURLToPath(new URL('results.json', import.meta.url)) : undefined),
    log: (line) => console.error(line),
  };
}

function findWorkload(name: string): Workload {
  const found = WORKLOADS.find((workload) => workload.name === name);
  const names = WORKLOADS.map((workload) => workload.name).join(', ');
  if (found === undefined) throw new Error(`--workload: expected names from ${names}, got ${name}`);
  return found;
}

async function main(options: Options, folder: string): Promise<void> {
  const { present, absent } = findContenders(folder);
  for (const { name, version } of present) options.log(`${name}: ${version}`);
  const files = await FileWriter.create(folder, options.quick);
  const results: Result[] = [];
  for (const workload of options.workloads) {
    const result = await measure(workload, present, files, options);
    results.push(result);
    console.log(`${(options.quick ? formatAgreement : formatWorkload)(result)}\n`);
  }
  const compiler = present.some(({ name }) => name === 'plain C');
  const machinery = compiler && !options.quick ? measureRates(folder) : undefined;
  const report: Report = { results, present, absent, options, machinery };
  printReport(report);
  if (options.out !== undefined) writeReport(options.out, report);
}

interface Report {
  readonly results: readonly Result[];
  readonly present: readonly Contender[];
  readonly absent: readonly MissingContender[];
  readonly options: Options;
  readonly machinery: Machinery | undefined;
}

function printReport({ results, present, absent, options, machinery }: Report): void {
  const { quick, rounds } = options;
  if (!quick) console.log(`## Summary\n\n${formatSummary(results)}\n`);
  if (!quick) console.log(`## Targets\n\n${formatTargets(judge(results))}\n`);
  if (machinery !== undefined)
    console.log(`## Bound\n\n${formatBounds(computeBounds(results, machinery), machinery)}\n`);
  console.log(quick ? 'All results agree.' : formatFooter(describeMachine(), rounds, present));
  for (const { name, reason } of absent) console.log(`\nNot measured: ${name}, because ${reason}.`);
}

function writeReport(file: string, { results, present, absent, options, machinery }: Report): void {
  const figures = {
    commit: findCommit(),
    date: formatToday(),
    machine: describeMachine(),
    versions: listVersions(present),
    rounds: options.rounds,
    targets: judge(results),
    ...(machinery === undefined ? {} : { machinery, bounds: computeBounds(results, machinery) }),
    results: results.map(({ workload, density, rows }) => ({ workload: workload.name, density, rows })),
    absent,
  };
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}

const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-bench-'));
try {
  const options = readOptions();
  if (options === undefined) console.log(HELP);
  else await main(options, folder);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
