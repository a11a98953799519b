/** A network that learns corrections, one after another, as the learners of the service do. Runs in the worker. */
import {
  appendCorrections,
  type Correction,
  createCorrections,
  hasSameMeaning,
  selectKnown,
} from '../../src/core/corrections.ts';
import { type Dataset, sampleCount, slice } from '../../src/core/dataset.ts';
import type { Kernels } from '../../src/core/kernels.ts';
import { KEPT_SAMPLES, learn, replay } from '../../src/core/learner.ts';
import { Mlp } from '../../src/core/mlp.ts';
import type { Parameters } from '../../src/core/parameters.ts';
import { type GeneratedName, generateSamples, isGenerated } from '../../src/data/generated.ts';
import { applyScaling } from '../../src/data/scaling.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';

/** Corrections between two snapshots of the weights. An undo replays fewer than this. */
const SNAPSHOT_EVERY = 8;
/** Generated samples that are never rehearsed. */
const TEST_SAMPLES = 500;

/** Generated samples that the network classifies correctly, before the corrections and now. */
export interface Retention {
  readonly samples: number;
  readonly before: number;
  readonly now: number;
}

export class CorrectedNetwork {
  readonly #mlp: Mlp;
  readonly #rehearsal: Dataset | undefined;
  readonly #test: Dataset | undefined;
  readonly #known: number;
  #corrections: Dataset;
  /** Parameters after 0, 8, 16 … corrections. */
  #snapshots: Parameters[];

  /** `parameters`: those of the model, int8 weights as float32. */
  constructor(kernels: Kernels, info: ModelInfo, parameters: Parameters) {
    this.#mlp = Mlp.fromParameters(kernels, { ...info.spec, ...parameters });
    this.#snapshots = [parameters];
    this.#corrections = createCorrections(info);
    const name = findGenerated(info);
    const generate = (samples: number, part: number) =>
      name && applyScaling(generateSamples(name, { samples, seed: 1, part }), info.scaling);
    const rehearsal = generate(KEPT_SAMPLES, 0);
    this.#rehearsal = rehearsal && selectKnown(rehearsal, this.#mlp);
    this.#test = generate(TEST_SAMPLES, 1);
    this.#known = this.#countKnown();
  }

  /** A copy. */
  get parameters(): Parameters {
    return this.#mlp.parameters();
  }

  /** Undefined if no generated samples suit the network. */
  get retention(): Retention | undefined {
    return this.#test && { samples: sampleCount(this.#test), before: this.#known, now: this.#countKnown() };
  }

  /** Throws EdgeMlpError; then nothing was learned. */
  learn(correction: Correction): void {
    const corrections = appendCorrections(this.#corrections, [correction]);
    learn(this.#mlp, corrections, this.#rehearsal);
    this.#corrections = corrections;
    const examples = sampleCount(corrections);
    if (examples % SNAPSHOT_EVERY === 0) this.#snapshots[examples / SNAPSHOT_EVERY] = this.parameters;
  }

  /** Removes the last correction by learning the earlier ones again: the weights are bit-identical. */
  undo(): void {
    const left = Math.max(0, sampleCount(this.#corrections) - 1);
    const examples = left - (left % SNAPSHOT_EVERY);
    const parameters = this.#snapshots[examples / SNAPSHOT_EVERY];
    if (parameters === undefined) throw new Error(`no snapshot after ${examples} corrections`);
    this.#corrections = slice(this.#corrections, 0, left);
    replay(this.#mlp, { examples, parameters }, this.#corrections, this.#rehearsal);
  }

  /** Frees the network, whose memory is not garbage-collected. */
  dispose(): void {
    this.#mlp.dispose();
  }

  #countKnown(): number {
    if (this.#test === undefined) return 0;
    const { inputs, labels } = this.#test;
    return this.#mlp.predictBatch(inputs).labels.reduce((sum, label, n) => sum + Number(label === labels[n]), 0);
  }
}

/** The generated set that the network was trained on, else digits, if they suit it. */
function findGenerated(info: ModelInfo): GeneratedName | undefined {
  if (info.targets !== undefined) return undefined;
  const names = [info.provenance?.dataset.name ?? '', 'digits'].filter(isGenerated);
  return names.find((name) => hasSameMeaning(generateSamples(name, { samples: 1, seed: 1 }), info));
}
