/** A model as JSON, for readers without a library: its description, and its numbers as nested lists. */
import { sizeAt } from '../core/spec.ts';
import { checkInfo } from './metadata.ts';
import type { ModelFile } from './model-file.ts';

/**
 * A model as JSON. int8 weights become float32. Each number is the shortest that parses to the same float32.
 */
export function formatJson({ info, parameters }: ModelFile): string {
  checkInfo(info);
  const { spec, classes, targets, scaling, imageShape, pictures, features, tableColumns: columns } = info;
  const { labelName, recognition } = info;
  const layers = parameters.weights.map((weight, l) => {
    const inputs = sizeAt(spec.layers, l);
    const rows = Array.from({ length: sizeAt(spec.layers, l + 1) }, (_, o) =>
      list(weight.subarray(o * inputs, (o + 1) * inputs)),
    );
    return `{"weight":[\n${rows.join(',\n')}],\n"bias":${list(parameters.biases[l] ?? new Float32Array())}}`;
  });
  const inputs = { scaling, imageShape, pictures, features, columns };
  const about = { format: 'edge-mlp', ...spec, classes, targets, ...inputs, labelName, recognition };
  const members = Object.entries(about)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `{${members.join(',\n')},\n"parameters":[${layers.join(',\n')}]}\n`;
}

function list(values: Float32Array): string {
  return `[${Array.from(values, shortest).join(',')}]`;
}

/** The shortest text of a float32: 9 digits are always enough, and fewer are often enough. */
export function shortest(value: number): string {
  if (Object.is(value, -0)) return '-0';
  for (let digits = 6; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}
