/** Chooses the classifier among the outputs of a graph. */
import { describeValue } from '../../core/errors.ts';
import { PROBABILITIES } from './classifiers.ts';
import { closeExpression } from './layers.ts';
import { type Activations, badModel, describeKind, type Value } from './values.ts';

export interface Answer {
  readonly network: Activations;
  /** Class names of the nodes for labels and probabilities. */
  readonly classes: readonly string[] | undefined;
}

export type Output = { readonly name: string; readonly value: Value };

/**
 * The network that the label depends on. Without a label: the one with probabilities, or the deepest; all others have to
 * be outputs of its hidden layers. Throws EdgeMlpError "bad-model" if several outputs could be the classifier.
 */
export function chooseOutput(outputs: readonly Output[]): Answer {
  for (const { name, value } of outputs) {
    if (value.kind !== 'activations' && value.kind !== 'label') {
      throw badModel(`output ${describeValue(name)}`, 'a multilayer perceptron or its label', describeKind(value));
    }
  }
  const networks = outputs
    .flatMap(({ value }) => (value.kind === 'activations' ? [closeExpression(value)] : []))
    .filter(({ linears }) => linears.length > 0);
  const labels = outputs.flatMap(({ value }) => (value.kind === 'label' ? [value] : []));
  const labelled = labels.map(({ of }) => of);
  const [label] = labelled;
  const [deepest] = (label === undefined ? networks : [label]).toSorted(compareDepth);
  if (deepest === undefined) throw badModel('outputs', 'a multilayer perceptron', 'none');
  const same = networks.filter((network) => haveSameOutputs(network, deepest)).toSorted(compareEnds);
  const network = same[0] ?? deepest;
  if (label === undefined) checkHidden(networks, network);
  else
    checkLabels(
      [...labelled, ...networks.filter(({ functions }) => PROBABILITIES.has(functions.at(-1) ?? ''))],
      network,
    );
  const named = [...labels, ...same].flatMap(({ classes }) => (classes === undefined ? [] : [classes]));
  const other = named.find((names) => names.join('\n') !== named[0]?.join('\n'));
  if (other !== undefined) throw badModel('names of classes', named[0]?.join(', ') ?? '', other.join(', '));
  return { network, classes: named[0] };
}

/** Deeper networks first, and probabilities before other functions. */
function compareDepth(a: Activations, b: Activations): number {
  return b.linears.length - a.linears.length || compareEnds(a, b);
}

function compareEnds(a: Activations, b: Activations): number {
  const rank = ({ functions }: Activations) => (functions.at(-1) === 'identity' ? 1 : 0);
  return rank(a) - rank(b);
}

/** Whether two outputs belong to the same last layer: logits and probabilities. */
function haveSameOutputs(a: Activations, b: Activations): boolean {
  return a.linears.length === b.linears.length && (isHidden(a, b) || isHidden(b, a));
}

/** Whether an output belongs to a layer of the network: of its last layer, logits or its function. */
function isHidden({ linears, functions }: Activations, network: Activations): boolean {
  return linears.every((linear, l) => {
    const last = l === linears.length - 1;
    const same = functions[l] === network.functions[l] || (last && functions[l] === 'identity');
    return linear === network.linears[l] && same;
  });
}

function checkHidden(networks: readonly Activations[], network: Activations): void {
  if (!networks.every((each) => isHidden(each, network))) throw badModel('outputs', 'one network', 'more');
  // An output of a hidden layer without its activation could be the logits of another classifier.
  const decided = PROBABILITIES.has(network.functions.at(-1) ?? '');
  const hidden = networks.filter(({ linears }) => linears.length < network.linears.length);
  if (decided || hidden.every(({ functions }) => functions.at(-1) !== 'identity')) return;
  throw badModel('outputs', 'one classifier: remove the other outputs, or add a softmax', 'several that could be it');
}

function checkLabels(others: readonly Activations[], network: Activations): void {
  if (others.every((other) => haveSameOutputs(other, network))) return;
  throw badModel('outputs', 'a label and probabilities of one network', 'those of several');
}
