/** The data sets of a learner: its corrections, and samples that it rehearses against forgetting. */
import {
  createLabels,
  type Dataset,
  datasetTask,
  floatInputs,
  type InputScaling,
  type Inputs,
  type Labels,
  pick,
  sampleCount,
} from './dataset.ts';
import type { Mlp } from './mlp.ts';
import { inputSize, type MlpSpec } from './spec.ts';
import type { Target } from './targets.ts';

/** A sample with its right class or values. */
export interface Correction {
  /** Inputs of the network, after scaling. */
  readonly inputs: Inputs;
  /** Its class, or its standardised targets. */
  readonly labels: Labels;
}

/** The meaning of the inputs and outputs of a network, as in its model file. */
interface NetworkMeaning {
  readonly spec: MlpSpec;
  readonly classes: readonly string[];
  readonly targets?: readonly Target[] | undefined;
  readonly scaling: InputScaling;
  readonly imageShape?: readonly [rows: number, columns: number] | undefined;
}

/** No corrections of a network yet. */
export function createCorrections({ spec, classes, targets, scaling, imageShape }: NetworkMeaning): Dataset {
  const form = { ...(targets && { targets }), ...(imageShape && { imageShape }) };
  return {
    name: 'the corrections',
    inputs: new Float32Array(),
    labels: targets === undefined ? new Uint16Array() : new Float32Array(),
    columns: inputSize(spec),
    classes,
    scaling,
    ...form,
  };
}

/** Another set with more corrections. Bytes become floats, as `learn` would convert them. */
export function appendCorrections(set: Dataset, added: readonly Correction[]): Dataset {
  const inputs = new Float32Array(set.inputs.length + added.length * set.columns);
  const labels = createLabels(set, sampleCount(set) + added.length);
  inputs.set(set.inputs);
  labels.set(set.labels);
  added.forEach((correction, n) => {
    inputs.set(floatInputs(correction.inputs), set.inputs.length + n * set.columns);
    labels.set(correction.labels, set.labels.length + n * correction.labels.length);
  });
  return { ...set, inputs, labels };
}

/** Whether samples have the inputs, and the classes or targets, of the network: then they are rehearsed by default. */
export function hasSameMeaning(samples: Dataset, { spec, classes, targets, scaling }: NetworkMeaning): boolean {
  return (
    samples.columns === inputSize(spec) &&
    (samples.scaling.kind === 'bytes') === (scaling.kind === 'bytes') &&
    datasetTask(samples) === spec.task &&
    samples.targets?.length === targets?.length &&
    (samples.targets ?? []).every(({ name }, i) => targets?.[i]?.name === name) &&
    samples.classes.every((name, label) => classes[label] === name)
  );
}

/** The samples that the network classifies correctly; all samples of a regression. Undefined without any. */
export function selectKnown(samples: Dataset, mlp: Mlp): Dataset | undefined {
  if (samples.targets !== undefined) return samples;
  const { labels } = mlp.predictBatch(samples.inputs);
  const right = [...labels.keys()].filter((n) => labels[n] === samples.labels[n]);
  return right.length === 0 ? undefined : pick(samples, right);
}
