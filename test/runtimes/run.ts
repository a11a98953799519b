/**
 * `npm run test:runtimes`: trains and predicts in every runtime that is found, and compares the bits. Prints a table.
 * Exits with 1 if a runtime computes other bits.
 *
 *   npm run test:runtimes                     all runtimes
 *   npm run test:runtimes -- node22 firefox   some runtimes
 *   npm run test:runtimes -- --list           where each runtime was found
 *   npm run test:runtimes -- --install        first installs the npm packages of missing runtimes below build/
 */
import { parseArgs } from 'node:util';
import {
  describeTeam,
  EXPECTED,
  findDifference,
  findProgram,
  installPackage,
  RUNTIMES,
  type Runtime,
} from './runtimes.ts';

const options = { list: { type: 'boolean' }, install: { type: 'boolean' } } as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const names = RUNTIMES.map(({ name }) => name);
const unknown = positionals.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`${unknown}: expected one of ${names.join(', ')}`);
  process.exit(1);
}
const chosen = RUNTIMES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

if (values.install) {
  for (const runtime of chosen) if (findProgram(runtime) === undefined) installPackage(runtime);
}
if (values.list) for (const runtime of chosen) console.log(`${runtime.name.padEnd(10)} ${describeProgram(runtime)}`);
else await compareAll();

function describeProgram(runtime: Runtime): string {
  const found = findProgram(runtime);
  if (found !== undefined) return `${found.version} ${found.program}`;
  const variable = `set ${runtime.name.toUpperCase()} to its path`;
  return `not found: install it, ${runtime.npm === undefined ? '' : 'run with --install, '}or ${variable}`;
}

async function compareAll(): Promise<void> {
  printRow('Runtime', 'Version', 'Teams of threads', 'Engine flag', 'Weights and predictions, SHA-256', 'Same bits');
  printRow(...Array<string>(6).fill('---'));
  const shortHashes = Object.values(EXPECTED)
    .map((hash) => hash.slice(0, 12))
    .join(', ');
  for (const runtime of chosen) {
    const found = findProgram(runtime);
    if (found === undefined) printRow(runtime.name, 'not found', '', '', '', '');
    else {
      for (const flag of runtime.flags) {
        const difference = await findDifference(runtime, found.program, flag);
        if (difference !== undefined) process.exitCode = 1;
        printRow(
          runtime.name,
          found.version,
          describeTeams(runtime),
          flag,
          difference ?? shortHashes,
          difference === undefined ? '✓' : 'no',
        );
      }
    }
  }
}

function describeTeams({ teams, refused = [] }: Runtime): string {
  const sizes = teams.map(describeTeam).join(', ');
  return refused.length === 0 ? sizes : `${sizes}; refuses ${refused.join(', ')}`;
}

function printRow(...cells: string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}
