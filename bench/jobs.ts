/**
 * npm run bench:jobs [-- --rounds 3]
 *
 * Full MNIST, 784-300-10, five epochs, as a job in `wrangler dev` beside `edge-mlp train`, in alternation. The weights are
 * compared first; then computing time, summed over the job's slices, and how long a status request takes meanwhile.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, type Job } from '../dist/src/client/index.js';
import { startService } from '../test/support/service.ts';
import { TEST_TOKENS, TOKENS } from '../test/support/tokens.ts';

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
/** Between two status requests. */
const PAUSE_MS = 20;

interface Trained {
  readonly weightsSha256: string;
  readonly testAccuracy: number;
  /** Of computing, without evaluation after the epochs' end. */
  readonly seconds: number;
}

async function command(args: readonly string[], cwd: string): Promise<string> {
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

async function alone(folder: string): Promise<Trained> {
  const out = JSON.parse(await command(['train', '--data', 'mnist', '--final', '--json', '--out', 'alone'], folder));
  const seconds = out.epochs.reduce((sum: number, epoch: { seconds: number }) => sum + epoch.seconds, 0);
  return { weightsSha256: out.weightsSha256, testAccuracy: out.testAccuracy, seconds };
}

async function asJob(client: Client): Promise<{ job: Job; latencies: number[] }> {
  const { id } = await client.jobs.start({ data: 'mnist', final: true });
  const latencies: number[] = [];
  for (;;) {
    const asked = performance.now();
    const job = await client.jobs.get(id);
    latencies.push(performance.now() - asked);
    if (job.state.status !== 'queued' && job.state.status !== 'running') return { job, latencies };
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

const quantile = (values: readonly number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? Number.NaN;

const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-jobs-'));
const service = await startService({ TOKENS: TEST_TOKENS }, join(folder, 'state'));
const rows: string[] = [];
try {
  const client = new Client(service.url, { token: TOKENS.train });
  await command(['data', 'push', '--remote', service.url, '--data', 'mnist', '--json'], folder);
  for (let round = 0; round < Number(flags.rounds); round++) {
    const trained = await alone(folder);
    const { job, latencies } = await asJob(client);
    if (job.state.status !== 'succeeded') throw new Error(`the job: ${JSON.stringify(job.state)}`);
    const { weightsSha256, test } = job.state.result;
    if (weightsSha256 !== trained.weightsSha256) throw new Error('the weights differ');
    if (test?.accuracy !== trained.testAccuracy) throw new Error('the accuracies differ');
    const computing = job.computeMs / 1000;
    const p99 = quantile(latencies, 0.99);
    rows.push(
      `| ${trained.seconds.toFixed(2)} s | ${computing.toFixed(2)} s | ${(computing / trained.seconds).toFixed(2)} | ${job.slices} | ${latencies.length} | ${quantile(latencies, 0.5).toFixed(0)} ms | ${p99.toFixed(0)} ms | ${(100 * trained.testAccuracy).toFixed(2)} % |`,
    );
  }
} finally {
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`| edge-mlp train | the job's slices | ratio | slices | status requests | p50 | p99 | test accuracy |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}`);
