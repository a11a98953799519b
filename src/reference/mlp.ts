/**
 * A multilayer perceptron of any depth in float64, slow and simple: the oracle for every kernel. `weights[l]` is
 * [inputs][outputs], as in the equations: z = x W + b. Equation numbers refer to docs/internals/math.md.
 */
import { ACTIVATIONS, type Activation, type ActivationFunction } from './activations.ts';
import {
  crossEntropyFromLogits,
  softCrossEntropyFromLogits,
  softCrossEntropyGradient,
  softmax,
  softmaxCrossEntropyGradient,
} from './softmax-cross-entropy.ts';

/** A row of numbers. */
export type Vector = readonly number[];
/** Rows of numbers. */
export type Matrix = readonly Vector[];

/** A network in float64. */
export interface ReferenceMlp {
  /** Activation of the hidden layers: one name for all, or one for each. */
  readonly hiddenActivation: Activation | readonly Activation[];
  /** `[layers][inputs][outputs]` */
  readonly weights: readonly Matrix[];
  /** `[layers][outputs]` */
  readonly biases: readonly Vector[];
}

/** A loss and its gradient. */
export interface ReferenceGradients {
  /** Mean over the batch, in nats. */
  readonly loss: number;
  /** `[layers][inputs][outputs]` */
  readonly weights: number[][][];
  /** `[layers][outputs]` */
  readonly biases: number[][];
}

/** The results of a forward pass that the backward pass needs. */
export interface ForwardPass {
  /** activations[0] is the input, activations[l] the output of hidden layer l. */
  readonly activations: readonly Vector[];
  /** linear[l] is the input of hidden layer l's activation, from l = 0. */
  readonly linear: readonly Vector[];
  /** `[classes]`, before softmax. */
  readonly logits: Vector;
  /** `[classes]` */
  readonly probabilities: Vector;
}

function activationAt({ hiddenActivation }: ReferenceMlp, l: number): ActivationFunction {
  const name = typeof hiddenActivation === 'string' ? hiddenActivation : hiddenActivation[l];
  if (name === undefined) throw new Error(`the network has no activation for hidden layer ${l}`);
  return ACTIVATIONS[name];
}

/** The forward pass of one sample: h_l = f(h_{l-1} W_l + b_l), o = h W + b, y = softmax(o). Equation (6). */
export function forward(mlp: ReferenceMlp, x: Vector): ForwardPass {
  const last = mlp.weights.length - 1;
  const activations: Vector[] = [x];
  const linear: Vector[] = [];
  let logits: number[] = [];
  mlp.weights.forEach((weight, l) => {
    const z = multiply(activations[l] ?? [], weight, mlp.biases[l] ?? []);
    if (l === last) {
      logits = z;
      return;
    }
    linear.push(z);
    activations.push(z.map(activationAt(mlp, l).value));
  });
  return { activations, linear, logits, probabilities: softmax(logits) };
}

/**
 * The backward pass of one sample: loss and gradient with respect to every weight and bias, for a class or for target
 * probabilities [classes]. Equations (4) and (8) to (10).
 *
 * @example
 * ```ts
 * import { backward, forward } from 'edge-mlp/reference';
 *
 * const mlp = {
 *   hiddenActivation: 'sigmoid',
 *   weights: [[[1], [-1]], [[1, -1]]],
 *   biases: [[0], [0, 0]],
 * } as const;
 * const { loss, biases } = backward(mlp, forward(mlp, [2, 2]), 0);
 * console.log(loss.toFixed(4), biases[1]?.map((g) => g.toFixed(4))); // 0.3133 [ '-0.2689', '0.2689' ]
 * ```
 */
export function backward(mlp: ReferenceMlp, pass: ForwardPass, label: number | Vector): ReferenceGradients {
  const weights: number[][][] = [];
  const biases: number[][] = [];
  const isClass = typeof label === 'number';
  // (4) ∂l/∂o = y - [label]
  let delta = isClass
    ? softmaxCrossEntropyGradient(pass.probabilities, label)
    : softCrossEntropyGradient(pass.probabilities, label);
  for (let l = mlp.weights.length - 1; l >= 0; l--) {
    const input = pass.activations[l] ?? [];
    // (8) z = h W + b  =>  dW = hᵀ δ, db = δ
    weights[l] = input.map((h) => delta.map((d) => h * d));
    biases[l] = delta;
    if (l === 0) break;
    // (9) z = h W + b  =>  dh = δ Wᵀ
    const weight = mlp.weights[l] ?? [];
    const dh = weight.map((row) => dot(row, delta));
    // (10) h = f(z)  =>  dz = dh · f'(z)
    const z = pass.linear[l - 1] ?? [];
    const { slope } = activationAt(mlp, l - 1);
    delta = dh.map((d, i) => d * slope(z[i] ?? Number.NaN, input[i] ?? Number.NaN));
  }
  const loss = isClass ? crossEntropyFromLogits(pass.logits, label) : softCrossEntropyFromLogits(pass.logits, label);
  return { loss, weights, biases };
}

/** The mean loss over a batch and its gradient. */
export function batchGradients(mlp: ReferenceMlp, x: Matrix, labels: readonly (number | Vector)[]): ReferenceGradients {
  const each = x.map((row, n) => backward(mlp, forward(mlp, row), labels[n] ?? -1));
  const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / each.length;
  return {
    loss: mean(each.map(({ loss }) => loss)),
    weights: mlp.weights.map((weight, l) =>
      weight.map((row, i) =>
        row.map((_, o) => mean(each.map((gradient) => gradient.weights[l]?.[i]?.[o] ?? Number.NaN))),
      ),
    ),
    biases: mlp.biases.map((bias, l) =>
      bias.map((_, o) => mean(each.map((gradient) => gradient.biases[l]?.[o] ?? Number.NaN))),
    ),
  };
}

/** One step of plain gradient descent: w - learningRate · g. */
export function gradientStep(mlp: ReferenceMlp, gradients: ReferenceGradients, learningRate: number): ReferenceMlp {
  const step = (w: number, g: number | undefined) => w - learningRate * (g ?? Number.NaN);
  return {
    hiddenActivation: mlp.hiddenActivation,
    weights: mlp.weights.map((weight, l) =>
      weight.map((row, i) => row.map((w, o) => step(w, gradients.weights[l]?.[i]?.[o]))),
    ),
    biases: mlp.biases.map((bias, l) => bias.map((b, o) => step(b, gradients.biases[l]?.[o]))),
  };
}

function multiply(x: Vector, weight: Matrix, bias: Vector): number[] {
  return bias.map((b, o) => x.reduce((sum, x_i, i) => sum + x_i * (weight[i]?.[o] ?? Number.NaN), b));
}

function dot(a: Vector, b: Vector): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? Number.NaN), 0);
}
