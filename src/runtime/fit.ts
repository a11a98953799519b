import type { AnyDataset } from '../core/dataset.ts';
import type { EpochMetrics } from '../core/metrics.ts';
import type { Mlp } from '../core/mlp.ts';
import { train } from '../core/train.ts';
import type { SliceProgress, TrainOptions, TrainResult } from '../core/train-progress.ts';

/** Options of `fit`: those of `train`, callbacks, and a signal that stops the run. */
export interface FitOptions extends TrainOptions {
  /** Called after every epoch. */
  readonly onEpoch?: (metrics: EpochMetrics) => void;
  /** Called after every slice of steps, some tens of times a second. */
  readonly onProgress?: (progress: SliceProgress) => void;
  /** Stops the run at the end of the current slice. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains a network as `train` does, and returns to the event loop after every slice of steps. When `signal` aborts,
 * `fit` rejects with `signal.reason` and the network keeps its current weights. Throws what `train` throws.
 *
 * @example
 * ```ts
 * import { evaluate, fit, loadKernels, Mlp } from 'edge-mlp';
 * import { digitsDataset } from 'edge-mlp/data';
 *
 * using mlp = Mlp.create(await loadKernels(), { layers: [784, 32, 10], seed: 1 });
 * const training = digitsDataset({ samples: 1000, seed: 1 });
 * const { steps } = await fit(mlp, training, {
 *   epochs: 3,
 *   learningRate: 0.1,
 *   onEpoch: ({ epoch, trainLoss }) => console.error(epoch, trainLoss),
 * });
 * const test = digitsDataset({ samples: 500, seed: 1, part: 1 });
 * console.log(steps, evaluate(mlp, test).accuracy > 0.8); // 3000 true
 * ```
 */
export async function fit(mlp: Mlp, dataset: AnyDataset, options: FitOptions = {}): Promise<TrainResult> {
  const { onEpoch, onProgress, signal, ...training } = options;
  const run = train(mlp, dataset, training);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { value, done } = run.next();
      if (done) return value;
      if (value.kind === 'epoch') onEpoch?.(value.metrics);
      else onProgress?.(value);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  } catch (error) {
    // Ends the generator, which frees its memory.
    run.throw(error);
    throw error;
  }
}
