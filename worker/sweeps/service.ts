/** Sweeps: their plans, workflows, jobs and final tables. */
import type { Sweep, SweepRecord, SweepState } from '../../src/api/sweeps.ts';
import { sha256 } from '../hash.ts';
import { chooseInitialisation, countHeldOut, networkSpec } from '../jobs/spec.ts';
import type { Caller } from '../owners.ts';
import type { RequestKey } from '../requests.ts';
import { checkSameOptions } from '../requests.ts';
import { listEntries, type Page } from '../storage/directory.ts';
import { ask, askReply, askUnless } from '../storage/objects.ts';
import { getRun, type SweepPlan } from './plan.ts';
import { cancelRuns, getRunJob, WAITING } from './runs.ts';
import { findWorkflow, readWorkflow } from './state.ts';
import type { OpenedSweep, StoredPlan, StoredSweep } from './stored-sweep.ts';
import { readTable, type SweepTable, storeTable } from './table.ts';

/** All methods throw 503 if the storage cannot be reached. */
export class SweepService {
  readonly #env: Env;
  readonly #caller: Caller;

  constructor(env: Env, caller: Caller) {
    this.#env = env;
    this.#caller = caller;
  }

  /** Starts a sweep, or returns the one with this name. Throws 409 if that one has other options, or 507. */
  async start(plan: SweepPlan, name: string): Promise<{ sweep: Sweep; created: boolean }> {
    const id = (await sha256(name)).slice(0, 32);
    const stored = await askReply<StoredPlan & { isNew: boolean }>(() => this.#stored(id).createPlan(plan));
    checkSameOptions('sweep', stored.plan.spec, plan.spec);
    if (stored.isNew || (await this.#lacksWorkflow(id, stored))) {
      await this.#createWorkflow(id, stored.plan);
    }
    if (!stored.isNew) return { sweep: await this.get(id), created: false };
    return { sweep: this.#describe(id, stored, { state: { status: 'running' }, runs: [] }), created: true };
  }

  /** Whether an earlier request stored the plan and failed before it created the workflow. */
  async #lacksWorkflow(id: string, { isOver }: StoredPlan): Promise<boolean> {
    return !isOver && (await findWorkflow(this.#env, id)) === undefined;
  }

  /** Another request with the same key may create it at the same time. */
  async #createWorkflow(id: string, plan: SweepPlan): Promise<void> {
    await askUnless('already_exists', () => this.#env.SWEEPS.create({ id, params: plan }));
  }

  /** Newest first. Throws 400. */
  async list(page: Page): Promise<{ sweeps: SweepRecord[]; next: string | null }> {
    const { items, next } = await listEntries(this.#env, 'sweep', this.#caller, page);
    const sweeps = items.map(({ name, summary }) => ({ id: name, ...(summary as Omit<SweepRecord, 'id'>) }));
    return { sweeps, next };
  }

  /** Throws 404. */
  async get(id: string): Promise<Sweep> {
    const { table, ...stored } = await this.#open(id);
    const last = await readTable(table);
    return this.#describe(id, stored, stored.isOver ? last : await this.#checkWorkflow(id, last));
  }

  /** Throws 403, 404, or 409 if the sweep is over. */
  async cancel(id: string, key: RequestKey | null): Promise<Sweep> {
    if (await askReply<boolean>(() => this.#stored(id).beginCancellation(this.#caller, key))) return this.get(id);
    const { state } = await this.#checkWorkflow(id, await readTable((await this.#open(id)).table));
    // The workflow first, because it starts more jobs.
    await this.#terminateWorkflow(id);
    const { runs } = await readTable((await this.#open(id)).table);
    const ended = await cancelRuns(this.#env, id, runs);
    // A sweep whose workflow failed stays failed.
    const final: SweepState = state.status === 'running' ? { status: 'cancelled' } : state;
    await storeTable(this.#stored(id), { state: final, runs: ended });
    return this.get(id);
  }

  /** Deletes a sweep that is over. Its jobs are deleted after their time. Throws 403, 404, or 409 while it runs. */
  async remove(id: string): Promise<void> {
    await askReply<null>(() => this.#stored(id).remove(this.#caller));
  }

  /** Throws 404. */
  async #open(id: string): Promise<OpenedSweep> {
    return askReply<OpenedSweep>(() => this.#stored(id).open(this.#caller));
  }

  #stored(id: string): DurableObjectStub<StoredSweep> {
    return this.#env.SWEEP_RECORDS.getByName(id);
  }

  /** Another request may terminate the workflow at the same time. */
  async #terminateWorkflow(id: string): Promise<void> {
    const instance = await findWorkflow(this.#env, id);
    if (instance !== undefined) await askUnless('cannot_terminate', () => instance.terminate());
  }

  #describe(id: string, { plan, created }: StoredPlan, { state, runs }: SweepTable): Sweep {
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
            return { seed, job, state: runs[first + i] ?? WAITING };
          }),
        };
      }),
    };
  }

  /** The table with the state of the workflow, which may have failed. */
  async #checkWorkflow(id: string, { runs }: SweepTable): Promise<SweepTable> {
    const { instance, state } = await readWorkflow(this.#env, id);
    // The local runtime does not wake a workflow that was killed between two runs.
    const idle = !runs.some((run) => run?.status === 'running');
    if (instance !== undefined && state.status === 'running' && idle) {
      await ask(() => instance.sendEvent({ type: 'wake', payload: null }));
    }
    return { state, runs };
  }
}
