/** The trainings and predictions that every runtime computes. node.js, page.html and worker.js call it. */
import { digitsDataset } from '../../dist/src/data/index.js';

const digits = digitsDataset({ samples: 333, seed: 2 });
const unseen = digitsDataset({ samples: 1000, seed: 2, part: 1 });
/** Floats without zeros. */
const toFloats = (bytes) => Float32Array.from(bytes, (byte) => (byte + 1) / 256);
const dense = { ...digits, inputs: toFloats(digits.inputs), scaling: { kind: 'identity' } };

/** The paths through the kernels. The threads of a team share batches, and wait between slices of few steps. */
const TRAININGS = [
  { hidden: [100], set: digits, options: { epochs: 2 } },
  { hidden: [64], set: digits, activation: 'relu', options: { momentum: 0.9, learningRate: 0.01, epochs: 1 } },
  { hidden: [300], set: digits, options: { batchSize: 64, epochs: 4, learningRate: 0.3 } },
  { hidden: [96], set: dense, options: { batchSize: 32, epochs: 2, schedule: { kind: 'cosine' } } },
  { hidden: [], set: digits, options: { batchSize: 2, epochs: 2, averageEpochs: 2, stepsPerSlice: 3 } },
  {
    hidden: [130, 40],
    set: digits,
    activation: 'tanh',
    options: { batchSize: 16, epochs: 2, momentum: 0.9, nesterov: true, weightDecay: 1e-3 },
  },
  { hidden: [70], set: digits, options: { batchSize: 7, epochs: 2, augment: { kind: 'elastic' } } },
  {
    hidden: [40],
    set: dense,
    activation: 'silu',
    options: { batchSize: 32, epochs: 3, optimizer: { kind: 'adamw' } },
  },
];

/**
 * SHA-256, in hexadecimal, of the bytes of all weights, and of the probabilities of 1,000 digits: of each network, and
 * of its int8 weights. `Mlp` and `train` are those of the runtime's entry.
 */
export async function compute(kernels, { Mlp, train }) {
  const weights = [];
  const predictions = [];
  for (const { hidden, set, activation: hiddenActivation = 'sigmoid', options } of TRAININGS) {
    const mlp = Mlp.create(kernels, { layers: [784, ...hidden, 10], hiddenActivation, seed: 3 });
    for (const _ of train(mlp, set, options));
    const parameters = mlp.parameters();
    weights.push(...parameters.weights, ...parameters.biases);
    const int8 = Mlp.fromQuantized(kernels, { ...mlp.spec, ...mlp.quantized() });
    const inputs = set === dense ? toFloats(unseen.inputs) : unseen.inputs;
    for (const network of [mlp, int8]) {
      predictions.push(network.predictBatch(inputs).probabilities);
      network.dispose();
    }
  }
  return { weights: await sha256(weights), predictions: await sha256(predictions) };
}

async function sha256(arrays) {
  const hash = await crypto.subtle.digest('SHA-256', await new Blob(arrays).arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
