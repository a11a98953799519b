import { withResources } from './borrow.ts';
import { checkInputs, checkLabels, type Inputs, inputKind } from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import type { Kernels } from './kernels.ts';
import { NetworkMemory } from './network-memory.ts';
import { type Parameters, readParameters } from './parameters.ts';
import { inferenceOptions } from './predictor.ts';
import { SampleMemory } from './sample-memory.ts';
import { classCount, inputSize, type MlpSpec } from './spec.ts';

/** A loss and its gradient, in the shapes of the parameters. */
export interface Gradients extends Parameters {
  /** Mean cross-entropy over the samples, in nats. */
  readonly loss: number;
}

interface Network {
  readonly kernels: Kernels;
  readonly spec: MlpSpec;
  readonly memory: NetworkMemory;
}

/** `inputs` [samples][inputs], `labels` [samples]. Throws EdgeMlpError "bad-shape", "bad-data" or "not-finite". */
export function meanGradients(
  { kernels, spec, memory }: Network,
  inputs: Inputs,
  labels: ArrayLike<number>,
): Gradients {
  const columns = inputSize(spec);
  const samples = checkInputs(inputs, columns, labels?.length ?? 0);
  if (samples === 0) throw new EdgeMlpError('bad-shape', 'gradients: expected at least one sample, got none');
  checkLabels('labels', labels, classCount(spec));
  return withResources((hold) => {
    const copy = hold(new NetworkMemory(kernels, spec, { ...inferenceOptions(spec), rows: 1, gradient: true }));
    const region = hold(
      new SampleMemory(kernels, { capacity: samples, columns, kind: inputKind(inputs), sparse: true }),
    );
    copy.parameters.set(memory.parameters);
    region.writeInputs(inputs);
    region.writeLabels(labels);
    const loss = kernels.call.meanGradient(copy.network, region.address, samples);
    return { loss, ...readParameters(kernels, copy, 'gradient') };
  });
}
