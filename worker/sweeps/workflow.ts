/**
 * A sweep as a Cloudflare Workflow: it starts a job object for every run, some at a time, waits for the event by which each
 * says that it is over, and keeps the table. The jobs compute; the workflow waits. Whatever kills it, finished steps are not
 * repeated, and those that are find the job that they had started.
 */
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep, type WorkflowStepConfig } from 'cloudflare:workers';
import { errorMessage } from '../../src/core/errors.ts';
import type { TrainingJob } from '../jobs/job.ts';
import { endOfRun } from '../jobs/state.ts';
import type { SweepPlan } from './spec.ts';
import { isRunOver, type RunState, readRunState } from './state.ts';
import { SweepStore } from './store.ts';

/** Of a step that cannot reach what it needs: for some minutes. */
const STEP: WorkflowStepConfig = {
  retries: { limit: 6, delay: '2 seconds', backoff: 'exponential' },
  timeout: '1 minute',
};
/** A job that has told nobody for so long is looked at. */
const SILENCE = '1 hour';
/** A job that the platform interrupts is resumed so many times. */
const RESUMPTIONS = 3;

/** What a look at a run finds. */
type Look =
  | { readonly kind: 'over'; readonly state: RunState }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'on' };

export class SweepWorkflow extends WorkflowEntrypoint<Env, SweepPlan> {
  override async run({ payload: plan, instanceId }: Readonly<WorkflowEvent<SweepPlan>>, step: WorkflowStep) {
    const states: RunState[] = [];
    const waiting = plan.runs.keys();
    const lane = async () => {
      for (const run of waiting) states[run] = await this.#perform(instanceId, plan, run, step);
    };
    await Promise.all(Array.from({ length: plan.lanes }, lane));
    await step.do('keep the table', STEP, () =>
      new SweepStore(this.env.MODELS).keep(instanceId, { state: { status: 'finished' }, runs: states }),
    );
  }

  /** Never throws: a run that cannot be performed has failed, and the others go on. */
  async #perform(sweep: string, plan: SweepPlan, run: number, step: WorkflowStep): Promise<RunState> {
    try {
      await step.do(`start run ${run}`, STEP, () => this.#start(sweep, plan, run));
      let resumptions = 0;
      for (let look = 1; ; look++) {
        await waitForEnd(step, run, look);
        const again = resumptions < RESUMPTIONS;
        const found = await step.do(`look at run ${run}, ${look}`, STEP, () => this.#look(sweep, run, again));
        if (found.kind === 'over') return found.state;
        if (found.kind === 'resumed') resumptions++;
      }
    } catch (error) {
      return { status: 'failed', code: 'interrupted', reason: errorMessage(error) };
    }
  }

  async #start(sweep: string, { runs, shape }: SweepPlan, run: number): Promise<void> {
    const spec = runs[run];
    if (spec === undefined) throw new Error(`the sweep has no run ${run}`);
    const stub = jobOfRun(this.env, sweep, run);
    await stub.start(stub.id.toString(), spec, { shape, place: { sweep, run } });
  }

  /** What has failed for the platform's reasons is resumed, from its last commit. */
  async #look(sweep: string, run: number, again: boolean): Promise<Look> {
    const stub = jobOfRun(this.env, sweep, run);
    const job = await stub.status();
    if (again && job?.state.status === 'failed' && job.state.code === 'interrupted') {
      await stub.resume();
      return { kind: 'resumed' };
    }
    const state = readRunState(job);
    return isRunOver(state) ? { kind: 'over', state } : { kind: 'on' };
  }
}

export function jobOfRun({ JOBS }: Pick<Env, 'JOBS'>, sweep: string, run: number): DurableObjectStub<TrainingJob> {
  return JOBS.get(JOBS.idFromName(`sweep ${sweep} run ${run}`));
}

/** Events may come twice, or be lost: whoever has waited looks for himself. */
async function waitForEnd(step: WorkflowStep, run: number, look: number): Promise<void> {
  try {
    await step.waitForEvent(`end of run ${run}, ${look}`, { type: endOfRun(run), timeout: SILENCE });
  } catch {
    // Nothing came.
  }
}
