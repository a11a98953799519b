/**
 * Standardisation: each feature gets mean 0 and standard deviation 1 over the training set (LeCun et al., 1998, section
 * 4.3).
 */
import type { Dataset, InputScaling } from '../core/dataset.ts';
import { EdgeMlpError } from '../core/errors.ts';

/** The scaling that standardises the features of a data set. Constant features are only shifted. */
export function fitStandardScaling(dataset: Dataset): InputScaling {
  // Column by column, so that only one column is in memory as float64.
  const columns = Array.from({ length: dataset.columns }, (_, column) => measureColumn(dataset, column));
  return {
    kind: 'standard',
    mean: columns.map(({ mean }) => mean),
    standardDeviation: columns.map(({ standardDeviation }) => standardDeviation),
  };
}

function measureColumn({ inputs, columns }: Dataset, column: number): { mean: number; standardDeviation: number } {
  const values = Float64Array.from({ length: inputs.length / columns }, (_, n) => inputs[n * columns + column] ?? 0);
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

/** Scales numbers `[samples][columns]`. */
export function scaleInputs(inputs: Float32Array, scaling: InputScaling): Float32Array {
  if (scaling.kind !== 'standard') return inputs;
  const { mean, standardDeviation } = scaling;
  return inputs.map((value, i) => {
    const column = i % mean.length;
    return (value - (mean[column] ?? 0)) / (standardDeviation[column] ?? 1);
  });
}
