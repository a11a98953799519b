/**
 * npm run bench:jobs [-- --rounds 3]
 *
 * Trains MNIST, 784-300-10, five epochs, alternately with `edge-mlp train` and as a job in `wrangler dev`. Checks that
 * the weights are equal, then prints the compute time of both and the latency of status requests during the job.
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

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
/** Interval between two status requests. */
const PAUSE_MS = 20;

interface TrainingResult {
  readonly weightsSha256: string;
  readonly testAccuracy: number;
  /** Compute time without the evaluation after each epoch. */
  readonly seconds: number;
}

async function runCommand(args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...process.env, EDGE_MLP_TOKEN: TOKENS.train },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`edge-mlp ${args.join(' ')}: exit code ${code}`);
  return Buffer.concat(chunks).toString();
}

async function trainByCommand(folder: string): Promise<TrainingResult> {
  const out = JSON.parse(await runCommand(['train', '--data', 'mnist', '--final', '--json', '--out', 'model'], folder));
  const seconds = out.epochs.reduce((sum: number, epoch: { seconds: number }) => sum + epoch.seconds, 0);
  return { weightsSha256: out.weightsSha256, testAccuracy: out.testAccuracy, seconds };
}

async function trainByJob(client: Client): Promise<{ job: Job; latencies: number[] }> {
  const { id } = await client.jobs.start({ data: 'mnist', final: true });
  const latencies: number[] = [];
  for (;;) {
    const requested = performance.now();
    const job = await client.jobs.get(id);
    latencies.push(performance.now() - requested);
    if (job.state.status !== 'queued' && job.state.status !== 'running') return { job, latencies };
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

const quantile = (values: readonly number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? Number.NaN;

const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-jobs-'));
const service = await startService({ store: join(folder, 'state') });
const rows: string[] = [];
try {
  const client = new Client(service.url, { token: TOKENS.train });
  await runCommand(['data', 'push', '--remote', service.url, '--data', 'mnist', '--json'], folder);
  for (let round = 0; round < Number(flags.rounds); round++) {
    const result = await trainByCommand(folder);
    const { job, latencies } = await trainByJob(client);
    if (job.state.status !== 'succeeded')
      throw new Error(`expected the job to succeed, got ${JSON.stringify(job.state)}`);
    const { weightsSha256, test } = job.state.result;
    if (weightsSha256 !== result.weightsSha256) throw new Error('the weights of the command and the job differ');
    if (test?.accuracy !== result.testAccuracy)
      throw new Error('the test accuracies of the command and the job differ');
    const computing = job.computeMs / 1000;
    const p99 = quantile(latencies, 0.99);
    rows.push(
      `| ${result.seconds.toFixed(2)} s | ${computing.toFixed(2)} s | ${(computing / result.seconds).toFixed(2)} | ${job.slices} | ${latencies.length} | ${quantile(latencies, 0.5).toFixed(0)} ms | ${p99.toFixed(0)} ms | ${(100 * result.testAccuracy).toFixed(2)} % |`,
    );
  }
} finally {
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`| edge-mlp train | job | ratio | slices | status requests | p50 | p99 | test accuracy |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}`);
