/**
 * A sweep as a Cloudflare Workflow. It starts a job for every run, a few at a time, waits for the event that ends each
 * run, and stores the final table. If the workflow is killed, finished steps are not repeated, and a repeated start
 * finds its job.
 */
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep, type WorkflowStepConfig } from 'cloudflare:workers';
import { NonRetryableError } from 'cloudflare:workflows';
import { isOver } from '../../src/api/states.ts';
import type { RunState } from '../../src/api/sweeps.ts';
import { errorMessage } from '../../src/core/errors.ts';
import { readReply, readReplyUnless } from '../errors.ts';
import { readRunState } from '../jobs/run-state.ts';
import { runEndEvent, type StoredJob } from '../jobs/state.ts';
import { SERVICE } from '../owners.ts';
import { getRun, type SweepPlan } from './plan.ts';
import { getRunJob } from './runs.ts';
import { storeTable } from './table.ts';

/** Retries a step for some minutes. */
const STEP: WorkflowStepConfig = {
  retries: { limit: 6, delay: '2 seconds', backoff: 'exponential' },
  timeout: '1 minute',
};
/** Time without an event after which the workflow polls a job. */
const SILENCE = '1 hour';
/** Resumptions of a job that the platform interrupted. */
const RESUMPTIONS = 3;

const DELETED: RunState = { status: 'failed', code: 'cancelled', reason: 'the job was deleted' };

type Poll =
  | { readonly kind: 'over'; readonly state: RunState }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'running' };

export class SweepWorkflow extends WorkflowEntrypoint<Env, SweepPlan> {
  override async run({ payload: plan, instanceId }: Readonly<WorkflowEvent<SweepPlan>>, step: WorkflowStep) {
    const states: RunState[] = [];
    const waiting = plan.runs.keys();
    const lane = async () => {
      for (const run of waiting) states[run] = await this.#perform(instanceId, plan, run, step);
    };
    await Promise.all(Array.from({ length: plan.lanes }, lane));
    await step.do('keep the table', STEP, () =>
      storeTable(this.env.SWEEP_RECORDS.getByName(instanceId), { state: { status: 'finished' }, runs: states }),
    );
  }

  /** Never throws: if a run cannot be performed, it has failed, and the other runs continue. */
  async #perform(sweep: string, plan: SweepPlan, run: number, step: WorkflowStep): Promise<RunState> {
    try {
      await step.do(`start run ${run}`, STEP, () => logFailure(this.#start(sweep, plan, run)));
      let resumptions = 0;
      for (let count = 1; ; count++) {
        await waitForEnd(step, run, count);
        const resumable = resumptions < RESUMPTIONS;
        const poll = await step.do(`poll run ${run}, ${count}`, STEP, () =>
          logFailure(this.#poll(sweep, run, resumable)),
        );
        if (poll.kind === 'over') return poll.state;
        if (poll.kind === 'resumed') resumptions++;
      }
    } catch (error) {
      return { status: 'failed', code: 'interrupted', reason: errorMessage(error) };
    }
  }

  async #start(sweep: string, plan: SweepPlan, run: number): Promise<void> {
    const stub = getRunJob(this.env, sweep, run);
    // A cancellation cancels the runs that have reported.
    const isWanted = await this.env.SWEEP_RECORDS.getByName(sweep).report(run, { status: 'running', share: 0 });
    if (!isWanted) throw new NonRetryableError('the sweep is over');
    const { owner, shape } = plan;
    const spec = getRun(plan, run);
    const start = { owner, requested: spec, shape, place: { sweep, run } };
    const started = await stub.start(stub.id.toString(), spec, start);
    // A request that is refused would be refused again.
    if (!started.ok && started.status < 500) throw new NonRetryableError(started.message);
    readReply<unknown>(started);
  }

  /** Reads the state of a run. Resumes a job that the platform interrupted. */
  async #poll(sweep: string, run: number, resumable: boolean): Promise<Poll> {
    const stub = getRunJob(this.env, sweep, run);
    const job = readReplyUnless<StoredJob>(404, await stub.status(SERVICE));
    if (job === undefined) return { kind: 'over', state: DELETED };
    if (resumable && job.state.status === 'failed' && job.state.code === 'interrupted') {
      readReply<StoredJob>(await stub.resume(SERVICE));
      return { kind: 'resumed' };
    }
    const state = readRunState(job);
    return isOver(state) ? { kind: 'over', state } : { kind: 'running' };
  }
}

/** The platform repeats a step that fails, without a log line. */
async function logFailure<Value>(work: Promise<Value>): Promise<Value> {
  return work.catch((error: unknown) => {
    console.error(error);
    throw error;
  });
}

/** Events may be lost or repeated, so the workflow polls after the wait in any case. */
async function waitForEnd(step: WorkflowStep, run: number, count: number): Promise<void> {
  try {
    await step.waitForEvent(`end of run ${run}, ${count}`, { type: runEndEvent(run), timeout: SILENCE });
  } catch {
    // Timeout.
  }
}
