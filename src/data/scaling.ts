/**
 * Standardisation: each feature and each target gets mean 0 and standard deviation 1 over the training set (LeCun et
 * al., 1998, section 4.3).
 */
import { type Dataset, type InputScaling, labelWidth } from '../core/dataset.ts';
import { EdgeMlpError } from '../core/errors.ts';
import { type Target, unscaleTargets } from '../core/targets.ts';

/** The scaling that standardises the features of a data set. Constant features are only shifted. */
export function fitStandardScaling(dataset: Dataset): InputScaling {
  // Column by column, so that only one column is in memory as float64.
  const { inputs, columns: width } = dataset;
  const columns = Array.from({ length: width }, (_, column) => measureColumn(inputs, width, column));
  return {
    kind: 'standard',
    mean: columns.map(({ mean }) => mean),
    standardDeviation: columns.map(({ standardDeviation }) => standardDeviation),
  };
}

/** Mean and standard deviation of a column of `rows` [n][width]. */
function measureColumn(
  rows: ArrayLike<number>,
  width: number,
  column: number,
): { mean: number; standardDeviation: number } {
  const values = Float64Array.from({ length: rows.length / width }, (_, n) => rows[n * width + column] ?? 0);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  // Rounding errors would make the variance of equal numbers positive.
  if (values.every((value) => value === values[0])) return { mean, standardDeviation: 1 };
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return { mean, standardDeviation: Math.sqrt(squares / values.length) };
}

/** Scales the inputs of a data set. Throws EdgeMlpError "bad-shape" if the scaling does not fit the data set. */
export function applyScaling(dataset: Dataset, scaling: InputScaling): Dataset {
  if (dataset.scaling.kind === scaling.kind && scaling.kind !== 'standard') return dataset;
  if (dataset.scaling.kind !== 'identity' || scaling.kind !== 'standard') {
    const message = `${dataset.name}: expected inputs for ${scaling.kind} scaling, got ${dataset.scaling.kind}`;
    throw new EdgeMlpError('bad-shape', message);
  }
  if (scaling.mean.length !== dataset.columns) {
    const message = `${dataset.name}: expected ${scaling.mean.length} features, got ${dataset.columns}`;
    throw new EdgeMlpError('bad-shape', message);
  }
  const { inputs } = dataset;
  const floats = inputs instanceof Float32Array ? inputs : Float32Array.from(inputs);
  return { ...dataset, inputs: scaleInputs(floats, scaling), scaling };
}

/** The targets of a training set, with their standardisation. Constant targets are only shifted. */
export function fitTargets({ labels, targets = [] }: Dataset): Target[] {
  const values = unscaleTargets(labels, targets);
  return targets.map(({ name }, i) => ({ name, ...measureColumn(values, targets.length, i) }));
}

/**
 * Standardises the labels of a regression by the targets of a training set or of a model. Throws EdgeMlpError "bad-data"
 * if the names differ.
 */
export function scaleTargets(dataset: Dataset, targets: readonly Target[]): Dataset {
  const width = labelWidth(dataset);
  const [expected, got] = [targets, dataset.targets ?? []].map((list) => list.map(({ name }) => name).join(', '));
  if (expected !== got) {
    throw new EdgeMlpError('bad-data', `${dataset.name}: expected the targets ${expected}, got ${got || 'classes'}`);
  }
  const labels = Float32Array.from(unscaleTargets(dataset.labels, dataset.targets ?? []), (value, i) => {
    const { mean, standardDeviation } = targets[i % width] ?? { mean: 0, standardDeviation: 1 };
    return (value - mean) / standardDeviation;
  });
  return { ...dataset, labels, targets };
}

/** Scales numbers `[samples][columns]`. */
export function scaleInputs(inputs: Float32Array, scaling: InputScaling): Float32Array {
  if (scaling.kind !== 'standard') return inputs;
  const { mean, standardDeviation } = scaling;
  return inputs.map((value, i) => {
    const column = i % mean.length;
    return (value - (mean[column] ?? 0)) / (standardDeviation[column] ?? 1);
  });
}
