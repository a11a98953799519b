/** Standardisation: each feature gets mean 0 and standard deviation 1 over the training set (LeCun et al., 1998, section 4.3). */
import { type Dataset, type InputScaling, sampleCount } from '../core/dataset.ts';
import { EdgeMlpError } from '../core/errors.ts';

/** The scaling that standardises a data set's features; one that never varies is only shifted. */
export function fitStandardScaling(dataset: Dataset): InputScaling {
  const { inputs, columns } = dataset;
  const samples = sampleCount(dataset);
  const mean = new Float64Array(columns);
  const square = new Float64Array(columns);
  for (let i = 0; i < inputs.length; i++) mean[i % columns] = (mean[i % columns] ?? 0) + (inputs[i] ?? 0) / samples;
  for (let i = 0; i < inputs.length; i++) {
    const difference = (inputs[i] ?? 0) - (mean[i % columns] ?? 0);
    square[i % columns] = (square[i % columns] ?? 0) + (difference * difference) / samples;
  }
  return {
    kind: 'standard',
    mean: [...mean],
    standardDeviation: Array.from(square, (variance) => Math.sqrt(variance) || 1),
  };
}

/** A data set's numbers, scaled as a model wants them. Throws `bad-shape` where they do not fit. */
export function applyScaling(dataset: Dataset, scaling: InputScaling): Dataset {
  if (dataset.scaling.kind === scaling.kind && scaling.kind !== 'standard') return dataset;
  if (dataset.scaling.kind !== 'identity' || scaling.kind !== 'standard') {
    throw new EdgeMlpError(
      'bad-shape',
      `${dataset.name}: expected inputs for ${scaling.kind} scaling, got ${dataset.scaling.kind}`,
    );
  }
  if (scaling.mean.length !== dataset.columns) {
    throw new EdgeMlpError(
      'bad-shape',
      `${dataset.name}: expected ${scaling.mean.length} features, got ${dataset.columns}`,
    );
  }
  return { ...dataset, inputs: scaleInputs(Float32Array.from(dataset.inputs), scaling), scaling };
}

/** Numbers [samples][columns] scaled for a network, in place. */
export function scaleInputs(inputs: Float32Array, scaling: InputScaling): Float32Array {
  if (scaling.kind !== 'standard') return inputs;
  const { mean, standardDeviation } = scaling;
  return inputs.map((value, i) => {
    const column = i % mean.length;
    return (value - (mean[column] ?? 0)) / (standardDeviation[column] ?? 1);
  });
}
