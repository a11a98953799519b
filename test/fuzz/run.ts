/**
 * npm run fuzz: many random inputs for each parser.
 *
 * npm run fuzz -- --cases 200000                all parsers, with a new seed
 * npm run fuzz -- --cases 5000 --parser png --seed 7
 * npm run fuzz -- --memory --cases 1000         also measures allocated memory
 * npm run fuzz -- --parser png --replay FILE    one saved input
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { formatNumber } from '../../src/core/errors.ts';
import { type FuzzTarget, fuzz, runCase, type Summary } from './fuzz.ts';
import { TARGETS } from './targets.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '10000' },
    parser: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
    memory: { type: 'boolean', default: false },
    replay: { type: 'string' },
  },
});
const FOLDER = 'build/fuzz';

const targets = TARGETS.filter(({ name }) => values.parser === undefined || name === values.parser);
if (targets.length === 0) {
  throw new Error(`--parser: expected one of ${TARGETS.map(({ name }) => name).join(', ')}, got ${values.parser}`);
}
if (values.replay !== undefined) await replay(targets, values.replay);
else await fuzzAll(targets);

async function replay([target]: readonly FuzzTarget[], path: string): Promise<void> {
  if (target === undefined) return;
  const { outcome, ms, problem } = await runCase(target, Uint8Array.from(readFileSync(path)), values.memory);
  console.log(`${target.name}: ${outcome} in ${ms.toFixed(1)} ms${problem === undefined ? '' : `\n${problem}`}`);
  process.exitCode = Number(problem !== undefined);
}

async function fuzzAll(all: readonly FuzzTarget[]): Promise<void> {
  const [cases, seed] = [Number(values.cases), Number(values.seed)];
  console.log(`seed ${seed}, ${formatNumber(cases)} cases for each of ${all.length} parsers\n`);
  console.log(row('parser', 'cases', 'valid', 'slowest ms', ...(values.memory ? ['of memory bound'] : []), 'errors'));
  for (const target of all) {
    const onProgress = (done: number) => {
      if (process.stderr.isTTY && done % 1000 === 0) process.stderr.write(`\r${target.name} ${formatNumber(done)}  `);
    };
    const summary = await fuzz(target, { cases, seed, measureMemory: values.memory, onProgress });
    if (process.stderr.isTTY) process.stderr.write('\r');
    report(target, summary);
  }
}

function report({ name }: FuzzTarget, { cases, outcomes, slowestMs, memoryShare, findings }: Summary): void {
  const errors = [...outcomes].filter(([outcome]) => outcome !== 'valid').sort(([, a], [, b]) => b - a);
  const share = memoryShare === undefined ? [] : [`${(100 * memoryShare).toFixed(0)} %`];
  const counts = [cases, outcomes.get('valid') ?? 0].map(formatNumber);
  const texts = errors.map(([code, count]) => `${code} ${formatNumber(count)}`);
  console.log(row(name, ...counts, slowestMs.toFixed(0), ...share, texts.join(', ')));
  mkdirSync(FOLDER, { recursive: true });
  findings.forEach(({ bytes, reason }, i) => {
    const path = join(FOLDER, `${name}-${values.seed}-${i}.bin`);
    writeFileSync(path, bytes);
    console.log(styleText('red', `${reason.split('\n').slice(0, 4).join('\n')}`));
    console.log(`  npm run fuzz -- --parser ${name} --replay ${path}`);
    process.exitCode = 1;
  });
}

function row(name: string, ...cells: readonly string[]): string {
  return [name.padEnd(16), ...cells.map((cell) => cell.padStart(10))].join('  ');
}
