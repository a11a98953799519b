/**
 * npm run model:time [-- EPOCHS]: what distortions cost the shipped model's recipe. The first epochs of its training, with and
 * without them, in turns on one core; MNIST from EDGE_MLP_DATA or the cache.
 */
import { readFileSync } from 'node:fs';
import { loadMnist } from '../cli/data/idx-sets/load.ts';
import { type Augment, type Dataset, Mlp, type TrainingOptions, train } from '../src/index.ts';
import { loadKernels } from '../src/runtime/node.ts';

const ROUNDS = 5;
const epochs = Number(process.argv[2] ?? 1);

interface Recipe extends Partial<TrainingOptions> {
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly augment: Augment;
}

const { hidden, data, final, activation, init, ...recipe } = JSON.parse(
  readFileSync('models/mnist-784-300-10.json', 'utf8'),
) as Recipe & Record<'data' | 'final' | 'activation' | 'init', unknown>;

/** Seconds for each epoch. */
function measureSeconds(training: Dataset, augment: Augment): number {
  using mlp = Mlp.create(kernels, { layers: [784, ...hidden, 10], seed: 1 });
  const begun = performance.now();
  for (const _ of train(mlp, training, { ...recipe, augment, epochs, averageEpochs: 0 }));
  return (performance.now() - begun) / 1000 / epochs;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const kernels = await loadKernels();
const { training } = await loadMnist();
const kinds = [{ kind: 'none' }, recipe.augment] as const;
const seconds = kinds.map((): number[] => []);
for (let round = 0; round < ROUNDS; round++) {
  kinds.forEach((kind, k) => {
    seconds[k]?.push(measureSeconds(training, kind));
  });
}
const ratios = (seconds[0] ?? []).map((without, round) => (seconds[1]?.[round] ?? Number.NaN) / without);
console.log(`The recipe's first ${epochs === 1 ? 'epoch' : `${epochs} epochs`}, ${ROUNDS} rounds, medians:\n`);
console.log('| distortions | seconds per epoch | all epochs |\n|---|---|---|');
kinds.forEach((kind, k) => {
  const each = median(seconds[k] ?? []);
  console.log(`| ${kind.kind} | ${each.toFixed(2)} s | ${((each * recipe.epochs) / 60).toFixed(1)} min |`);
});
console.log(`\nWith ${recipe.augment.kind} distortions: ${median(ratios).toFixed(2)} times as long.`);
