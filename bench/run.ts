/**
 * npm run bench [-- --workload sgd,batch-64 --rounds 3 --quick --resume --docs --out figures.json]
 *
 * Runs each contender in its own process on one core, with the same weights and the same samples in the same order, in
 * rounds with alternating order. Compares all results and stops if one differs. Writes the measurements after each
 * workload, so that an interrupted run can continue.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { type Blas, describeBlas } from './blas.ts';
import { computeBounds, type Machinery, measureRates } from './bound.ts';
import { measureCommands } from './commands.ts';
import { type Contender, findContenders, type MissingContender } from './contenders.ts';
import { FileWriter } from './data.ts';
import { writeSections } from './docs.ts';
import { describeMachine, findCommit, formatToday, listVersions, type Machine } from './machine.ts';
import { measure, type Plan, type Result } from './measure.ts';
import {
  formatAgreement,
  formatBlas,
  formatBounds,
  formatFooter,
  formatReadme,
  formatSummary,
  formatTargets,
  formatWorkload,
} from './tables.ts';
import { judge } from './targets.ts';
import { shrinkWorkload, WORKLOADS, type Workload } from './workloads.ts';

const HELP = `npm run bench -- [options]

  --workload NAMES  comma-separated: ${WORKLOADS.map(({ name }) => name).join(', ')} (default: all)
  --rounds N        number of rounds (default: 3)
  --quick           compare results on small generated data sets in one round; times are meaningless
  --resume          keep the workloads that the output file has from the same commit, machine and contenders;
                    measure those of --workload, or the missing ones
  --docs            write the tables into README.md and docs/internals/performance.md
  --out FILE        write the measurements as JSON (default: bench/results.json if all workloads run in full)
  --help            show this help`;

interface Options extends Plan {
  /** Undefined: all, or those that are missing. */
  readonly workloads: readonly Workload[] | undefined;
  readonly resume: boolean;
  readonly docs: boolean;
  readonly out: string | undefined;
}

/** Returns undefined for --help. Throws for an unknown workload or an invalid number of rounds. */
function readOptions(): Options | undefined {
  const { values: flags } = parseArgs({
    options: {
      workload: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      quick: { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
      docs: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (flags.help) return undefined;
  const { quick, resume } = flags;
  const rounds = quick ? 1 : Number(flags.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds: expected a whole number of at least 1, got ${flags.rounds}`);
  const chosen = flags.workload?.split(',').map(findWorkload);
  const whole = (chosen === undefined || resume) && !quick;
  return {
    workloads: chosen,
    rounds,
    quick,
    resume,
    docs: flags.docs,
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

/** Measurements of different settings never share a file. */
interface Setting {
  readonly commit: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
}

/** Written after each workload; the last parts at the end. */
interface Report extends Setting {
  readonly results: readonly Result[];
  readonly absent: readonly MissingContender[];
  readonly machinery?: Machinery;
  readonly blas?: readonly Blas[];
}

async function main(options: Options, folder: string): Promise<void> {
  const { present, absent } = findContenders(folder);
  for (const { name, version } of present) options.log(`${name}: ${version}`);
  if (options.quick) {
    for (const result of await compareQuickly(options, present, folder)) console.log(`${formatAgreement(result)}\n`);
    console.log('All results agree.');
  } else {
    const { rounds } = options;
    const setting = { commit: findCommit(), machine: describeMachine(), versions: listVersions(present), rounds };
    presentReport(await measureAll(options, { present, absent, setting, folder }), present, options.docs);
  }
  for (const { name, reason } of absent) console.log(`\nNot measured: ${name}, because ${reason}.`);
}

/** Without commands, which take too long. */
async function compareQuickly(options: Options, present: readonly Contender[], folder: string): Promise<Result[]> {
  const files = await FileWriter.create(folder, true);
  const results: Result[] = [];
  for (const workload of options.workloads ?? WORKLOADS) {
    if (workload.kind !== 'command') results.push(await measure(shrinkWorkload(workload), present, files, options));
  }
  return results;
}

interface Run {
  readonly present: readonly Contender[];
  readonly absent: readonly MissingContender[];
  readonly setting: Setting;
  readonly folder: string;
}

async function measureAll(options: Options, { present, absent, setting, folder }: Run): Promise<Report> {
  const { out, resume, workloads } = options;
  const kept = resume && out !== undefined ? readResults(out, setting) : [];
  const isKept = (workload: Workload) => kept.some((result) => result.workload === workload);
  const chosen = workloads ?? WORKLOADS.filter((workload) => !isKept(workload));
  const files = await FileWriter.create(folder, false);
  let report: Report = { ...setting, results: kept, absent };
  for (const workload of chosen) {
    const result =
      workload.kind === 'command'
        ? measureCommands(workload, options)
        : await measure(workload, present, files, options);
    const results = [...report.results.filter((other) => other.workload !== workload), result];
    report = { ...report, results: WORKLOADS.flatMap((each) => results.filter((other) => other.workload === each)) };
    if (out !== undefined) writeReport(out, report);
  }
  if (present.some(({ name }) => name === 'plain C')) {
    const machinery = measureRates(folder);
    report = { ...report, machinery, blas: describeBlas(present, machinery.native) };
  }
  if (out !== undefined) writeReport(out, report);
  return report;
}

/** The results in a file, if its setting is the same. */
function readResults(file: string, setting: Setting): Result[] {
  if (!existsSync(file)) return [];
  const { results, ...stored } = JSON.parse(readFileSync(file, 'utf8'));
  const same = (Object.keys(setting) as (keyof Setting)[]).every((key) => isDeepStrictEqual(stored[key], setting[key]));
  if (!same) return [];
  return WORKLOADS.flatMap((workload) => {
    const found = results.find((result: { workload: string }) => result.workload === workload.name);
    return found === undefined ? [] : [{ ...found, workload }];
  });
}

function writeReport(file: string, report: Report): void {
  const { results, machinery } = report;
  const figures = {
    ...report,
    date: formatToday(),
    targets: judge(results),
    ...(machinery === undefined ? {} : { bounds: computeBounds(results, machinery) }),
    results: results.map(({ workload, ...rest }) => ({ workload: workload.name, ...rest })),
  };
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}

/** The sections of the two documents, which are also printed. */
function formatReport({ results, machine, rounds, machinery, blas }: Report, present: readonly Contender[]) {
  const footer = formatFooter(machine, rounds, present);
  const bounds = machinery === undefined ? [] : [formatBounds(computeBounds(results, machinery), machinery)];
  return {
    readme: { performance: formatReadme(results, machine) },
    performance: {
      summary: [formatSummary(results), footer].join('\n\n'),
      targets: formatTargets(judge(results)),
      blas: formatBlas(blas ?? []),
      workloads: [...results.map(formatWorkload), ...bounds].join('\n\n'),
    },
  };
}

function presentReport(report: Report, present: readonly Contender[], docs: boolean): void {
  const { readme, performance } = formatReport(report, present);
  for (const text of [...Object.values(performance), readme.performance]) console.log(`${text}\n`);
  if (!docs) return;
  writeSections('README.md', readme);
  writeSections('docs/internals/performance.md', performance);
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
