/** The data, training options and memory that follow from the options of a job. */
import kernelsModule from '../../build/kernels.wasm';
import type { JobSpec, RequestedJob } from '../../src/api/jobs.ts';
import { completeOptions, defaultHidden } from '../../src/core/default-options.ts';
import { Kernels } from '../../src/core/kernels.ts';
import { chooseLoss } from '../../src/core/loss.ts';
import { networkBytes } from '../../src/core/network-memory.ts';
import { listOptimizerState } from '../../src/core/optimizers.ts';
import { defaultInitialisation, type MlpSpec, parameterCount } from '../../src/core/spec.ts';
import { countSteps } from '../../src/core/step-series.ts';
import { pickTrainingOptions } from '../../src/core/training-options.ts';
import { countValidation } from '../../src/data/parts.ts';
import { badRequest, HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { DataShape } from './shape.ts';

/** Number of samples held out for validation. Throws 400. */
export function countHeldOut({ validation, final, data }: RequestedJob, { trainingSamples }: DataShape): number {
  if (final && validation !== undefined) {
    throw badRequest('validation cannot be combined with final, which trains on all samples');
  }
  const held = final ? 0 : countValidation(trainingSamples, validation);
  if (held < trainingSamples) return held;
  throw badRequest(`validation: expected less than the ${trainingSamples} training samples of ${data}, got ${held}`);
}

/** The options of a job with all defaults. Throws 400, and EdgeMlpError "bad-argument" for options that exclude others. */
export function completeSpec(requested: RequestedJob, shape: DataShape): JobSpec {
  const samples = shape.trainingSamples - countHeldOut(requested, shape);
  const options = completeOptions(pickTrainingOptions(requested), { kind: shape.kind, samples });
  const { epochs, batchSize, optimizer, learningRate, weightDecay } = options;
  return { ...requested, epochs, batchSize, optimizer, learningRate, weightDecay };
}

export function networkSpec({ hidden, activation }: RequestedJob, shape: DataShape): MlpSpec {
  const layers = [shape.inputs, ...(hidden ?? defaultHidden(shape)), shape.classes];
  return { layers, hiddenActivation: activation, ...(shape.task === undefined ? {} : { task: shape.task }) };
}

export function chooseInitialisation({ init, activation }: JobSpec) {
  return init ?? defaultInitialisation(activation);
}

/** Classes of a recorded job: a larger confusion matrix does not fit into a cell of SQLite or a step of a workflow. */
const RECORDED_CLASSES = 256;

/** Computes sizes only. Created when the first job is checked. */
let kernels: Kernels | undefined;

/**
 * Bytes of a job in its isolate: its samples, the network with its training state and checkpoint, a batch, and the
 * record of its steps, which exists twice while it is assembled. Throws 413 above the limit.
 */
export function checkMemory(spec: JobSpec, shape: DataShape): number {
  if (spec.record && shape.task === undefined && shape.classes > RECORDED_CLASSES) {
    const got = `${spec.data} has ${shape.classes}`;
    throw new HttpError(413, `record: expected at most ${RECORDED_CLASSES} classes, ${got}`);
  }
  const state = listOptimizerState(spec);
  // A checkpoint and the weights of the start of the epoch are also in memory, and with `from` the start model, as a
  // file and as numbers.
  const copies = 4 + countRanges(state) + (spec.from === undefined ? 0 : 2);
  const mlp = networkSpec(spec, shape);
  const samples = shape.trainingSamples - countHeldOut(spec, shape);
  const sizes = kernels ?? new Kernels(kernelsModule);
  kernels = sizes;
  const options = {
    precision: 'float32',
    loss: chooseLoss(mlp, spec.loss),
    training: true,
    sparse: true,
    pending: false,
    dropout: spec.dropout > 0,
  } as const;
  const trainingBytes = (rows: number) =>
    networkBytes(sizes, mlp, { ...options, rows, ...state, gradient: state.velocity });
  const network = trainingBytes(1) + 4 * parameterCount(mlp.layers) * copies;
  const batch = trainingBytes(Math.min(spec.batchSize, samples)) - trainingBytes(1);
  const steps = spec.epochs * countSteps(samples, spec.batchSize);
  const recorded = spec.record ? 2 * 8 * steps : 0;
  const bytes = shape.bytes + network + batch + recorded;
  if (bytes <= LIMITS.jobBytes) return bytes;
  const megabytes = (value: number) => `${Math.ceil(value / 2 ** 20)} MB`;
  const parts = [
    `${megabytes(shape.bytes)} for the samples`,
    `${megabytes(network)} for the network`,
    `${megabytes(batch)} for a batch`,
    ...(recorded > 0 ? [`${megabytes(recorded)} for the record of its steps`] : []),
  ];
  const got = `${megabytes(bytes)}: ${parts.join(', ')}`;
  throw new HttpError(413, `the job: expected at most ${megabytes(LIMITS.jobBytes)} of memory, got ${got}`);
}

function countRanges({ velocity, secondMoment }: ReturnType<typeof listOptimizerState>): number {
  return Number(velocity) + Number(secondMoment);
}

/** Bytes of the other rows of a job: options and progress events. */
const RECORD_BYTES = 2 ** 16;
/** Bytes of the metrics and events of an epoch, in JSON. */
const EPOCH_BYTES = 800;
/** Bytes of a cell of the confusion matrix, in JSON. */
const CONFUSION_BYTES = 6;

/** Bytes of a job in the storage, at most: its checkpoint, and the record of its steps. */
export function countStoredBytes(spec: JobSpec, shape: DataShape): number {
  const numbers = parameterCount(networkSpec(spec, shape).layers) * (1 + countRanges(listOptimizerState(spec)));
  const steps = countSteps(shape.trainingSamples - countHeldOut(spec, shape), spec.batchSize) * spec.epochs;
  const record = spec.record ? 8 * steps + CONFUSION_BYTES * shape.classes ** 2 : 0;
  return 4 * numbers + record + EPOCH_BYTES * spec.epochs + RECORD_BYTES;
}

/** Bytes of a run in the table of its sweep, at most. */
export function countRunBytes({ epochs }: JobSpec, { classes }: DataShape): number {
  return EPOCH_BYTES * epochs + CONFUSION_BYTES * classes ** 2;
}
