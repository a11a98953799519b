/** A node with the values of its inputs. */
import { ATTRIBUTE, type AttributeType, type OnnxAttribute, type OnnxNode } from './messages.ts';
import type { Constant } from './tensors.ts';
import { ABSENT, type Activations, describeKind, refuse, type Value } from './values.ts';

export class Call {
  readonly node: OnnxNode;
  readonly inputs: readonly Value[];
  /** Version of the operators. */
  readonly opset: number;
  /** Number of nodes and outputs of the graph that use the value of an input. */
  readonly uses: (input: number) => number;

  constructor(node: OnnxNode, inputs: readonly Value[], opset: number, uses: (input: number) => number = () => 1) {
    this.node = node;
    this.inputs = inputs;
    this.opset = opset;
    this.uses = uses;
  }

  refuse(expected: string, got: string): never {
    return refuse(this.node, expected, got);
  }

  input(index: number): Value {
    return this.inputs[index] ?? ABSENT;
  }

  activations(index: number): Activations {
    const value = this.input(index);
    return value.kind === 'activations' ? value : this.refuse('the features of a sample', describeKind(value));
  }

  constant(index: number, what: string): Constant {
    const value = this.input(index);
    return value.kind === 'constant' ? value.constant : this.refuse(`${what} as a constant`, describeKind(value));
  }

  int(name: string, otherwise: number): number {
    return this.#attribute(name, 'int')?.int ?? otherwise;
  }

  float(name: string, otherwise: number): number {
    return this.#attribute(name, 'float')?.float ?? otherwise;
  }

  text(name: string, otherwise: string): string {
    return this.#attribute(name, 'text')?.text ?? otherwise;
  }

  ints(name: string): readonly number[] | undefined {
    return this.#attribute(name, 'ints')?.ints;
  }

  floats(name: string): readonly number[] | undefined {
    return this.#attribute(name, 'floats')?.floats;
  }

  strings(name: string): readonly string[] | undefined {
    return this.#attribute(name, 'strings')?.strings;
  }

  #attribute(name: string, type: AttributeType): OnnxAttribute | undefined {
    const found = this.node.attributes.find((each) => each.name === name);
    return found?.type === ATTRIBUTE[type] ? found : undefined;
  }
}
