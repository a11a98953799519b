/** The state of a sweep that is not over, read from its workflow. */
import type { SweepState } from '../../src/api/sweeps.ts';
import { ask, askUnless } from '../storage/objects.ts';

type SweepsBinding = Pick<Env, 'SWEEPS'>;

interface WorkflowState {
  /** Undefined if the workflow was never created, or the platform has deleted it after its retention time. */
  readonly instance: WorkflowInstance | undefined;
  readonly state: SweepState;
}

/** Throws 503. */
export async function readWorkflow(env: SweepsBinding, id: string): Promise<WorkflowState> {
  const instance = await findWorkflow(env, id);
  if (instance === undefined) return { instance, state: { status: 'failed', reason: 'its workflow does not exist' } };
  const { status, error } = await ask(() => instance.status());
  return { instance, state: readState(status, error?.message) };
}

/** Throws 503. */
export async function findWorkflow({ SWEEPS }: SweepsBinding, id: string): Promise<WorkflowInstance | undefined> {
  return askUnless('not_found', () => SWEEPS.get(id));
}

function readState(status: InstanceStatus['status'], reason: string | undefined): SweepState {
  if (status === 'errored') return { status: 'failed', reason: reason ?? 'the workflow failed' };
  if (status === 'terminated') return { status: 'cancelled' };
  return { status: 'running' };
}
