/** A node's attributes, and its inputs as what it needs them to be: refused by the node's name. */
import { type Activations, refuse, told, type Value } from './flow.ts';
import type { OnnxAttribute, OnnxNode } from './messages.ts';
import type { Constant } from './tensors.ts';

export function attribute({ attributes }: OnnxNode, name: string): OnnxAttribute | undefined {
  return attributes.find((each) => each.name === name);
}

export function requireActivations(node: OnnxNode, value: Value): Activations {
  return value.kind === 'activations' ? value : refuse(node, 'the features of a sample', told(value));
}

export function constantOfValue(node: OnnxNode, value: Value, what: string): Constant {
  return value.kind === 'constant' ? value.constant : refuse(node, `${what} that are constants`, told(value));
}

/** Shapes, and what is reckoned with them. */
export function isAside(inputs: readonly Value[]): boolean {
  const apart = inputs.every(({ kind }) => kind !== 'activations' && kind !== 'complement');
  return apart && inputs.some(({ kind }) => kind === 'aside');
}
