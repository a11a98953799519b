/** Sweeps, over their workflows, their jobs and what is kept of them. */
import type { z } from '@hono/zod-openapi';
import type { SweepSchema } from '../../src/api/index.ts';
import { sha256Text } from '../hash.ts';
import { checkSame } from '../idempotency.ts';
import { heldOut } from '../jobs/spec.ts';
import { runNetwork, type SweepPlan } from './spec.ts';
import { type RunState, readRunState, type SweepState } from './state.ts';
import { type StoredPlan, type SweepRecord, SweepStore } from './store.ts';
import { jobOfRun } from './workflow.ts';

export type Sweep = z.infer<typeof SweepSchema>;

export class SweepService {
  readonly #env: Env;
  readonly #store: SweepStore;

  constructor(env: Env) {
    this.#env = env;
    this.#store = new SweepStore(env.MODELS);
  }

  /** Begins, or tells of the sweep that was begun under this name before. Throws 409 where that one is another. */
  async start(plan: SweepPlan, name: string): Promise<{ sweep: Sweep; created: boolean }> {
    const id = (await sha256Text(name)).slice(0, 32);
    const { stored, created } = await this.#store.begin(id, plan);
    checkSame('sweep', stored.plan.spec, plan.spec);
    if (created || (await this.#neverBegun(id))) await this.#env.SWEEPS.create({ id, params: stored.plan });
    return { sweep: await this.#shown(id, stored), created };
  }

  /** Something failed in between; a sweep that is over is forgotten by its workflow, and has a table. */
  async #neverBegun(id: string): Promise<boolean> {
    return (await this.#workflow(id)) === undefined && (await this.#store.table(id)) === undefined;
  }

  async list(): Promise<readonly SweepRecord[]> {
    return this.#store.list();
  }

  async find(id: string): Promise<Sweep | undefined> {
    const stored = await this.#store.plan(id);
    return stored === undefined ? undefined : this.#shown(id, stored);
  }

  /** Returns undefined where there is no such sweep, and false where it is over. */
  async cancel(id: string): Promise<Sweep | undefined | false> {
    const stored = await this.#store.plan(id);
    if (stored === undefined) return undefined;
    const { state, runs } = await this.#progress(id, stored.plan);
    // A cancel that was cut short is gone on with.
    if (state.status !== 'running' && !runs.some((run) => run.status === 'running')) return false;
    // First whoever would start more of them.
    await this.#terminate(id);
    await Promise.all(stored.plan.runs.map((_, run) => jobOfRun(this.#env, id, run).cancel()));
    await this.#store.keep(id, { state: { status: 'cancelled' }, runs: await this.#runs(id, stored.plan) });
    return this.#shown(id, stored);
  }

  /** Two may do so at once. */
  async #terminate(id: string): Promise<void> {
    try {
      await (await this.#workflow(id))?.terminate();
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('instance.cannot_terminate'))) throw error;
    }
  }

  /** Undefined where there is none: never begun, because something failed in between, or forgotten after its time. */
  async #workflow(id: string): Promise<WorkflowInstance | undefined> {
    try {
      return await this.#env.SWEEPS.get(id);
    } catch (error) {
      if (error instanceof Error && error.message.includes('instance.not_found')) return undefined;
      throw error;
    }
  }

  async #shown(id: string, { plan, created }: StoredPlan): Promise<Sweep> {
    const { state, runs } = await this.#progress(id, plan);
    const { spec, shape, trials, lanes } = plan;
    const validation = plan.runs[0] === undefined ? 0 : heldOut(plan.runs[0], shape);
    const perTrial = spec.seeds.length;
    return {
      ...{ id, state, data: spec.data, concurrency: lanes, created },
      samples: { training: shape.trainingSamples - validation, validation },
      trials: trials.map((options, trial) => ({
        options: { ...options, hidden: [...options.hidden] },
        ...shownNetwork(plan, trial * perTrial),
        runs: spec.seeds.map((seed, i) => {
          const run = trial * perTrial + i;
          const job = jobOfRun(this.#env, id, run).id.toString();
          return { seed, job, state: shownRun(runs[run] ?? { status: 'waiting' }) };
        }),
      })),
    };
  }

  async #progress(id: string, plan: SweepPlan): Promise<{ state: SweepState; runs: readonly RunState[] }> {
    const table = await this.#store.table(id);
    if (table !== undefined) return table;
    const [instance, runs] = await Promise.all([this.#workflow(id), this.#runs(id, plan)]);
    if (instance === undefined) return { state: { status: 'failed', reason: 'its workflow is not there' }, runs };
    const { status, error } = await instance.status();
    const state = readState(status, error?.message);
    // Locally a workflow that was killed between two runs has nobody that wakes it.
    const idle = !runs.some((run) => run.status === 'running');
    if (state.status === 'running' && idle) await instance.sendEvent({ type: 'wake', payload: null });
    return { state, runs };
  }

  async #runs(id: string, plan: SweepPlan): Promise<RunState[]> {
    return Promise.all(plan.runs.map(async (_, run) => readRunState(await jobOfRun(this.#env, id, run).status())));
  }
}

function readState(status: InstanceStatus['status'], reason: string | undefined): SweepState {
  if (status === 'errored') return { status: 'failed', reason: reason ?? 'the workflow failed' };
  if (status === 'terminated') return { status: 'cancelled' };
  return { status: 'running' };
}

function shownNetwork(
  { runs, shape }: SweepPlan,
  run: number,
): Pick<Sweep['trials'][number], 'layers' | 'initialisation'> {
  const spec = runs[run];
  if (spec === undefined) throw new Error(`the sweep has no run ${run}`);
  const { layers, initialisation } = runNetwork(spec, shape);
  return { layers: [...layers], initialisation };
}

function shownRun(state: RunState): Sweep['trials'][number]['runs'][number]['state'] {
  if (state.status !== 'succeeded') return state;
  const { validation } = state;
  return {
    ...state,
    epochs: [...state.epochs],
    validation: validation && { ...validation, confusion: validation.confusion.map((row) => [...row]) },
  };
}
