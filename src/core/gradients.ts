import { withResources } from './borrow.ts';
import { checkFinite, checkInputs, checkLabels, type Inputs, inputKind, overflowError } from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import type { Kernels } from './kernels.ts';
import { chooseLoss, type RegressionLoss } from './loss.ts';
import { NetworkMemory } from './network-memory.ts';
import { type Parameters, readParameters } from './parameters.ts';
import { inferenceOptions } from './predictor.ts';
import { SampleMemory } from './sample-memory.ts';
import { checkProbabilities } from './soft-labels.ts';
import { classCount, inputSize, type MlpSpec, outputSize } from './spec.ts';

/** A loss and its gradient, in the shapes of the parameters. */
export interface Gradients extends Parameters {
  /** Mean loss over the samples; cross-entropy is in nats. */
  readonly loss: number;
}

interface Network {
  readonly kernels: Kernels;
  readonly spec: MlpSpec;
  readonly memory: NetworkMemory;
}

/**
 * `inputs` [samples][inputs]; `labels` [samples], as Float32Array [samples][classes] of probabilities, or
 * [samples][targets] for regression. Throws EdgeMlpError "bad-shape", "bad-data", "bad-argument" or "not-finite".
 */
export function meanGradients(
  { kernels, spec, memory }: Network,
  inputs: Inputs,
  labels: ArrayLike<number>,
  given?: RegressionLoss,
): Gradients {
  const columns = inputSize(spec);
  const loss = chooseLoss(spec, given);
  const isRegression = spec.task === 'regression';
  const labelFloats = isRegression || labels instanceof Float32Array ? outputSize(spec) : undefined;
  const samples = checkInputs(inputs, columns, (labels?.length ?? 0) / (labelFloats ?? 1));
  if (samples === 0) throw new EdgeMlpError('bad-shape', 'gradients: expected at least one sample, got none');
  const held = labelFloats === undefined ? Uint16Array.from(labels) : Float32Array.from(labels);
  if (isRegression) checkFinite('labels', held);
  else if (held instanceof Float32Array) checkProbabilities('labels', held, classCount(spec));
  else checkLabels('labels', labels, classCount(spec));
  return withResources((hold) => {
    const copy = hold(new NetworkMemory(kernels, spec, { ...inferenceOptions(spec), loss, rows: 1, gradient: true }));
    const region = hold(
      new SampleMemory(kernels, { capacity: samples, columns, kind: inputKind(inputs), labelFloats, sparse: true }),
    );
    copy.parameters.set(memory.parameters);
    region.writeInputs(inputs);
    region.writeLabels(held);
    const mean = kernels.call.meanGradient(copy.network, region.address, samples);
    const gradients = readParameters(kernels, copy, 'gradient');
    const values = [Float32Array.of(mean), ...gradients.weights, ...gradients.biases];
    const got = values.flatMap((each) => each.find((value) => !Number.isFinite(value)) ?? []);
    if (got[0] !== undefined) throw overflowError('gradients', got[0]);
    return { loss: mean, ...gradients };
  });
}
