/** Attributes and inputs of nodes. */
import { type Activations, describeKind, refuse, type Value } from './flow.ts';
import type { OnnxAttribute, OnnxNode } from './messages.ts';
import type { Constant } from './tensors.ts';

export function attribute({ attributes }: OnnxNode, name: string): OnnxAttribute | undefined {
  return attributes.find((each) => each.name === name);
}

export function requireActivations(node: OnnxNode, value: Value): Activations {
  return value.kind === 'activations' ? value : refuse(node, 'the features of a sample', describeKind(value));
}

export function requireConstant(node: OnnxNode, value: Value, what: string): Constant {
  return value.kind === 'constant' ? value.constant : refuse(node, `${what} that are constants`, describeKind(value));
}

/** Whether inputs are shapes, labels or values computed from them. */
export function isAside(inputs: readonly Value[]): boolean {
  const noFeatures = inputs.every(({ kind }) => kind !== 'activations' && kind !== 'complement');
  return noFeatures && inputs.some(({ kind }) => kind === 'aside');
}
