/**
 * A few steps of training, evaluation, predictions, gradients and distorted pictures, which call every function that
 * the kernels export for these.
 */
import { distortedPictures } from '../core/augmentation.ts';
import { asBytes } from '../core/bytes.ts';
import type { Dataset, Inputs } from '../core/dataset.ts';
import { evaluate } from '../core/evaluate.ts';
import { evaluateRegression } from '../core/evaluate-regression.ts';
import type { Kernels } from '../core/kernels.ts';
import { REGRESSION_LOSSES } from '../core/loss.ts';
import { Mlp } from '../core/mlp.ts';
import { parameterBytes } from '../core/parameters.ts';
import { Random } from '../core/random.ts';
import type { HiddenActivations } from '../core/spec.ts';
import { train } from '../core/train.ts';
import type { TrainOptions } from '../core/train-progress.ts';
import { writeVariation } from '../core/variation.ts';

/** The result of `hashKernels` in every runtime. It changes with the bits of the kernels. */
export const KERNELS_SHA256 = '77bab73e1b15c636caf645b1ae14ddde6e91227660c1f8766c3c639ef4332893';

const SIDE = 12;
const COLUMNS = SIDE * SIDE;
/** The last batch of a run has one sample. */
const SAMPLES = 9;
const BATCH = 4;
/** Their rows are divided into tiles of all widths. The first layer is large enough for pending updates (paths.ts). */
const LAYERS = [COLUMNS, 118, 22, 10];
const INT8_LAYERS = [COLUMNS, 22, 10];
/** A network with the activations that the runs above do not have. */
const MIXED_LAYERS = [COLUMNS, 30, 22, 20, 16, 12, 9, 10];
const MIXED = ['gelu', 'leaky-relu', 'silu', 'elu', 'gelu-tanh', 'softplus'] as const;

/** SHA-256 of weights, probabilities, gradients, losses and pictures. */
export function hashKernels(kernels: Kernels): string {
  const [sparse, dense, bytes] = createDatasets();
  const momentum = { momentum: 0.9, nesterov: true, weightDecay: 0.01 };
  const runs: readonly (readonly [Dataset, readonly number[], HiddenActivations, TrainOptions])[] = [
    [sparse, LAYERS, 'sigmoid', {}],
    [sparse, LAYERS, 'tanh', { batchSize: BATCH, ...momentum, augment: { kind: 'elastic' } }],
    [dense, LAYERS, 'relu', { batchSize: BATCH, optimizer: 'adam', clipNorm: 0.1 }],
    [dense, MIXED_LAYERS, MIXED, { batchSize: BATCH, dropout: 0.2 }],
    [createSoftLabels(sparse), LAYERS, 'relu', { batchSize: BATCH }],
    ...REGRESSION_LOSSES.map(
      (loss) => [createTargets(dense), [COLUMNS, 10], 'tanh', { loss, batchSize: BATCH }] as const,
    ),
  ];
  // Not imported: loading it takes 3 ms, and most programs do not need it.
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256');
  const predict = (mlp: Mlp) => {
    for (const { inputs } of [sparse, dense, bytes]) {
      const outputs =
        mlp.spec.task === 'regression' ? mlp.predictValues(inputs) : mlp.predictBatch(inputs).probabilities;
      hash.update(asBytes(outputs));
    }
  };
  for (const [data, layers, hiddenActivation, options] of runs) {
    const task = data.targets === undefined ? undefined : 'regression';
    using mlp = Mlp.create(kernels, { layers, hiddenActivation, task, seed: 1 });
    for (const _ of train(mlp, data, { epochs: 1, learningRate: 0.1, ...options }));
    hash.update(parameterBytes(mlp.parameters()));
    predict(mlp);
    if (task === 'regression') hash.update(JSON.stringify(evaluateRegression(mlp, data)));
  }
  using float32 = Mlp.create(kernels, { layers: INT8_LAYERS, seed: 1 });
  hash.update(parameterBytes(float32.gradients(sparse.inputs, sparse.labels)));
  const { loss, confusion } = evaluate(float32, dense);
  hash.update(JSON.stringify([loss, confusion]));
  using int8 = float32.quantize();
  predict(int8);
  for (const weights of int8.quantized().weights) hash.update(asBytes(weights));
  hash.update(distortedPictures(kernels, sparse, { augment: { kind: 'elastic' } }, 0));
  const picture = Float32Array.from(dense.inputs.subarray(0, COLUMNS));
  const varied = new Float32Array(COLUMNS);
  writeVariation(kernels, varied, picture, [SIDE, SIDE], new Random(1, 'learning'));
  hash.update(asBytes(varied));
  return hash.digest('hex');
}

/** The samples with probabilities of the classes. */
function createSoftLabels(dataset: Dataset): Dataset {
  const labels = Float32Array.from({ length: 10 * SAMPLES }, (_, i) => (i % 10 === Math.floor(i / 10) ? 0.55 : 0.05));
  return { ...dataset, labels };
}

/** The samples with weights, and ten targets instead of classes. */
function createTargets({ classes, ...dataset }: Dataset): Dataset {
  return {
    ...dataset,
    classes: [],
    targets: classes.map((name) => ({ name, mean: 0, standardDeviation: 1 })),
    labels: Float32Array.from({ length: 10 * SAMPLES }, (_, i) => ((i * 29) % 67) / 32 - 1),
    weights: Float32Array.from({ length: SAMPLES }, (_, sample) => (sample % 4) / 2),
  };
}

/** Bytes of which four in five are zeros, numbers without zeros, and bytes without zeros. */
function createDatasets(): readonly [sparse: Dataset, dense: Dataset, bytes: Dataset] {
  const length = SAMPLES * COLUMNS;
  return [
    createDataset(Uint8Array.from({ length }, (_, i) => (i % 5 === 0 ? (i * 37) % 256 : 0))),
    createDataset(Float32Array.from({ length }, (_, i) => ((i * 37) % 101) / 64 - 0.75)),
    createDataset(Uint8Array.from({ length }, (_, i) => 1 + ((i * 37) % 255))),
  ];
}

function createDataset(inputs: Inputs): Dataset {
  return {
    name: 'self-check',
    inputs,
    labels: Uint16Array.from({ length: SAMPLES }, (_, sample) => sample % 10),
    columns: COLUMNS,
    classes: Array.from({ length: 10 }, (_, label) => String(label)),
    scaling: { kind: 'bytes' },
    imageShape: [SIDE, SIDE],
  };
}
