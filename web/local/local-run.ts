/** A training run in this browser. The page shows its job as it shows a job of the service. */
import type { Job, JobRequest, JobSpec } from '../../src/client/index.ts';
import { completeOptions, type DataKind, defaultHidden } from '../../src/core/default-options.ts';
import type { AnyEvaluation } from '../../src/core/measures.ts';
import { checkOptimizer } from '../../src/core/optimizers.ts';
import { type MlpSpec, parameterCount } from '../../src/core/spec.ts';
import { pickTrainingOptions } from '../../src/core/training-options.ts';
import type { TableChoice } from './table-choice.ts';

export interface LocalRun {
  readonly job: Job;
  /** How the table is read that is kept under the name `job.spec.data`; absent for a generated set. */
  readonly table?: TableChoice | undefined;
  /** On the validation samples, of a run that has succeeded. */
  readonly evaluation?: AnyEvaluation | undefined;
  /** Names of the classes, of a run that has succeeded. */
  readonly classes?: readonly string[] | undefined;
}

/** The form of a run's data, before the data are read. */
export interface DataShape extends DataKind {
  readonly inputs: number;
  /** Classes, or targets of a regression. */
  readonly outputs: number;
  readonly task?: MlpSpec['task'];
}

const PREFIX = 'local-';

/** Ids of this browser differ from those of the service. */
export function isLocal(id: string): boolean {
  return id.startsWith(PREFIX);
}

/** `crypto.randomUUID` exists only on pages served over TLS or from localhost. */
export function createLocalId(): string {
  const words = crypto.getRandomValues(new Uint32Array(2));
  return PREFIX + Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');
}

/** A run that has not started. Throws EdgeMlpError "bad-argument" for options that exclude each other. */
export function createRun(request: JobRequest, shape: DataShape, table?: TableChoice): LocalRun {
  const now = new Date().toISOString();
  const { data = 'digits', hidden = defaultHidden(shape), activation = 'sigmoid', ...given } = request;
  const chosen = given.optimizer && checkOptimizer(given.optimizer);
  const options = completeOptions(pickTrainingOptions({ ...given, optimizer: chosen }), shape);
  const { epochs, batchSize, optimizer, learningRate, momentum, weightDecay, clipNorm, dropout, seed, loss } = options;
  const spec: JobSpec = {
    data,
    scaling: 'standard',
    hidden: [...hidden],
    activation: typeof activation === 'string' ? activation : [...activation],
    epochs,
    batchSize,
    optimizer,
    learningRate,
    momentum,
    weightDecay,
    clipNorm,
    dropout,
    seed,
    final: false,
    record: false,
    ...(loss === undefined || shape.task === undefined ? {} : { loss }),
  };
  const layers = [shape.inputs, ...hidden, shape.outputs];
  const job: Job = {
    id: createLocalId(),
    spec,
    layers,
    parameters: parameterCount(layers),
    state: { status: 'queued' },
    progress: null,
    history: [],
    slices: 0,
    computeMs: 0,
    created: now,
    updated: now,
  };
  return { job, table };
}
