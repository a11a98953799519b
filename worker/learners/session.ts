/** A learner in memory: its network, its examples and its rehearsal samples. The store can restore all of it. */
import kernelsModule from '../../build/kernels.wasm';
import { appendCorrections, type Correction, createCorrections } from '../../src/core/corrections.ts';
import { type Dataset, sampleCount, slice } from '../../src/core/dataset.ts';
import { Kernels } from '../../src/core/kernels.ts';
import { type LearningOptions, learn, learningDefaults, replay } from '../../src/core/learner.ts';
import { decodeParameters, parameterBytes } from '../../src/core/parameters.ts';
import { type ModelFile, parseModel } from '../../src/format/model-file.ts';
import { createNetwork, type Network } from '../models/networks.ts';
import { type LearnerStore, SNAPSHOT_EVERY, type StoredLearner } from './store.ts';

export class LearnerSession {
  readonly network: Network;
  readonly options: LearningOptions;
  readonly #base: ModelFile;
  readonly #rehearsal: Dataset | undefined;
  #corrections: Dataset;

  constructor(store: LearnerStore, { spec, model, version, examples, rehearsal }: StoredLearner) {
    const { info: base, parameters } = parseModel(store.file(), 'the model of the learner');
    // Corrections raise and lower probabilities, so that the threshold of the model does not hold for the learner.
    const { recognition: _, ...info } = base;
    // Without int8 weights, which cannot be trained: `parameters` has their float32 values.
    this.#base = { info, parameters };
    // Separate kernels: a trap in this learner affects no other.
    this.network = createNetwork(new Kernels(kernelsModule), model, version, this.#base);
    const defaults = learningDefaults(info.spec);
    const { learningRate = defaults.learningRate, steps, seed } = spec;
    this.options = { ...defaults, learningRate, steps, seed };
    const empty = createCorrections(this.network.info);
    this.#rehearsal = rehearsal === null ? undefined : store.rehearsal(empty, rehearsal);
    this.#corrections = appendCorrections(empty, store.examples());
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
  learn(example: Correction): void {
    const corrections = appendCorrections(this.#corrections, [example]);
    learn(this.network.mlp, corrections, this.#rehearsal, this.options);
    this.#corrections = corrections;
  }

  /** Undoes the last example by replaying from the snapshot before it: the weights are bit-identical. */
  undo(store: LearnerStore): void {
    const left = sampleCount(this.#corrections) - 1;
    const corrections = slice(this.#corrections, 0, left);
    const from = left - (left % SNAPSHOT_EVERY);
    const parameters =
      from === 0 ? this.#base.parameters : decodeParameters(this.network.info.spec, store.weights(from));
    replay(this.network.mlp, { examples: from, parameters }, corrections, this.#rehearsal, this.options);
    this.#corrections = corrections;
  }
}
