/** From the tensor of an inference request to the inputs of a network. */
import type { Inputs } from '../../src/core/dataset.ts';
import { inputSize } from '../../src/core/spec.ts';
import { scaleInputs } from '../../src/data/scaling.ts';
import { badRequest } from '../errors.ts';
import type { Network } from '../models/networks.ts';
import type { Tensor } from './tensors.ts';

/** Name of the only input of every model. */
export const INPUT = 'input';

/** Integer tensors are pixels from 0 to 255, float tensors pixels from 0 to 1 or other numbers. Throws 400. */
export function readInputs(tensors: readonly Tensor[], { name, info: { spec, scaling, imageShape } }: Network): Inputs {
  const [tensor, ...more] = tensors;
  if (tensor === undefined || more.length > 0 || tensor.name !== INPUT) {
    const got = tensors.map((each) => each.name).join(', ');
    throw badRequest(`${name}: expected one input called ${INPUT}, got ${got}`);
  }
  checkShape(tensor, inputSize(spec), imageShape);
  const { values, integer } = tensor;
  if (scaling.kind === 'bytes')
    return integer ? Uint8Array.from(checkPixels(tensor)) : Float32Array.from(checkPixels(tensor));
  const floats = Float32Array.from(values);
  const at = floats.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw badRequest(`${INPUT}: expected finite numbers, got ${values[at]} at ${at}`);
  return scaleInputs(floats, scaling);
}

/** [N, inputs]; for pictures also [N, rows, columns], with a channel or without. */
function checkShape({ shape }: Tensor, columns: number, imageShape: readonly [number, number] | undefined): void {
  const [samples = 0, ...sides] = shape;
  const accepted = [[columns]];
  if (imageShape !== undefined) accepted.push([...imageShape], [...imageShape, 1], [1, ...imageShape]);
  if (accepted.some((expected) => expected.join() === sides.join()) && samples > 0) return;
  const expected = accepted.map((each) => `[N,${each}]`).join(', ');
  throw badRequest(`${INPUT}: shape: expected ${expected} with N of at least 1, got [${shape}]`);
}

function checkPixels({ values, datatype, integer }: Tensor): Float64Array {
  const most = integer ? 255 : 1;
  const at = values.findIndex((value) => !(value >= 0 && value <= most && (!integer || Number.isInteger(value))));
  if (at < 0) return values;
  throw badRequest(`${INPUT}: expected ${datatype} pixels from 0 to ${most}, got ${values[at]} at ${at}`);
}
