/** The network of a training run, and the threads that train it. */
import { availableParallelism } from 'node:os';
import { datasetTask } from '../../src/core/dataset.ts';
import { errorMessage } from '../../src/core/errors.ts';
import type { Kernels } from '../../src/core/kernels.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { choosePaths, MAX_THREADS } from '../../src/core/paths.ts';
import { loadKernels } from '../../src/runtime/node.ts';
import { loadTeam } from '../../src/runtime/team.ts';
import { note } from '../terminal.ts';
import type { Plan } from './plan.ts';

export async function createNetwork(plan: Plan, threads: number | undefined): Promise<Mlp> {
  const { run, training, layers, initialisation, start, resume } = plan;
  const kernels = await loadPlanKernels(plan, threads);
  const parameters = resume?.checkpoint.parameters ?? start;
  const spec = { layers, hiddenActivation: run.activation, task: datasetTask(training) };
  return parameters === undefined
    ? Mlp.create(kernels, { ...spec, initialisation, seed: run.seed })
    : Mlp.fromParameters(kernels, { ...spec, ...parameters });
}

/**
 * Kernels for as many threads as make the run faster, up to --threads. Without --threads, one thread is the fallback if
 * threads cannot be started.
 */
async function loadPlanKernels({ run, training, layers }: Plan, requested: number | undefined): Promise<Kernels> {
  const available = Math.min(requested ?? availableParallelism(), MAX_THREADS);
  const { threads } = choosePaths({ ...run, layers, dataset: training, threads: available });
  if (threads === 1) return loadKernels();
  try {
    return await loadTeam(threads);
  } catch (error) {
    if (requested !== undefined) throw error;
    note(`threads  1: ${errorMessage(error)}`);
    return loadKernels();
  }
}
