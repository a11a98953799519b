/** Weights of samples and classes: factors of the losses and gradients of training. */
import { type AnyDataset, sampleCount } from './dataset.ts';
import { describeValue, EdgeMlpError } from './errors.ts';
import { visitClasses } from './soft-labels.ts';
import { suggestName } from './suggestion.ts';

/**
 * Weights of classes. `balanced`: n / (k · n_c) for n samples, k classes that occur, and n_c samples of the class, as in
 * scikit-learn. An object has a weight for each class name that it lists; other classes have 1. A sample with target
 * probabilities counts for each class by its probability, and has the mean of the weights by these probabilities.
 */
export type ClassWeight = 'balanced' | Readonly<Record<string, number>>;

/** Checks class weights, and sorts them by name. Throws EdgeMlpError "bad-argument". */
export function checkClassWeight(given: unknown): ClassWeight {
  if (given === 'balanced') return given;
  const reject = (got: string): never => {
    const expected = 'balanced, or an object with a number of at least 0 for each class';
    throw new EdgeMlpError('bad-argument', `classWeight: expected ${expected}, got ${got}`);
  };
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return reject(describeValue(given));
  const entries = Object.entries(given);
  if (entries.length === 0) return reject('an object without classes');
  for (const [name, weight] of entries) {
    if (typeof weight === 'number' && weight >= 0 && Number.isFinite(Math.fround(weight))) continue;
    reject(`${describeValue(weight)} for the class ${describeValue(name)}`);
  }
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The factor of each training sample's loss and gradient: sample weight times class weight, divided by the mean of these
 * products over the training set; undefined if there are no weights. scikit-learn divides by the sum over the batch
 * instead, which is the same for a full batch, but would cancel the weights of batches of one sample. Throws EdgeMlpError
 * "bad-argument".
 */
export function trainingWeights(dataset: AnyDataset, classWeight?: ClassWeight | undefined): Float32Array | undefined {
  const { weights } = dataset;
  if (weights === undefined && classWeight === undefined) return undefined;
  const classes = classWeight === undefined ? undefined : weighClasses(dataset, classWeight);
  const samples = sampleCount(dataset);
  const products = new Float64Array(samples);
  for (let n = 0; n < samples; n++) products[n] = (weights?.[n] ?? 1) * (classes ? meanWeight(dataset, n, classes) : 1);
  const mean = products.reduce((sum, weight) => sum + weight, 0) / samples;
  if (mean > 0) return Float32Array.from(products, (weight) => weight / mean);
  throw new EdgeMlpError('bad-argument', `${dataset.name}: expected a sample with a weight above 0, got none`);
}

/** The mean of class weights by the probabilities of sample `n`. */
function meanWeight(dataset: AnyDataset, n: number, classes: readonly number[]): number {
  let mean = 0;
  visitClasses(dataset, n, (label, probability) => {
    mean += probability * (classes[label] ?? 1);
  });
  return mean;
}

/** The weight of each class, by label. */
function weighClasses(dataset: AnyDataset, classWeight: ClassWeight): number[] {
  const { name, classes, targets } = dataset;
  if (targets !== undefined) {
    throw new EdgeMlpError('bad-argument', `classWeight: expected none, as ${name} has targets and no classes`);
  }
  if (classWeight === 'balanced') {
    const counts = classes.map(() => 0);
    const samples = sampleCount(dataset);
    for (let n = 0; n < samples; n++) {
      visitClasses(dataset, n, (label, probability) => {
        counts[label] = (counts[label] ?? 0) + probability;
      });
    }
    const present = counts.filter((count) => count > 0).length;
    return counts.map((count) => (count === 0 ? 0 : samples / (present * count)));
  }
  const unknown = Object.keys(classWeight).find((each) => !classes.includes(each));
  if (unknown === undefined) return classes.map((each) => classWeight[each] ?? 1);
  const expected = `names of classes of ${name}`;
  const got = `${describeValue(unknown)}${suggestName(unknown, classes)}`;
  throw new EdgeMlpError('bad-argument', `classWeight: expected ${expected}, got ${got}`);
}
