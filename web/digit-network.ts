/** A network that reads what is drawn on the pad. */
import { EdgeMlpError } from '../src/core/errors.ts';
import { type BrowserNetwork, networkFrom } from './network.ts';
import { DIGIT_SIDE } from './pixels.ts';

/** The network of a model file. Throws `bad-model` for one of other pixels or classes, too. */
export async function digitNetworkFrom(bytes: Uint8Array, name: string): Promise<BrowserNetwork> {
  const network = await networkFrom(bytes, name);
  const { imageShape, scaling, classes, spec } = network.info;
  const square = imageShape?.every((side) => side === DIGIT_SIDE) ?? false;
  if (square && scaling.kind === 'bytes' && classes.length === 10) return network;
  network.mlp.dispose();
  throw new EdgeMlpError(
    'bad-model',
    `expected a network of 28×28 pixels and ten classes, as the pad needs it, got ${spec.layers.join('-')}`,
  );
}

/** Whether its sizes fit, as far as the registry or a job tells of them. */
export function readsDigits(layers: readonly number[]): boolean {
  return layers[0] === DIGIT_SIDE ** 2 && layers.at(-1) === 10;
}
