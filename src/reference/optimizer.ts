/** The optimizers in float64, slow and simple: the oracle for the kernels of a step. */
import type { ReferenceGradients, ReferenceMlp } from './mlp.ts';

/** Options of a step, as in PyTorch. */
export interface StepOptions {
  /** Rule of the step. */
  readonly kind: 'sgd' | 'adam' | 'adamw';
  /** Learning rate, above 0. */
  readonly learningRate: number;
  /** Default: 0. */
  readonly weightDecay?: number;
  /** SGD: momentum coefficient. Default: 0. */
  readonly momentum?: number;
  /** SGD: Nesterov's momentum. Default: false. */
  readonly nesterov?: boolean;
  /** Adam: decay rate of the first moment. Default: 0.9. */
  readonly beta1?: number;
  /** Adam: decay rate of the second moment. Default: 0.999. */
  readonly beta2?: number;
  /** Adam: term of the denominator. Default: 1e-8. */
  readonly epsilon?: number;
  /** Greatest norm of the gradient; 0: no limit. Default: 0. */
  readonly clipNorm?: number;
}

/** The state of one parameter: the velocity or first moment, and the second moment. */
interface Moments {
  first: number;
  second: number;
}

/**
 * A rule of steps that remembers its moments: SGD (Sutskever, Martens, Dahl and Hinton, 2013), Adam (Kingma and Ba,
 * 2015, algorithm 1) or AdamW (Loshchilov and Hutter, 2019, algorithm 2), in the form of torch.optim. The gradient is
 * first scaled to a norm of at most `clipNorm` (torch.nn.utils.clip_grad_norm_).
 *
 * @example
 * ```ts
 * import { batchGradients, ReferenceOptimizer } from 'edge-mlp/reference';
 *
 * const mlp = { hiddenActivation: 'sigmoid', weights: [[[1, -1]]], biases: [[0, 0]] } as const;
 * const optimizer = new ReferenceOptimizer({ kind: 'adam', learningRate: 0.001 });
 * const { weights } = optimizer.step(mlp, batchGradients(mlp, [[2]], [0]));
 * console.log(weights[0]?.[0]?.map((w) => w.toFixed(4))); // [ '1.0010', '-1.0010' ]
 * ```
 */
export class ReferenceOptimizer {
  readonly #options: Required<StepOptions>;
  readonly #moments: Moments[] = [];
  #step = 0;

  /** Omitted options have the defaults of PyTorch. */
  constructor(options: StepOptions) {
    const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    this.#options = { weightDecay: 0, momentum: 0, nesterov: false, ...adam, clipNorm: 0, ...options };
  }

  /** The network after one step along its gradient. */
  step(mlp: ReferenceMlp, gradients: ReferenceGradients): ReferenceMlp {
    this.#step++;
    const scale = this.#clipScale(gradients);
    let index = 0;
    const update = (w: number, gradient: number | undefined) => {
      this.#moments[index] ??= { first: 0, second: 0 };
      return this.#update(w, scale * (gradient ?? Number.NaN), this.#moments[index++] as Moments);
    };
    return {
      hiddenActivation: mlp.hiddenActivation,
      weights: mlp.weights.map((weight, l) =>
        weight.map((row, i) => row.map((w, o) => update(w, gradients.weights[l]?.[i]?.[o]))),
      ),
      biases: mlp.biases.map((bias, l) => bias.map((b, o) => update(b, gradients.biases[l]?.[o]))),
    };
  }

  #clipScale({ weights, biases }: ReferenceGradients): number {
    const { clipNorm } = this.#options;
    const norm = Math.hypot(...weights.flat(2), ...biases.flat());
    return clipNorm > 0 ? Math.min(1, clipNorm / (norm + 1e-6)) : 1;
  }

  #update(w: number, gradient: number, moments: Moments): number {
    const { kind, learningRate, weightDecay, momentum, nesterov, beta1, beta2, epsilon } = this.#options;
    const g = kind === 'adamw' ? gradient : gradient + weightDecay * w;
    if (kind === 'sgd') {
      moments.first = momentum * moments.first + g;
      return w - learningRate * (nesterov ? g + momentum * moments.first : moments.first);
    }
    moments.first = beta1 * moments.first + (1 - beta1) * g;
    moments.second = beta2 * moments.second + (1 - beta2) * g * g;
    const mean = moments.first / (1 - beta1 ** this.#step);
    const square = moments.second / (1 - beta2 ** this.#step);
    const kept = kind === 'adamw' ? w - learningRate * weightDecay * w : w;
    return kept - (learningRate * mean) / (Math.sqrt(square) + epsilon);
  }
}
