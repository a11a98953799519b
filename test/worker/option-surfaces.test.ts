/** Every option of test/support/option-surfaces.ts in jobs and sweeps of the service. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { JobRequest } from '../../src/api/jobs.ts';
import { SweepGrid, SweepRequest } from '../../src/api/sweeps.ts';
import { DatasetRegistry } from '../../worker/datasets/registry.ts';
import { describeData } from '../../worker/jobs/shape.ts';
import { SERVICE } from '../../worker/owners.ts';
import { buildPlan } from '../../worker/sweeps/plan.ts';
import { type Group, OPTION_NAMES, OPTION_ROWS, selectRows } from '../support/option-surfaces.ts';
import { expectedHash, finishJob, start, TRAIN } from './job-support.ts';
import { postJson } from './support.ts';

const inJobs = (name: string) => name in JobRequest.shape;

/** The job with the rows of a group that jobs have, on generated digits. */
function buildJob(group: Group, without?: string): Record<string, unknown> {
  const rows = selectRows(group, (_, name) => inJobs(name) && name !== without);
  const values = Object.fromEntries(rows.map(([name, { value }]) => [name, value]));
  // One epoch is enough; without the option, a job has the default.
  return { data: 'digits', hidden: [4, 3], ...values, ...(without === 'epochs' ? {} : { epochs: 1 }) };
}

/** The weights without an option, or the refusal of the options that need it. */
const trainWithout = (group: Group, name: string) =>
  expectedHash(buildJob(group, name)).catch((error: unknown) => String(error));

describe.each(['sgd', 'adam'] as const)('jobs with the options of group %s', (group) => {
  const names = selectRows(group, (_, name) => inJobs(name)).map(([name]) => name);

  let expected = '';
  beforeAll(async () => {
    expected = await expectedHash(buildJob(group));
  });

  it('have the weights of the library', async () => {
    const done = await finishJob((await start(buildJob(group))).id);
    expect(done.state).toMatchObject({ status: 'succeeded', result: { weightsSha256: expected } });
  });

  it.each(names)('%s changes the weights', async (name) => {
    expect(await trainWithout(group, name)).not.toBe(expected);
  });

  it('reach every run of a sweep', async () => {
    const rows = selectRows(group, (_, name) => name in SweepGrid.shape);
    const grid = Object.fromEntries(rows.map(([name, { value }]) => [name, [value]]));
    const spec = SweepRequest.parse({ data: 'digits', grid, seeds: [3] });
    const { shape } = await describeData(new DatasetRegistry(env, SERVICE), 'digits');
    const [run] = buildPlan({ name: 'train', scope: 'train' } as never, spec, shape).runs;
    expect(run).toMatchObject({ seed: 3, ...Object.fromEntries(rows.map(([name, { value }]) => [name, value])) });
  });
});

it.each(OPTION_NAMES.filter((name) => !inJobs(name)))('jobs refuse %s, which they do not have', async (name) => {
  const response = await postJson('/jobs', { data: 'digits', [name]: OPTION_ROWS[name].value }, TRAIN);
  expect(response.status).toBe(400);
  expect(await response.text()).toContain(name);
});
