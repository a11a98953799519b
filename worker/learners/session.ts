/** A learner in memory: its network, its examples and its rehearsal samples. The store can restore all of it. */
import kernelsModule from '../../build/kernels.wasm';
import type { Dataset } from '../../src/core/dataset.ts';
import { Kernels } from '../../src/core/kernels.ts';
import { LEARNING_DEFAULTS, type LearningOptions, learn, replay } from '../../src/core/learner.ts';
import { decodeParameters, parameterBytes } from '../../src/core/parameters.ts';
import { inputSize } from '../../src/core/spec.ts';
import { type ModelFile, parseModel } from '../../src/format/model-file.ts';
import { createNetwork, type Network } from '../models/networks.ts';
import { type Example, type LearnerStore, SNAPSHOT_EVERY, type StoredLearner } from './store.ts';

export class LearnerSession {
  readonly network: Network;
  readonly #base: ModelFile;
  readonly #rehearsal: Dataset | undefined;
  readonly #options: LearningOptions;
  #corrections: Dataset;

  constructor(store: LearnerStore, { spec, model, version, examples, rehearsal }: StoredLearner) {
    const { info, parameters } = parseModel(store.file(), 'the model of the learner');
    // Without int8 weights, which cannot be trained: `parameters` has their float32 values.
    this.#base = { info, parameters };
    // Separate kernels: a trap in this learner affects no other.
    this.network = createNetwork(new Kernels(kernelsModule), model, version, this.#base);
    const { learningRate, steps, seed } = spec;
    this.#options = { ...LEARNING_DEFAULTS, learningRate, steps, seed };
    const empty = createEmptySet(this.network);
    this.#rehearsal = rehearsal === null ? undefined : { ...empty, ...store.rehearsal(rehearsal.kind) };
    this.#corrections = appendExamples(empty, store.examples());
    if (examples > 0) {
      this.network.mlp.setParameters(decodeParameters(this.network.info.spec, store.weights(examples)));
    }
  }

  /** Approximate memory. */
  get bytes(): number {
    const { weights, biases } = this.#base.parameters;
    const arrays = [...weights, ...biases, this.#corrections.inputs, this.#rehearsal?.inputs ?? new Uint8Array()];
    return this.network.mlp.kernels.memoryBytes + arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  get weights(): Uint8Array<ArrayBuffer> {
    return parameterBytes(this.network.mlp.parameters());
  }

  /** Throws the library's errors; then nothing was learned. */
  learn(example: Example): void {
    const corrections = appendExamples(this.#corrections, [example]);
    learn(this.network.mlp, corrections, this.#rehearsal, this.#options);
    this.#corrections = corrections;
  }

  /** Undoes the last example by replaying from the snapshot before it: the weights are bit-identical. */
  undo(store: LearnerStore): void {
    const left = this.#corrections.labels.length - 1;
    const { columns } = this.#corrections;
    const corrections = {
      ...this.#corrections,
      inputs: this.#corrections.inputs.slice(0, left * columns),
      labels: this.#corrections.labels.slice(0, left),
    };
    const from = left - (left % SNAPSHOT_EVERY);
    const parameters =
      from === 0 ? this.#base.parameters : decodeParameters(this.network.info.spec, store.weights(from));
    replay(this.network.mlp, { examples: from, parameters }, corrections, this.#rehearsal, this.#options);
    this.#corrections = corrections;
  }
}

function createEmptySet({ info }: Network): Dataset {
  const { spec, classes, scaling, imageShape } = info;
  return {
    name: 'the corrections',
    inputs: new Float32Array(),
    labels: new Uint16Array(),
    columns: inputSize(spec),
    classes,
    scaling,
    ...(imageShape === undefined ? {} : { imageShape }),
  };
}

function appendExamples(set: Dataset, examples: readonly Example[]): Dataset {
  const inputs = new Float32Array(set.inputs.length + examples.length * set.columns);
  const labels = new Uint16Array(set.labels.length + examples.length);
  inputs.set(set.inputs);
  labels.set(set.labels);
  examples.forEach((example, n) => {
    inputs.set(example.inputs, set.inputs.length + n * set.columns);
    labels[set.labels.length + n] = example.label;
  });
  return { ...set, inputs, labels };
}
