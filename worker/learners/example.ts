/** An example in a request: one sample, and its class or the values of its targets. */
import type { Labels } from '../../src/core/dataset.ts';
import { describeValue, formatNumber, listNames } from '../../src/core/errors.ts';
import { classCount, inputSize } from '../../src/core/spec.ts';
import type { Target } from '../../src/core/targets.ts';
import { jsonSamples } from '../../src/data/json-samples.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { badRequest, type HttpError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { describeRequest } from '../predict/inference.ts';
import type { Example } from './store.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Throws 400. */
export function readExample(body: Uint8Array<ArrayBuffer>, info: ModelInfo): Example {
  const given = parseJson(body);
  const columns = inputSize(info.spec);
  const field = info.targets === undefined ? 'label' : 'values';
  if (!isObject(given)) {
    const expected = `${columns} numbers and the field ${field} in an object`;
    throw badRequest(`pixels: expected ${expected}, got ${describeValue(given)}`);
  }
  const name = 'inputs' in given ? 'inputs' : 'pixels';
  const { [field]: _, ...samples } = given;
  const labels = info.targets === undefined ? readLabel(given, info) : readValues(given, info.targets);
  const inputs = jsonSamples(samples, describeRequest(info), name);
  const count = inputs.length / columns;
  if (count !== 1) throw badRequest(`${name}: expected one sample, got ${formatNumber(count)}`);
  return { inputs, labels };
}

/** The class: a number, or a name. Throws 400. */
function readLabel({ label: given, values }: Fields, { spec, classes: names }: ModelInfo): Labels {
  const label = typeof given === 'string' ? names.indexOf(given) : given;
  const classes = classCount(spec);
  if (typeof label === 'number' && Number.isInteger(label) && label >= 0 && label < classes) {
    return Uint16Array.of(label);
  }
  const expected = `a whole number from 0 to ${classes - 1}, or the name of a class (${listNames(names)})`;
  const got = given === undefined && values !== undefined ? 'values: the model has classes' : describeValue(given);
  throw badRequest(`label: expected ${expected}, got ${got}`);
}

/** The values of the targets by name, in the units of the table, standardised. Throws 400. */
function readValues({ values, label }: Fields, targets: readonly Target[]): Labels {
  const refuse = (got: string): HttpError => {
    const names = listNames(targets.map(({ name }) => name));
    return badRequest(`values: expected an object with a number for each target (${names}), got ${got}`);
  };
  if (label !== undefined) throw refuse('a label: the model is a regression');
  if (!isObject(values)) throw refuse(describeValue(values));
  const unknown = Object.keys(values).find((key) => targets.every(({ name }) => name !== key));
  if (unknown !== undefined) throw refuse(`the name ${describeValue(unknown)}`);
  const labels = new Float32Array(targets.length);
  for (const [i, { name, mean, standardDeviation }] of targets.entries()) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (typeof value !== 'number') throw refuse(`${describeValue(value)} for ${name}`);
    labels[i] = (value - mean) / standardDeviation;
    if (Number.isFinite(labels[i])) continue;
    throw badRequest(`values: ${name}: expected a number that float32 can hold when standardised, got ${value}`);
  }
  return labels;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
