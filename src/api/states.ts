/** Without zod, so that the client and the page need no validation library at run time. */
import type { JobState } from './jobs.ts';
import type { RunState } from './sweeps.ts';

/**
 * Whether a job or a run of a sweep has ended. A failed or cancelled job can be resumed.
 *
 * @example
 * ```ts
 * import { isOver } from 'edge-mlp/client';
 *
 * console.log(isOver({ status: 'running' }), isOver({ status: 'cancelled' })); // false true
 * ```
 */
export function isOver({ status }: Pick<JobState | RunState, 'status'>): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled';
}
