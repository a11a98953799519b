/** A learner in memory: its network, what it was taught, what it keeps. All of it comes from the store, and can be lost. */
import kernelsModule from '../../build/kernels.wasm';
import type { Dataset } from '../../src/core/dataset.ts';
import { Kernels } from '../../src/core/kernels.ts';
import { type LearningOptions, learn, replay } from '../../src/core/learner.ts';
import { decodeParameters, parameterBytes } from '../../src/core/parameters.ts';
import { inputSize } from '../../src/core/spec.ts';
import { type ModelFile, parseModel } from '../../src/format/model-file.ts';
import { createNetwork, type Network } from '../models/network.ts';
import { learningOptions } from './spec.ts';
import type { Example, LearnerRecord } from './state.ts';
import { type LearnerStore, SNAPSHOT_EVERY } from './store.ts';

export class LearnerSession {
  readonly network: Network;
  readonly #base: ModelFile;
  readonly #kept: Dataset | undefined;
  readonly #options: LearningOptions;
  #corrections: Dataset;

  constructor(store: LearnerStore, { spec, model, version, examples, rehearsal }: LearnerRecord) {
    const { info, parameters } = parseModel(store.file(), 'the learner’s model');
    // Of int8 weights, what they stand for: they cannot learn.
    this.#base = { info, parameters };
    // Kernels of its own: what goes wrong here goes wrong for nobody else.
    this.network = createNetwork(new Kernels(kernelsModule), model, version, this.#base);
    this.#options = learningOptions(spec);
    const empty = emptySet(this.network);
    this.#kept = rehearsal === null ? undefined : { ...empty, ...store.kept(rehearsal.kind) };
    this.#corrections = joined(empty, store.examples());
    if (examples > 0) this.#setWeights(store.weights(examples));
  }

  /** Of memory, about. */
  get bytes(): number {
    const { weights, biases } = this.#base.parameters;
    const arrays = [...weights, ...biases, this.#corrections.inputs, this.#kept?.inputs ?? new Uint8Array()];
    return this.network.mlp.kernels.memoryBytes + arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  get weights(): Uint8Array<ArrayBuffer> {
    return parameterBytes(this.network.mlp.parameters());
  }

  /** Throws what the library throws; then nothing was learnt. */
  learn(example: Example): void {
    const corrections = joined(this.#corrections, [example]);
    learn(this.network.mlp, corrections, this.#kept, this.#options);
    this.#corrections = corrections;
  }

  /** As if the last example had never come, by replay from the snapshot before it. */
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
    replay(this.network.mlp, { examples: from, parameters }, corrections, this.#kept, this.#options);
    this.#corrections = corrections;
  }

  #setWeights(bytes: Uint8Array<ArrayBuffer>): void {
    this.network.mlp.setParameters(decodeParameters(this.network.info.spec, bytes));
  }
}

function emptySet({ info }: Network): Dataset {
  const { spec, classes, scaling, imageShape } = info;
  return {
    ...(imageShape === undefined ? {} : { imageShape }),
    ...{ name: 'the corrections', inputs: new Float32Array(), labels: new Uint16Array() },
    ...{ columns: inputSize(spec), classes, scaling },
  };
}

function joined(set: Dataset, examples: readonly Example[]): Dataset {
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
