/**
 * npm run bench [-- --workload sgd,batch-64 --rounds 5 --quick --out figures.json]
 *
 * Every contender in a process of its own, on one core, from the same weights, with the same samples in the same order. Results
 * are compared first: a contender that computes something else is an error. Then times are taken in rounds whose order alternates.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bounds, type Machinery, measureRates } from './bound.ts';
import { type Absent, type Contender, findContenders } from './contenders.ts';
import { Files } from './data.ts';
import { commit, machine, today, versions } from './machine.ts';
import { measure, type Plan, type Result } from './measure.ts';
import { agreementTable, boundTable, footer, summaryTable, targetTable, workloadTable } from './tables.ts';
import { judge } from './targets.ts';
import { quick as quickForm, WORKLOADS, type Workload } from './workloads.ts';

const HELP = `npm run bench -- [options]

  --workload NAMES  some of ${WORKLOADS.map(({ name }) => name).join(', ')}; default: all
  --rounds N        default: 5
  --quick           small generated sets and one round: is every result right? Figures mean nothing then.
  --out FILE        figures as JSON; default: bench/results.json when all workloads are run in full
  --help`;

interface Options extends Plan {
  readonly workloads: readonly Workload[];
  readonly out: string | undefined;
}

/** undefined for --help. Throws at an unknown workload or number. */
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
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds: expected 1 or more, got ${flags.rounds}`);
  const chosen = flags.workload?.split(',').map(findWorkload) ?? WORKLOADS;
  const whole = flags.workload === undefined && !quick;
  return {
    workloads: quick ? chosen.map(quickForm) : chosen,
    rounds,
    quick,
    out: flags.out ?? (whole ? fileURLToPath(new URL('results.json', import.meta.url)) : undefined),
    say: (line) => console.error(line),
  };
}

function findWorkload(name: string): Workload {
  const found = WORKLOADS.find((workload) => workload.name === name);
  const names = WORKLOADS.map((workload) => workload.name).join(', ');
  if (found === undefined) throw new Error(`--workload: expected some of ${names}, got ${name}`);
  return found;
}

async function main(options: Options, folder: string): Promise<void> {
  const { present, absent } = findContenders(folder);
  for (const { name, version } of present) options.say(`${name}: ${version}`);
  const files = await Files.in(folder, options.quick);
  const results: Result[] = [];
  for (const workload of options.workloads) {
    const result = await measure(workload, present, files, options);
    results.push(result);
    console.log(`${(options.quick ? agreementTable : workloadTable)(result)}\n`);
  }
  const compiler = present.some(({ name }) => name === 'plain C');
  const machinery = compiler && !options.quick ? measureRates(folder) : undefined;
  const figures: Figures = { results, present, absent, options, machinery };
  print(figures);
  if (options.out !== undefined) write(options.out, figures);
}

interface Figures {
  readonly results: readonly Result[];
  readonly present: readonly Contender[];
  readonly absent: readonly Absent[];
  readonly options: Options;
  readonly machinery: Machinery | undefined;
}

function print({ results, present, absent, options, machinery }: Figures): void {
  const { quick, rounds } = options;
  if (!quick) console.log(`## Summary\n\n${summaryTable(results)}\n`);
  if (!quick) console.log(`## Targets\n\n${targetTable(judge(results))}\n`);
  if (machinery !== undefined) console.log(`## Bound\n\n${boundTable(bounds(results, machinery), machinery)}\n`);
  console.log(quick ? 'All results agree.' : footer(machine(), rounds, present));
  for (const { name, reason } of absent) console.log(`\nAbsent: ${name}, as ${reason}.`);
}

function write(file: string, { results, present, absent, options, machinery }: Figures): void {
  const figures = {
    commit: commit(),
    date: today(),
    machine: machine(),
    versions: versions(present),
    rounds: options.rounds,
    targets: judge(results),
    ...(machinery === undefined ? {} : { machinery, bounds: bounds(results, machinery) }),
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
