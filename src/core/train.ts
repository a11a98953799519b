import type { AnyDataset } from './dataset.ts';
import type { Mlp } from './mlp.ts';
import type { TrainOptions, TrainProgress, TrainResult } from './train-progress.ts';
import { TrainingRun } from './training-run.ts';

/**
 * Trains a network by mini-batch SGD on softmax cross-entropy. The generator yields after every slice of steps and
 * after every epoch. The same kernels, spec, data, options and seed give the same bytes, in any slices, with or without
 * stops and resumes.
 *
 * Throws EdgeMlpError "bad-argument", "bad-shape", "bad-data", "not-finite", "checkpoint-mismatch", "out-of-memory", or
 * "diverged" with the step at which the loss diverged. The network then has the weights of the start of that epoch, or
 * of the checkpoint that the run continued from: they are finite, and do not depend on slices.
 *
 * Labels of a classification can be target probabilities, such as the outputs of a larger network (distillation: Hinton,
 * Vinyals, Dean 2015), or 1 / classes for samples of no class (outlier exposure: Hendrycks, Mazeika, Dietterich 2019).
 *
 * @example
 * ```ts
 * import { evaluate, loadKernels, Mlp, train } from 'edge-mlp';
 * import { digitsDataset } from 'edge-mlp/data';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [784, 32, 10], seed: 1 });
 * for (const progress of train(mlp, digitsDataset({ samples: 1000, seed: 1 }), { epochs: 3, learningRate: 0.1 })) {
 *   if (progress.kind === 'epoch') console.error(progress.metrics);
 * }
 * console.log(evaluate(mlp, digitsDataset({ samples: 500, seed: 1, part: 1 })).accuracy > 0.8); // true
 * ```
 *
 * @example
 * ```ts
 * import { type Dataset, loadKernels, Mlp, train } from 'edge-mlp';
 *
 * const dataset: Dataset = {
 *   name: 'points',
 *   inputs: Float32Array.of(-1, 0, 1),
 *   labels: Float32Array.of(0.9, 0.1, 0.5, 0.5, 0.2, 0.8), // [3 samples][2 classes]
 *   columns: 1,
 *   classes: ['left', 'right'],
 *   scaling: { kind: 'identity' },
 * };
 * const mlp = Mlp.create(await loadKernels(), { layers: [1, 8, 2], seed: 1 });
 * for (const _ of train(mlp, dataset, { epochs: 2000, learningRate: 0.1 }));
 * const { probabilities } = mlp.predictBatch(dataset.inputs);
 * console.log(Array.from(probabilities, (p) => p.toFixed(1)).join(' ')); // 0.9 0.1 0.5 0.5 0.2 0.8
 * ```
 */
export function* train(
  mlp: Mlp,
  dataset: AnyDataset,
  options: TrainOptions = {},
): Generator<TrainProgress, TrainResult, void> {
  const run = new TrainingRun(mlp, dataset, options);
  try {
    run.start(options.resume);
    while (!run.over) {
      while (!run.epochEnded) {
        run.advance();
        yield run.sliceProgress();
      }
      yield run.endEpoch();
    }
    return run.conclude();
  } finally {
    run.dispose();
  }
}
