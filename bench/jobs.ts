/**
 * npm run bench:jobs [-- --rounds 3 --json]
 *
 * Trains MNIST, 784-300-10, five epochs, in turns with `edge-mlp train`, without widening and with it, and as a job in
 * `wrangler dev`. Checks that the weights are equal, then prints the compute time of each, and the latency of status
 * requests during the job.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, type Job } from '../dist/src/client/index.js';
import { startService } from '../test/support/service.ts';
import { TOKENS } from '../test/support/tokens.ts';
import { checkWidening } from './process.ts';

/** Compute times are without the evaluation after each epoch. */
export interface JobRound {
  readonly plainSeconds: number;
  readonly widenedSeconds: number;
  readonly jobSeconds: number;
  readonly slices: number;
  /** Latencies of the status requests during the job, in ms. */
  readonly latencies: readonly number[];
  readonly testAccuracy: number;
  readonly weightsSha256: string;
}

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
});
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
/** Interval between two status requests. */
const PAUSE_MS = 20;

async function runCommand(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...process.env, EDGE_MLP_TOKEN: TOKENS.train, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`edge-mlp ${args.join(' ')}: exit code ${code}`);
  return Buffer.concat(chunks).toString();
}

interface TrainingResult {
  readonly weightsSha256: string;
  readonly testAccuracy: number;
  readonly seconds: number;
}

async function trainByCommand(folder: string, env: NodeJS.ProcessEnv): Promise<TrainingResult> {
  const args = ['train', '--data', 'mnist', '--final', '--json', '--out', 'model'];
  const { weightsSha256, testAccuracy, epochs, widening } = JSON.parse(await runCommand(args, folder, env));
  checkWidening('train', widening, env.EDGE_MLP_WIDEN !== '0');
  const seconds = epochs.reduce((sum: number, epoch: { seconds: number }) => sum + epoch.seconds, 0);
  return { weightsSha256, testAccuracy, seconds };
}

interface JobResult extends TrainingResult {
  readonly slices: number;
  readonly latencies: readonly number[];
}

async function trainByJob(client: Client): Promise<JobResult> {
  const { id } = await client.jobs.start({ data: 'mnist', final: true });
  const latencies: number[] = [];
  let job: Job;
  do {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const requested = performance.now();
    job = await client.jobs.get(id);
    latencies.push(performance.now() - requested);
  } while (job.state.status === 'queued' || job.state.status === 'running');
  if (job.state.status !== 'succeeded')
    throw new Error(`expected the job to succeed, got ${JSON.stringify(job.state)}`);
  const { weightsSha256, test } = job.state.result;
  const testAccuracy = test !== null && 'accuracy' in test ? test.accuracy : Number.NaN;
  return { weightsSha256, testAccuracy, seconds: job.computeMs / 1000, slices: job.slices, latencies };
}

async function measureRound(client: Client, folder: string): Promise<JobRound> {
  const plain = await trainByCommand(folder, { EDGE_MLP_WIDEN: '0' });
  const widened = await trainByCommand(folder, {});
  const { seconds, slices, latencies, ...job } = await trainByJob(client);
  for (const [name, { weightsSha256, testAccuracy }] of Object.entries({ 'edge-mlp train, widened': widened, job })) {
    if (weightsSha256 !== plain.weightsSha256)
      throw new Error(`${name}: weights: expected ${plain.weightsSha256}, got ${weightsSha256}`);
    if (testAccuracy !== plain.testAccuracy)
      throw new Error(`${name}: test accuracy: expected ${plain.testAccuracy}, got ${testAccuracy}`);
  }
  const times = { plainSeconds: plain.seconds, widenedSeconds: widened.seconds, jobSeconds: seconds };
  return { ...times, ...job, slices, latencies };
}

function formatRound({ plainSeconds, widenedSeconds, jobSeconds, slices, latencies, testAccuracy }: JobRound): string {
  const quantile = (q: number) =>
    latencies.toSorted((a, b) => a - b)[Math.min(latencies.length - 1, Math.floor(q * latencies.length))] ?? Number.NaN;
  const cells = [
    ...[plainSeconds, widenedSeconds, jobSeconds].map((seconds) => `${seconds.toFixed(2)} s`),
    (jobSeconds / plainSeconds).toFixed(2),
    (jobSeconds / widenedSeconds).toFixed(2),
    slices,
    latencies.length,
    ...[quantile(0.5), quantile(0.99)].map((milliseconds) => `${milliseconds.toFixed(0)} ms`),
    `${(100 * testAccuracy).toFixed(2)} %`,
  ];
  return `| ${cells.join(' | ')} |`;
}

const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-jobs-'));
const service = await startService({ store: join(folder, 'state') });
const rounds: JobRound[] = [];
try {
  const client = new Client(service.url, { token: TOKENS.train });
  await runCommand(['data', 'push', '--remote', service.url, '--data', 'mnist', '--json'], folder);
  while (rounds.length < Number(flags.rounds)) rounds.push(await measureRound(client, folder));
} finally {
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
}
if (flags.json) console.log(JSON.stringify(rounds));
else
  console.log(`| edge-mlp train | widened | job | ratio | to widened | slices | status requests | p50 | p99 | test accuracy |
|---|---|---|---|---|---|---|---|---|---|
${rounds.map(formatRound).join('\n')}`);
