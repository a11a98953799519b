/** Files next to an ONNX file: PyTorch writes the weights of `m.onnx` to `m.onnx.data`. */
import { describeValue, EdgeMlpError } from '../../core/errors.ts';
import { readOnnx } from './messages.ts';

/**
 * The names of the files that have tensors of an ONNX file, relative to its folder. Throws EdgeMlpError "bad-model" for a
 * path that leads out of the folder.
 *
 * @example
 * ```ts
 * import { loadKernels, Mlp } from 'edge-mlp';
 * import { formatOnnx, listExternalFiles } from 'edge-mlp/onnx';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2] });
 * const info = { spec: mlp.spec, classes: ['no', 'yes'], scaling: { kind: 'identity' } } as const;
 * console.log(listExternalFiles(formatOnnx({ info, parameters: mlp.parameters() }), 'mine.onnx')); // []
 * ```
 */
export function listExternalFiles(bytes: Uint8Array, name: string): readonly string[] {
  const { nodes, initializers } = readOnnx(bytes, name).graph;
  const constants = nodes.flatMap(({ attributes }) => attributes.flatMap(({ tensor }) => tensor ?? []));
  const locations = [...initializers, ...constants].flatMap(({ external }) => external?.location ?? []);
  const outside = locations.find((location) => !isInside(location));
  if (outside === undefined) return [...new Set(locations)];
  const message = `${name}: external data: expected a file in the folder of the ONNX file, got ${describeValue(outside)}`;
  throw new EdgeMlpError('bad-model', message);
}

/** Whether a path is relative and does not lead upwards, on any system. */
function isInside(location: string): boolean {
  const parts = location.split('/');
  return !/[\\:\0]/.test(location) && parts.every((part) => part !== '' && part !== '.' && part !== '..');
}
