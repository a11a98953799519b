/** A job in a service whose processes are killed repeatedly. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Client, type Job } from '../../src/client/index.ts';
import { Random } from '../../src/index.ts';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';
import { startService } from '../support/service.ts';
import { TOKENS } from '../support/tokens.ts';

const KILLS = 20;

/** Waits until the job has ended. Throws after a minute. */
async function waitForEnd(client: Client, id: string): Promise<Job> {
  for (let i = 0; i < 600; i++) {
    const job = await client.jobs.get(id);
    if (!['queued', 'running'].includes(job.state.status)) return job;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the job has not ended within a minute');
}

it(`a job survives ${KILLS} kills of the service at random moments, with the weights of edge-mlp train`, {
  timeout: 600_000,
}, async () => {
  const folder = temporaryFolder();
  const state = join(folder, 'state');
  const options = { data: 'digits', hidden: [200], epochs: 60, seed: 4, learningRate: 0.01 } as const;
  const random = new Random(2026, 'generation');
  let service = await startService({ store: state });
  const started = await new Client(service.url, { token: TOKENS.train }).jobs.start(options);
  const steps: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    await new Promise((resolve) => setTimeout(resolve, random.between(300, 2500)));
    await service.kill();
    // No requests: the alarm fires without them.
    service = await startService({ store: state });
    const { progress, state: where } = await new Client(service.url).jobs.get(started.id);
    steps.push(progress?.step ?? 0);
    if (where.status === 'succeeded') break;
  }
  try {
    // Committed work is never lost.
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(new Set(steps).size).toBeGreaterThan(3);
    const job = await waitForEnd(new Client(service.url), started.id);
    const train = [
      'train',
      '--data',
      'digits',
      '--hidden',
      '200',
      '--epochs',
      '60',
      '--seed',
      '4',
      '--learning-rate',
      '0.01',
    ];
    const alone = JSON.parse((await edgeMlp([...train, '--json'], { cwd: folder })).stdout);
    expect(job.progress?.step).toBe(60 * 10_800);
    expect(job.state).toMatchObject({ status: 'succeeded', result: { weightsSha256: alone.weightsSha256 } });
    expect(job.history.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  } finally {
    await service.stop();
  }
});
