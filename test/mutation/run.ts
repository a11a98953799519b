/**
 * `npm run mutate -- [--part kernels|core|format|worker] [--file path[:line]]… [--sample N] [--seed S]`: changes
 * sources in small ways, one at a time, in a copy of the project, and runs the tests that import the changed file.
 * Prints the mutants that survive, and the score of each part: the killed share of mutants that are neither equivalent
 * nor invalid. By default it tries all mutants of all parts; `--sample` draws some of each part.
 */
import { globSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Random } from '../../src/core/random.ts';
import { ROOT } from '../support/package.ts';
import { findMutants, type Mutant } from './mutants.ts';
import { Sandbox } from './sandbox.ts';
import { Trial, type Verdict } from './trial.ts';

interface Part {
  readonly sources: string;
  readonly tests: string;
  readonly project: 'node' | 'worker';
}

const PARTS: Readonly<Record<string, Part>> = {
  kernels: { sources: 'assembly/*.ts', tests: 'test/{assembly,core,runtime}/*.test.ts', project: 'node' },
  core: {
    sources: 'src/core/*.ts',
    tests: 'test/{assembly,core,data,format,runtime}/*.test.ts',
    project: 'node',
  },
  format: { sources: 'src/format/**/*.ts', tests: 'test/{core,data,format,runtime}/*.test.ts', project: 'node' },
  worker: { sources: 'worker/**/*.ts', tests: 'test/worker/*.test.ts', project: 'worker' },
};

const options = {
  part: { type: 'string' },
  file: { type: 'string', multiple: true, default: [] as string[] },
  sample: { type: 'string' },
  seed: { type: 'string', default: '1' },
} as const;
const { values } = parseArgs({ options });
const chosen = Object.keys(PARTS).filter((name) => values.part === undefined || values.part === name);
const sample = values.sample === undefined ? Number.POSITIVE_INFINITY : Number(values.sample);
const seed = Number(values.seed);
const places = values.file.map((place) => place.split(':'));
if (chosen.length === 0 || !(sample >= 1) || !Number.isInteger(seed)) {
  console.error(`expected --part ${Object.keys(PARTS).join('|')}, --sample 1 or more, --seed an integer`);
  process.exit(2);
}
for (const name of chosen) if (!(await mutate(name))) break;

/** Tries mutants of a part. False if the user interrupted it. */
async function mutate(name: string): Promise<boolean> {
  const { sources, tests, project } = PARTS[name] as Part;
  const files = list(sources).filter((file) => places.length === 0 || places.some(([place]) => place === file));
  if (files.length === 0) return true;
  using sandbox = new Sandbox(project);
  let interrupted = false;
  process.once('SIGINT', () => {
    interrupted = true;
    sandbox.stop();
  });
  const all = files
    .flatMap((file) => findMutants(file, sandbox.read(file)))
    .filter(
      ({ file, line }) =>
        places.length === 0 ||
        places.some(([place, at]) => place === file && (at === undefined || Number(at) === line)),
    );
  const order = new Random(seed, 'shuffle').permutation(all.length).slice(0, sample);
  console.log(`${name}: ${order.length} of ${all.length} mutants, seed ${seed}`);
  const seeing = list(tests).filter((test) => files.some((file) => sandbox.distance(test, file) !== undefined));
  const trial = await Trial.start(sandbox, seeing, name === 'kernels');
  const verdicts: Verdict[] = [];
  for (const index of order) {
    const mutant = all[index] as Mutant;
    const verdict = await trial.judge(mutant);
    if (interrupted) break;
    verdicts.push(verdict);
    if (verdict === 'survived' || verdict === 'not covered') {
      console.log(describeMutant(mutant, sandbox.read(mutant.file), verdict));
    }
    if (verdicts.length % 5 === 0) console.error(`${verdicts.length}/${order.length}: ${describeScore(verdicts)}`);
  }
  console.log(`${name}: ${describeScore(verdicts)}`);
  return !interrupted;
}

/** Files of the project, in order; without declarations and slow tests. */
function list(pattern: string): string[] {
  return globSync(pattern, { cwd: ROOT })
    .filter((file) => !/\.d\.ts$|worker-configuration|\.slow\.test\.ts$/.test(file))
    .toSorted();
}

function describeMutant({ file, line, change }: Mutant, source: string, verdict: Verdict): string {
  const lineStart = source.lastIndexOf('\n', change.start - 1) + 1;
  const lineEnd = source.indexOf('\n', change.end);
  const show = (text: string) =>
    (source.slice(lineStart, change.start) + text + source.slice(change.end, lineEnd)).replace(/\s+/g, ' ').trim();
  const original = source.slice(change.start, change.end);
  return `${verdict} ${file}:${line}\n  - ${show(original).slice(0, 200)}\n  + ${show(change.text).slice(0, 200)}`;
}

function describeScore(verdicts: readonly Verdict[]): string {
  const count = (...kinds: readonly Verdict[]) => verdicts.filter((verdict) => kinds.includes(verdict)).length;
  const killed = count('killed', 'timed out');
  const counted = killed + count('survived', 'not covered');
  const kinds: readonly Verdict[] = ['killed', 'timed out', 'survived', 'not covered', 'equivalent', 'invalid'];
  const share = counted === 0 ? '' : `${((100 * killed) / counted).toFixed(1)} % `;
  return `${share}of ${counted} killed: ${kinds.map((kind) => `${count(kind)} ${kind}`).join(', ')}`;
}
