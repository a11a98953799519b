/**
 * npm run fuzz:coverage: coverage-guided fuzzing of one parser with jazzer.js, which npx installs for the run.
 *
 * npm run fuzz:coverage -- --parser onnx --seconds 120
 *
 * jazzer.js has binaries for macOS, Windows, and Linux with glibc 2.38 or later. Inputs that reach new code are kept in
 * build/fuzz/corpus, for the next run. An input that fails is written to build/fuzz: `npm run fuzz` replays it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import { TARGETS } from './targets.ts';

/** Not a dependency: 105 packages of 30 MB. */
const JAZZER = '@jazzer.js/core@4.0.0';
const FOLDER = resolve('build/fuzz');

const { values } = parseArgs({
  options: { parser: { type: 'string' }, seconds: { type: 'string', default: '60' } },
});
const target = TARGETS.find(({ name }) => name === values.parser);
if (target === undefined) {
  throw new Error(`--parser: expected one of ${TARGETS.map(({ name }) => name).join(', ')}, got ${values.parser}`);
}

const corpus = join(FOLDER, 'corpus', target.name);
mkdirSync(corpus, { recursive: true });
target.seeds.forEach((bytes, i) => {
  writeFileSync(join(corpus, `seed-${i}`), bytes);
});

// jazzer.js instruments CommonJS. The charts of reports have no parser.
const bundle = await rolldown({ input: 'test/fuzz/coverage-target.ts', platform: 'node', external: [/^vega/] });
await bundle.write({ file: join(FOLDER, 'target.cjs'), format: 'cjs', codeSplitting: false });

// jazzer.js is faster without promises.
const isAsync = target.parse(Uint8Array.from(target.seeds[0] ?? [])) instanceof Promise;
const { status } = spawnSync(
  'npx',
  [
    ...[
      '--yes',
      '--package',
      JAZZER,
      'jazzer',
      join(FOLDER, 'target.cjs'),
      corpus,
      '-i',
      'target.cjs',
      ...(isAsync ? [] : ['--sync']),
    ],
    ...['--', `-max_total_time=${values.seconds}`, '-timeout=10', '-rss_limit_mb=4096'],
  ],
  { cwd: FOLDER, stdio: 'inherit', env: { ...process.env, FUZZ_PARSER: target.name } },
);
process.exitCode = status ?? 1;
