/**
 * npm run model:time [-- EPOCHS]
 *
 * Measures the training time of the bundled model's recipe on MNIST with and without augmentation. Trains the first epochs
 * (default: 1) alternately on one core. MNIST comes from EDGE_MLP_DATA or the cache.
 */
import { readFileSync } from 'node:fs';
import { loadMnist } from '../cli/data/idx-sets/load.ts';
import type { HiddenActivations } from '../src/core/spec.ts';
import { pickTrainingOptions } from '../src/core/training-options.ts';
import { type Augment, type Dataset, Mlp, type TrainingOptions, train } from '../src/index.ts';
import { loadKernels } from '../src/runtime/node.ts';

const ROUNDS = 5;
const epochs = Number(process.argv[2] ?? 1);

interface Recipe extends Partial<TrainingOptions> {
  readonly hidden: readonly number[];
  readonly activation: HiddenActivations;
  readonly epochs: number;
  readonly augment: Augment;
}

const recipe = JSON.parse(readFileSync('models/mnist-784-300-10.json', 'utf8')) as Recipe;
const { hidden, activation: hiddenActivation } = recipe;

/** Seconds per epoch. */
function measureSeconds(training: Dataset, augment: Augment): number {
  using mlp = Mlp.create(kernels, { layers: [784, ...hidden, 10], hiddenActivation, seed: 1 });
  const started = performance.now();
  for (const _ of train(mlp, training, { ...pickTrainingOptions(recipe), augment, epochs, averageEpochs: 0 }));
  return (performance.now() - started) / 1000 / epochs;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const kernels = await loadKernels();
const { training } = await loadMnist();
const augmentations = [{ kind: 'none' }, recipe.augment] as const;
const seconds = augmentations.map((): number[] => []);
for (let round = 0; round < ROUNDS; round++) {
  augmentations.forEach((augment, k) => {
    seconds[k]?.push(measureSeconds(training, augment));
  });
}
const ratios = (seconds[0] ?? []).map((without, round) => (seconds[1]?.[round] ?? Number.NaN) / without);
console.log(`First ${epochs === 1 ? 'epoch' : `${epochs} epochs`} of the recipe, medians of ${ROUNDS} rounds:\n`);
console.log('| augmentation | seconds per epoch | all epochs |\n|---|---|---|');
augmentations.forEach((augment, k) => {
  const perEpoch = median(seconds[k] ?? []);
  console.log(`| ${augment.kind} | ${perEpoch.toFixed(2)} s | ${((perEpoch * recipe.epochs) / 60).toFixed(1)} min |`);
});
console.log(`\n${recipe.augment.kind} augmentation takes ${median(ratios).toFixed(2)}× the time.`);
