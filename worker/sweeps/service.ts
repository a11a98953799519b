/** Sweeps: their plans, workflows, jobs and final tables. */
import type { RunState, Sweep, SweepRecord, SweepState } from '../../src/api/sweeps.ts';
import { HttpError, type Reply, readReplyUnless } from '../errors.ts';
import { sha256 } from '../hash.ts';
import { chooseInitialisation, countHeldOut, networkSpec } from '../jobs/spec.ts';
import type { StoredJob } from '../jobs/state.ts';
import { LIMITS } from '../limits.ts';
import { checkSameOptions } from '../requests.ts';
import { listEntries } from '../storage/directory.ts';
import { ask, askReply } from '../storage/objects.ts';
import { getRun, type SweepPlan } from './plan.ts';
import { readRunState } from './state.ts';
import type { StoredPlan, StoredSweep } from './stored-sweep.ts';
import { type SweepTable, storeTable } from './table.ts';
import { getRunJob } from './workflow.ts';

/** All methods throw 503 if the storage cannot be reached. */
export class SweepService {
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
  }

  /** Starts a sweep, or returns the one with this name. Throws 409 if that one has other options. */
  async start(plan: SweepPlan, name: string): Promise<{ sweep: Sweep; created: boolean }> {
    const id = (await sha256(name)).slice(0, 32);
    const stored = await askReply<StoredPlan & { isNew: boolean }>(() => this.#stored(id).createPlan(plan));
    checkSameOptions('sweep', stored.plan.spec, plan.spec);
    if (stored.isNew || (await this.#lacksWorkflow(id, stored))) {
      await this.#createWorkflow(id, stored.plan);
    }
    return { sweep: await this.#describe(id, stored), created: stored.isNew };
  }

  /** Whether an earlier request stored the plan and failed before it created the workflow. */
  async #lacksWorkflow(id: string, { isOver }: StoredPlan): Promise<boolean> {
    return !isOver && (await this.#findWorkflow(id)) === undefined;
  }

  /** Another request with the same key may create it at the same time. */
  async #createWorkflow(id: string, plan: SweepPlan): Promise<void> {
    await askUnless('already_exists', () => this.#env.SWEEPS.create({ id, params: plan }));
  }

  /** Newest first. */
  async list(): Promise<SweepRecord[]> {
    const listed = await listEntries(this.#env, 'sweep', LIMITS.listed);
    return listed.map(({ name, summary }) => ({ id: name, ...(summary as Omit<SweepRecord, 'id'>) }));
  }

  /** Throws 404. */
  async get(id: string): Promise<Sweep> {
    return this.#describe(id, await this.#read(id));
  }

  /** Throws 404, or 409 if the sweep is over. */
  async cancel(id: string): Promise<Sweep> {
    const stored = await this.#read(id);
    if (stored.isOver) throw new HttpError(409, `sweep ${id} cannot be cancelled: it is over`);
    const { state } = await this.#readProgress(id, stored);
    // The workflow first, because it starts more jobs.
    await this.#terminateWorkflow(id);
    await Promise.all(
      stored.plan.runs.map(async (_, run) => {
        const cancelled = await ask<Reply<StoredJob>>(() => getRunJob(this.#env, id, run).cancel());
        // Runs that have not started (404) or are over (409) need no cancellation.
        if (cancelled.ok || cancelled.status !== 409) readReplyUnless<StoredJob>(404, cancelled);
      }),
    );
    const runs = await this.#readRuns(id, stored.plan);
    // A sweep whose workflow failed stays failed.
    await storeTable(this.#stored(id), { state: state.status === 'running' ? { status: 'cancelled' } : state, runs });
    return this.get(id);
  }

  /** Deletes a sweep that is over. Its jobs are deleted after their time. Throws 404, or 409 while it runs. */
  async remove(id: string): Promise<void> {
    const { state, runs } = await this.#readProgress(id, await this.#read(id));
    if (state.status === 'running' || runs.some(({ status }) => status === 'running'))
      throw new HttpError(409, `sweep ${id} cannot be deleted: it is running. Cancel it`);
    await askReply<null>(() => this.#stored(id).remove());
  }

  /** Throws 404. */
  async #read(id: string): Promise<StoredPlan> {
    return askReply<StoredPlan>(() => this.#stored(id).read());
  }

  #stored(id: string): DurableObjectStub<StoredSweep> {
    return this.#env.SWEEP_RECORDS.getByName(id);
  }

  /** Another request may terminate the workflow at the same time. */
  async #terminateWorkflow(id: string): Promise<void> {
    const instance = await this.#findWorkflow(id);
    if (instance !== undefined) await askUnless('cannot_terminate', () => instance.terminate());
  }

  /** Undefined if the workflow was never created, or the platform has deleted it after its retention time. */
  async #findWorkflow(id: string): Promise<WorkflowInstance | undefined> {
    return askUnless('not_found', () => this.#env.SWEEPS.get(id));
  }

  async #describe(id: string, stored: StoredPlan): Promise<Sweep> {
    const { state, runs } = await this.#readProgress(id, stored);
    const { plan, created } = stored;
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

  async #readProgress(id: string, { plan, isOver }: StoredPlan): Promise<SweepTable> {
    if (isOver) {
      const table = await askReply<ReadableStream<Uint8Array>>(() => this.#stored(id).table());
      return ask(() => new Response(table).json<SweepTable>());
    }
    const [instance, runs] = await Promise.all([this.#findWorkflow(id), this.#readRuns(id, plan)]);
    if (instance === undefined) return { state: { status: 'failed', reason: 'its workflow does not exist' }, runs };
    const { status, error } = await ask(() => instance.status());
    const state = readState(status, error?.message);
    // The local runtime does not wake a workflow that was killed between two runs.
    const idle = !runs.some((run) => run.status === 'running');
    if (state.status === 'running' && idle) await ask(() => instance.sendEvent({ type: 'wake', payload: null }));
    return { state, runs };
  }

  async #readRuns(id: string, plan: SweepPlan): Promise<RunState[]> {
    const read = async (run: number) => {
      const status = await ask<Reply<StoredJob>>(() => getRunJob(this.#env, id, run).status());
      return readRunState(readReplyUnless(404, status));
    };
    return Promise.all(plan.runs.map((_, run) => read(run)));
  }
}

/** The result of a call of the workflow engine; undefined if it refuses with this code. Throws 503. */
async function askUnless<Result>(code: string, call: () => Promise<Result>): Promise<Result | undefined> {
  return ask(async () => {
    try {
      return await call();
    } catch (error) {
      if (error instanceof Error && error.message.includes(`instance.${code}`)) return undefined;
      throw error;
    }
  });
}

function readState(status: InstanceStatus['status'], reason: string | undefined): SweepState {
  if (status === 'errored') return { status: 'failed', reason: reason ?? 'the workflow failed' };
  if (status === 'terminated') return { status: 'cancelled' };
  return { status: 'running' };
}
