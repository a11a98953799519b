/** A model of the registry that a job goes on from: its network, and what the data have to be to it. */
import { describeValue } from '../../src/core/errors.ts';
import { parameterBytes } from '../../src/core/parameters.ts';
import { withClasses } from '../../src/data/parts.ts';
import { type ModelFile, parseModel } from '../../src/format/model-file.ts';
import { HttpError } from '../errors.ts';
import { sha256 } from '../hash.ts';
import { type Contract, readContract } from '../models/contract.ts';
import { type ModelService, STABLE } from '../models/service.ts';
import type { dataContract } from './data.ts';
import type { DataShape } from './shape.ts';
import type { JobSpec } from './spec.ts';

export interface Start extends Pick<ModelFile, 'info' | 'parameters'> {
  /** `name@version`, which stays what it is. */
  readonly reference: string;
}

/** Of `name`, `name@3` or `name@alias`. Throws 404, 503. */
export async function openStart(models: ModelService, reference: string): Promise<Start> {
  const [name = '', asked = STABLE] = reference.split('@');
  const { version, bytes } = await models.open({ name, version: asked });
  const { info, parameters } = parseModel(bytes, reference);
  return { reference: `${name}@${version}`, info, parameters };
}

/** As a model file says where weights came from. */
export function startHash({ parameters }: Start): Promise<string> {
  return sha256(parameterBytes(parameters));
}

/** What the model says itself. */
const OWN = ['hidden', 'activation', 'init', 'scaling'] as const;

/** The job with the network of its start. Throws 400 for what was asked beside it. */
export function withStart(spec: JobSpec, { reference, info }: Start, asked: unknown): JobSpec {
  const other = OWN.find((name) => typeof asked === 'object' && asked !== null && name in asked);
  if (other !== undefined) throw new HttpError(400, `${other}: expected none beside from, whose model says it`);
  const { layers, hiddenActivation } = info.spec;
  return { ...spec, from: reference, hidden: layers.slice(1, -1), activation: hiddenActivation };
}

/** The data as the network sees them. Throws 400 where it cannot, or `bad-data` for classes that it does not know. */
export function shapeFor(shape: DataShape, data: DataContract, { info, reference }: Start): DataShape {
  const model = readContract(info);
  const absent = info.features?.find((feature) => data.features?.includes(feature) === false);
  if (absent !== undefined)
    throw new HttpError(400, `from: expected data with a column ${describeValue(absent)}, found none`);
  // Of a table the network takes its own features, whatever else there is.
  const named = info.features !== undefined && data.features !== undefined;
  if (data.inputs !== model.inputs && !named) {
    throw new HttpError(400, `from: expected a model of ${data.inputs} inputs, ${reference} has ${model.inputs}`);
  }
  if (data.pixels !== (info.scaling.kind === 'bytes')) {
    const wanted = data.pixels ? 'pixels from 0 to 1' : 'numbers';
    throw new HttpError(400, `from: expected a model that takes ${wanted}, ${reference} does not`);
  }
  checkClasses(data, model, reference);
  return { ...shape, inputs: model.inputs, classes: model.classes.length };
}

type DataContract = Awaited<ReturnType<typeof dataContract>>;

function checkClasses({ inputs: columns, classes }: DataContract, model: Contract, reference: string): void {
  const samples = { name: 'data', inputs: new Uint8Array(), labels: new Uint16Array() };
  const fitted = withClasses({ ...samples, columns, classes, scaling: { kind: 'bytes' } }, model.classes);
  const [expected, got] = [fitted.classes.length, model.classes.length];
  if (expected <= got) return;
  throw new HttpError(400, `from: expected a model of ${expected} classes or more, ${reference} has ${got}`);
}
