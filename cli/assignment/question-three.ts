/** Question 3: a 2-3-2 network written with plain scalars, one forward and one backward pass, target class 0. */
import type { ReferenceMlp, Vector } from '../../src/reference/mlp.ts';

/** Sigmoid hidden units, zero biases; W [2][3] and V [3][2] are the assignment's. */
export const QUESTION_THREE: ReferenceMlp & { readonly x: Vector; readonly target: number } = {
  hiddenActivation: 'sigmoid',
  x: [1, -1],
  target: 0,
  weights: [
    [
      [1, 1, 1],
      [-1, -1, -1],
    ],
    [
      [1, 1],
      [-1, -1],
      [-1, -1],
    ],
  ],
  biases: [
    [0, 0, 0],
    [0, 0],
  ],
};

/**
 * Both passes written with scalars and without loops, independent of the general code that it tests: hidden units h,
 * logits o, probabilities y, the loss in nats, and the gradients of V, of its bias, of W and of its bias.
 */
export function scalarPasses() {
  const [x0, x1] = [1, -1];
  const [w00, w01, w02, w10, w11, w12] = [1, 1, 1, -1, -1, -1];
  const [v00, v01, v10, v11, v20, v21] = [1, 1, -1, -1, -1, -1];

  const h0 = sigmoid(x0 * w00 + x1 * w10);
  const h1 = sigmoid(x0 * w01 + x1 * w11);
  const h2 = sigmoid(x0 * w02 + x1 * w12);
  const o0 = h0 * v00 + h1 * v10 + h2 * v20;
  const o1 = h0 * v01 + h1 * v11 + h2 * v21;
  const sum = Math.exp(o0) + Math.exp(o1);
  const [y0, y1] = [Math.exp(o0) / sum, Math.exp(o1) / sum];

  const [do0, do1] = [y0 - 1, y1];
  const dV = [
    [h0 * do0, h0 * do1],
    [h1 * do0, h1 * do1],
    [h2 * do0, h2 * do1],
  ];
  const dz0 = (do0 * v00 + do1 * v01) * h0 * (1 - h0);
  const dz1 = (do0 * v10 + do1 * v11) * h1 * (1 - h1);
  const dz2 = (do0 * v20 + do1 * v21) * h2 * (1 - h2);
  const dW = [
    [x0 * dz0, x0 * dz1, x0 * dz2],
    [x1 * dz0, x1 * dz1, x1 * dz2],
  ];
  const loss = -Math.log(y0);
  return { h: [h0, h1, h2], o: [o0, o1], y: [y0, y1], loss, dV, db: [do0, do1], dW, da: [dz0, dz1, dz2] };
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}
