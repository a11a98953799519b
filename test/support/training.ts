/** Short training runs on generated digits. */
import { weightsSha256 } from '../../cli/hash.ts';
import { digitsDataset } from '../../src/data/index.ts';
import { type AnyDataset, type Checkpoint, type Dataset, type Mlp, type TrainOptions, train } from '../../src/index.ts';

export const digits = digitsDataset({ samples: 600, seed: 3 });
export const small = { layers: [784, 20, 10], seed: 4 };

export function run(mlp: Mlp, dataset: AnyDataset, options: TrainOptions): string {
  for (const _ of train(mlp, dataset, options));
  return weightsSha256(mlp.parameters());
}

/** Takes a checkpoint at the first yield at or after `step`, and abandons the run there. */
export function checkpointAt(mlp: Mlp, dataset: Dataset, options: TrainOptions, step: number): Checkpoint {
  for (const progress of train(mlp, dataset, options)) if (progress.step >= step) return progress.checkpoint();
  throw new Error('the run was too short');
}
