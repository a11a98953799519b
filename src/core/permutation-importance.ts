/** Importance of features by permutation: Breiman, "Random forests", 2001, section 10. */
import { checkOptions, checkPositiveInteger } from './arguments.ts';
import { type Dataset, type Inputs, sampleCount } from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import { measure, readScore } from './measures.ts';
import type { Mlp } from './mlp.ts';
import { Random } from './random.ts';
import { checkSeed } from './spec.ts';
import { groupInputs } from './table-columns.ts';

/** Inputs that are permuted together, such as those of one encoded column of a table. */
export interface FeatureGroup {
  /** Name of the feature. */
  readonly name: string;
  /** Indices of its inputs. */
  readonly inputs: readonly number[];
}

/** Options of `permutationImportance`. */
export interface ImportanceOptions {
  /** Permutations of each feature. Default: 5. */
  readonly repeats?: number;
  /** Seed of the permutations (stream `importance`, one substream for each feature). Default: 1. */
  readonly seed?: number;
  /** Default: the columns of the table; without columns, the inputs of the data set. */
  readonly features?: readonly FeatureGroup[];
}

/** Importance of one feature. */
export interface FeatureImportance {
  /** Name of the feature. */
  readonly name: string;
  /** Mean decrease of the score. */
  readonly mean: number;
  /** Standard deviation of the decreases (divisor n). */
  readonly standardDeviation: number;
  /** `[repeats]`: the decrease of the score for each permutation. */
  readonly decreases: readonly number[];
}

/** Importance of all features. */
export interface PermutationImportance {
  /** The score of the unchanged data. */
  readonly score: number;
  /** In the order of the inputs. */
  readonly features: readonly FeatureImportance[];
}

/**
 * How much the score of a network decreases if the values of a feature are permuted among the samples, as
 * sklearn.inspection.permutation_importance. The score is the accuracy, or R² for regression. Features that are
 * correlated can all seem unimportant, because each one replaces the others. Throws EdgeMlpError "bad-argument",
 * "bad-shape", "bad-data" or "not-finite".
 *
 * @example
 * ```ts
 * import { loadKernels, Mlp, permutationImportance } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * const { features } = permutationImportance(mlp, ellipseDataset({ samples: 200, seed: 1 }), { repeats: 3 });
 * console.log(features.map(({ decreases }) => decreases.length)); // [ 3, 3 ]
 * ```
 */
export function permutationImportance(
  mlp: Mlp,
  dataset: Dataset,
  options: ImportanceOptions = {},
): PermutationImportance {
  checkOptions('permutationImportance', options, ['repeats', 'seed', 'features']);
  const { repeats = 5, seed = 1, features = listFeatures(dataset) } = options;
  checkPositiveInteger('repeats', repeats);
  checkSeed(seed);
  checkFeatures(features, dataset.columns);
  const score = readScore(measure(mlp, dataset));
  const inputs = dataset.inputs.slice();
  const measured = features.map(({ name, inputs: columns }, feature) => {
    const random = new Random(seed, 'importance', feature);
    const decreases = Array.from({ length: repeats }, () => {
      permuteColumns(inputs, dataset, columns, random.permutation(sampleCount(dataset)));
      return score - readScore(measure(mlp, { ...dataset, inputs }));
    });
    restoreColumns(inputs, dataset, columns);
    return { name, ...spread(decreases), decreases };
  });
  return { score, features: measured };
}

/** Throws EdgeMlpError "bad-argument". */
function checkFeatures(features: readonly FeatureGroup[], columns: number): void {
  for (const { name, inputs } of features) {
    const wrong = inputs.find((input) => !Number.isInteger(input) || input < 0 || input >= columns);
    if (inputs.length > 0 && wrong === undefined) continue;
    const got = wrong === undefined ? 'none' : String(wrong);
    throw new EdgeMlpError('bad-argument', `feature ${name}: expected inputs from 0 to ${columns - 1}, got ${got}`);
  }
}

function listFeatures({ columns, features, tableColumns }: Dataset): FeatureGroup[] {
  if (tableColumns !== undefined) return groupInputs(tableColumns);
  return Array.from({ length: columns }, (_, input) => ({
    name: features?.[input] ?? `input ${input + 1}`,
    inputs: [input],
  }));
}

/** Sample i gets the values of sample order[i]. */
function permuteColumns(inputs: Inputs, dataset: Dataset, columns: readonly number[], order: Uint32Array): void {
  order.forEach((source, sample) => {
    for (const column of columns) {
      inputs[sample * dataset.columns + column] = dataset.inputs[source * dataset.columns + column] ?? 0;
    }
  });
}

function restoreColumns(inputs: Inputs, dataset: Dataset, columns: readonly number[]): void {
  permuteColumns(
    inputs,
    dataset,
    columns,
    Uint32Array.from({ length: sampleCount(dataset) }, (_, i) => i),
  );
}

function spread(values: readonly number[]): { mean: number; standardDeviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, standardDeviation: Math.sqrt(variance) };
}
