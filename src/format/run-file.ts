/**
 * Finished runs as safetensors: weights and biases as in a model file, `steps.loss` and `steps.accuracy` [steps /
 * stride], and the rest as JSON in the metadata. `recorded` has the number of steps and the stride.
 */
import { EdgeMlpError, type ErrorCode, shorten } from '../core/errors.ts';
import type { AnyEvaluation } from '../core/measures.ts';
import type { Parameters } from '../core/parameters.ts';
import type { EpochRecord } from '../core/recorder.ts';
import type { StepSeries } from '../core/step-series.ts';
import { Field } from './fields.ts';
import { readEpoch, readMeasures } from './metadata.ts';
import { formatSafetensors, parseSafetensors, type Safetensors, type Tensor, toFloats } from './safetensors.ts';

/** The measures of a run that succeeded, without its weights and steps: thousands of them fit in memory. */
export interface MeasuredRun {
  readonly status: 'succeeded';
  readonly epochs: readonly EpochRecord[];
  /** With the final weights; null if the data have no such part. */
  readonly validation: AnyEvaluation | null;
  readonly test: AnyEvaluation | null;
}

export interface SucceededRun extends MeasuredRun {
  readonly steps: StepSeries;
  readonly parameters: Parameters;
}

export interface FailedRun {
  readonly status: 'failed';
  readonly code: ErrorCode;
  readonly reason: string;
}

export type RunOutcome = SucceededRun | FailedRun;

/**
 * The bytes of a run file. `identity` identifies the run; `parseRun` checks it. `digest` is the first metadata entry,
 * for a checksum of the caller.
 */
export function formatRun(outcome: RunOutcome, identity: string, digest: string): Uint8Array<ArrayBuffer> {
  if (outcome.status === 'failed') return formatFile(outcome, new Map(), identity, digest);
  const { steps: series, parameters, ...rest } = outcome;
  const { steps, stride, ...measures } = series;
  const tensors = new Map<string, Tensor>();
  parameters.weights.forEach((weight, l) => {
    const bias = parameters.biases[l] ?? new Float32Array();
    tensors.set(`layers.${l}.weight`, { shape: [bias.length, weight.length / bias.length], data: weight });
    tensors.set(`layers.${l}.bias`, { shape: [bias.length], data: bias });
  });
  for (const name of ['loss', 'accuracy'] as const) {
    tensors.set(`steps.${name}`, { shape: [measures[name].length], data: measures[name] });
  }
  return formatFile({ ...rest, recorded: { steps, stride } }, tensors, identity, digest);
}

/** Reads the bytes of `formatRun`, which must be unchanged. Throws EdgeMlpError "bad-model". */
export function parseRun(bytes: Uint8Array, name: string, identity: string): RunOutcome {
  const { tensors, metadata } = parseSafetensors(bytes, name);
  if (metadata.identity !== identity)
    throw new EdgeMlpError('bad-model', `${name}: expected the run ${shorten(identity)}, got another run`);
  const outcome = readOutcome(Field.parse(metadata.outcome, `${name}: outcome`));
  if (outcome.status === 'failed') return outcome;
  const {
    recorded: { steps, stride },
    ...rest
  } = outcome;
  const tensor = (key: string): Float32Array => {
    const found = tensors.get(key);
    if (found === undefined) throw new EdgeMlpError('bad-model', `${name}: expected a tensor ${key}, got none`);
    return toFloats(found, `${name}: ${key}`);
  };
  const layers = [...tensors.keys()].filter((key) => key.endsWith('.weight')).length;
  const parameters: Parameters = {
    weights: Array.from({ length: layers }, (_, l) => tensor(`layers.${l}.weight`)),
    biases: Array.from({ length: layers }, (_, l) => tensor(`layers.${l}.bias`)),
  };
  const series = { steps, stride, loss: tensor('steps.loss'), accuracy: tensor('steps.accuracy') };
  return { ...rest, parameters, steps: series };
}

/** Checks the values that a reader cannot do without. */
function readOutcome(field: Field): FailedRun | RecordedRun {
  if (field.at('status').choice(['succeeded', 'failed']) === 'failed') {
    for (const key of ['code', 'reason']) field.at(key).text();
  } else {
    for (const epoch of field.at('epochs').list()) readEpoch(epoch);
    for (const key of ['steps', 'stride']) field.at('recorded').at(key).count();
    for (const key of ['validation', 'test']) field.at(key).nullable(readMeasures);
  }
  return field.value as FailedRun | RecordedRun;
}

/** The JSON of a run. Its arrays are tensors. */
interface RecordedRun extends Omit<SucceededRun, 'steps' | 'parameters'> {
  readonly recorded: Pick<StepSeries, 'steps' | 'stride'>;
}

function formatFile(
  outcome: object,
  tensors: Safetensors['tensors'],
  identity: string,
  digest: string,
): Uint8Array<ArrayBuffer> {
  return formatSafetensors({
    tensors,
    metadata: { sha256: digest, format: 'edge-mlp run', identity, outcome: JSON.stringify(outcome) },
  });
}
