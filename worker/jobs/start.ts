/** The model that a job starts from, and what it requires of the data. */
import { copyActivations, STABLE } from '../../src/api/fields.ts';
import type { RequestedJob } from '../../src/api/jobs.ts';
import { describeValue } from '../../src/core/errors.ts';
import { parameterBytes } from '../../src/core/parameters.ts';
import { outputSize } from '../../src/core/spec.ts';
import { withClasses } from '../../src/data/parts.ts';
import { listColumns } from '../../src/format/metadata.ts';
import { type ModelFile, parseModel } from '../../src/format/model-file.ts';
import { badRequest } from '../errors.ts';
import { sha256 } from '../hash.ts';
import { readContract } from '../models/contract.ts';
import type { ModelRegistry } from '../models/registry.ts';
import type { DataContract, DataDescription, DataShape } from './shape.ts';

interface StartModel extends Pick<ModelFile, 'info' | 'parameters'> {
  /** `name@version`, with the number that an alias meant. */
  readonly reference: string;
}

const DEFINED_OPTIONS = ['hidden', 'activation', 'init', 'scaling'] as const;

/** Opens `name`, `name@3` or `name@alias`. Throws 404 or 503. */
export async function openStart(models: ModelRegistry, reference: string): Promise<StartModel> {
  const [name = '', requested = STABLE] = reference.split('@');
  const { version, bytes } = await models.read(name, requested);
  const { info, parameters } = parseModel(bytes, reference);
  return { reference: `${name}@${version}`, info, parameters };
}

/** Hash of the weights, as model files record it. */
export function hashStart({ parameters }: StartModel): Promise<string> {
  return sha256(parameterBytes(parameters));
}

/** The options of a job with the network of its start model. Throws 400 for options that the model defines. */
export function applyStart(spec: RequestedJob, { reference, info }: StartModel, requested: unknown): RequestedJob {
  const defined = DEFINED_OPTIONS.find(
    (name) => typeof requested === 'object' && requested !== null && name in requested,
  );
  if (defined !== undefined) throw badRequest(`${defined} cannot be combined with from: the model defines it`);
  const { layers, hiddenActivation } = info.spec;
  return { ...spec, from: reference, hidden: layers.slice(1, -1), activation: copyActivations(hiddenActivation) };
}

/** The data as the start model sees them. Throws 400 if they do not fit, or `bad-data` for unknown classes. */
export function adaptShape({ shape, contract: data }: DataDescription, { info, reference }: StartModel): DataShape {
  const model = readContract(info);
  const wanted = listColumns(info)?.map(({ name }) => name);
  const absent = wanted?.find((header) => data.headers?.includes(header) === false);
  if (absent !== undefined) throw badRequest(`from: expected data with a column ${describeValue(absent)}, got none`);
  // A model with feature names selects its columns from a table.
  const selects = wanted !== undefined && data.headers !== undefined;
  if (data.inputs !== model.inputs && !selects) {
    throw badRequest(`from: expected a model with ${data.inputs} inputs, ${reference} has ${model.inputs}`);
  }
  if (data.pixels !== (info.scaling.kind === 'bytes')) {
    const wanted = data.pixels ? 'pixels from 0 to 1' : 'numbers';
    throw badRequest(`from: expected a model that takes ${wanted}, ${reference} does not`);
  }
  const [targets, known] = [data.targets, model.targets].map((names) => names?.join(', ') ?? 'classes');
  if (targets !== known) throw badRequest(`from: expected a model with ${targets}, ${reference} has ${known}`);
  checkClasses(data, model.classes, reference);
  return { ...shape, inputs: model.inputs, classes: outputSize(info.spec) };
}

function checkClasses({ inputs: columns, classes }: DataContract, known: readonly string[], reference: string): void {
  const empty = { name: 'data', inputs: new Uint8Array(), labels: new Uint16Array() };
  const mapped = withClasses({ ...empty, columns, classes, scaling: { kind: 'bytes' } }, known);
  const expected = mapped.classes.length;
  if (expected <= known.length) return;
  throw badRequest(`from: expected a model with at least ${expected} classes, ${reference} has ${known.length}`);
}
