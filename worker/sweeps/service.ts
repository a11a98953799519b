/** Sweeps: their plans, workflows, jobs and final tables. */
import type { RunState, Sweep, SweepRecord, SweepState } from '../../src/api/sweeps.ts';
import { HttpError, readReplyUnless } from '../errors.ts';
import { chooseInitialisation, countHeldOut, networkSpec } from '../jobs/spec.ts';
import type { StoredJob } from '../jobs/state.ts';
import { checkSameOptions } from '../requests.ts';
import { sha256 } from '../storage.ts';
import { getRun, type SweepPlan } from './plan.ts';
import { readRunState } from './state.ts';
import { type StoredPlan, SweepStore } from './store.ts';
import { getRunJob } from './workflow.ts';

/** All methods throw 503 if R2 fails. */
export class SweepService {
  readonly #env: Env;
  readonly #store: SweepStore;

  constructor(env: Env) {
    this.#env = env;
    this.#store = new SweepStore(env.MODELS);
  }

  /** Starts a sweep, or returns the one with this name. Throws 409 if that one has other options. */
  async start(plan: SweepPlan, name: string): Promise<{ sweep: Sweep; created: boolean }> {
    const id = (await sha256(name)).slice(0, 32);
    const { stored, created } = await this.#store.createPlan(id, plan);
    checkSameOptions('sweep', stored.plan.spec, plan.spec);
    if (created || (await this.#lacksWorkflow(id))) await this.#env.SWEEPS.create({ id, params: stored.plan });
    return { sweep: await this.#describe(id, stored), created };
  }

  /** Whether an earlier request stored the plan and failed before it created the workflow. */
  async #lacksWorkflow(id: string): Promise<boolean> {
    return (await this.#findWorkflow(id)) === undefined && (await this.#store.table(id)) === undefined;
  }

  async list(): Promise<SweepRecord[]> {
    return this.#store.list();
  }

  /** Throws 404. */
  async get(id: string): Promise<Sweep> {
    return this.#describe(id, await this.#readPlan(id));
  }

  /** Throws 404, or 409 if the sweep is over. */
  async cancel(id: string): Promise<Sweep> {
    const stored = await this.#readPlan(id);
    const { state, runs } = await this.#readProgress(id, stored.plan);
    // An interrupted cancellation can be repeated: some jobs still run.
    if (state.status !== 'running' && !runs.some((run) => run.status === 'running')) {
      throw new HttpError(409, `sweep ${id} cannot be cancelled: it is over`);
    }
    // The workflow first, because it starts more jobs.
    await this.#terminateWorkflow(id);
    await Promise.all(
      stored.plan.runs.map(async (_, run) => {
        const cancelled = await getRunJob(this.#env, id, run).cancel();
        // Runs that have not started (404) or are over (409) need no cancellation.
        if (cancelled.ok || cancelled.status !== 409) readReplyUnless<StoredJob>(404, cancelled);
      }),
    );
    await this.#store.createTable(id, { state: { status: 'cancelled' }, runs: await this.#readRuns(id, stored.plan) });
    return this.#describe(id, stored);
  }

  async #readPlan(id: string): Promise<StoredPlan> {
    const stored = await this.#store.plan(id);
    if (stored === undefined) throw new HttpError(404, `sweep ${id} not found`);
    return stored;
  }

  /** Another request may terminate the workflow at the same time. */
  async #terminateWorkflow(id: string): Promise<void> {
    try {
      await (await this.#findWorkflow(id))?.terminate();
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('instance.cannot_terminate'))) throw error;
    }
  }

  /** Undefined if the workflow was never created, or the platform has deleted it after its retention time. */
  async #findWorkflow(id: string): Promise<WorkflowInstance | undefined> {
    try {
      return await this.#env.SWEEPS.get(id);
    } catch (error) {
      if (error instanceof Error && error.message.includes('instance.not_found')) return undefined;
      throw error;
    }
  }

  async #describe(id: string, { plan, created }: StoredPlan): Promise<Sweep> {
    const { state, runs } = await this.#readProgress(id, plan);
    const { spec, shape, trials, lanes } = plan;
    const validation = countHeldOut(getRun(plan, 0), shape);
    return {
      id,
      state,
      data: spec.data,
      concurrency: lanes,
      created,
      samples: { training: shape.trainingSamples - validation, validation },
      trials: trials.map((options, trial) => {
        const first = trial * spec.seeds.length;
        const run = getRun(plan, first);
        return {
          options,
          layers: [...networkSpec(run, shape).layers],
          initialisation: chooseInitialisation(run),
          runs: spec.seeds.map((seed, i) => {
            const job = getRunJob(this.#env, id, first + i).id.toString();
            return { seed, job, state: runs[first + i] ?? { status: 'waiting' } };
          }),
        };
      }),
    };
  }

  async #readProgress(id: string, plan: SweepPlan): Promise<{ state: SweepState; runs: readonly RunState[] }> {
    const table = await this.#store.table(id);
    if (table !== undefined) return table;
    const [instance, runs] = await Promise.all([this.#findWorkflow(id), this.#readRuns(id, plan)]);
    if (instance === undefined) return { state: { status: 'failed', reason: 'its workflow does not exist' }, runs };
    const { status, error } = await instance.status();
    const state = readState(status, error?.message);
    // The local runtime does not wake a workflow that was killed between two runs.
    const idle = !runs.some((run) => run.status === 'running');
    if (state.status === 'running' && idle) await instance.sendEvent({ type: 'wake', payload: null });
    return { state, runs };
  }

  async #readRuns(id: string, plan: SweepPlan): Promise<RunState[]> {
    const read = async (run: number) => {
      const status = await getRunJob(this.#env, id, run).status();
      return readRunState(readReplyUnless<StoredJob>(404, status));
    };
    return Promise.all(plan.runs.map((_, run) => read(run)));
  }
}

function readState(status: InstanceStatus['status'], reason: string | undefined): SweepState {
  if (status === 'errored') return { status: 'failed', reason: reason ?? 'the workflow failed' };
  if (status === 'terminated') return { status: 'cancelled' };
  return { status: 'running' };
}
