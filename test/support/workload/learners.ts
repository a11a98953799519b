import assert from 'node:assert/strict';
import type { Client } from '../../../src/client/index.ts';
import type { Dataset } from '../../../src/core/dataset.ts';
import { learn } from '../../../src/core/learner.ts';
import { parameterBytes } from '../../../src/core/parameters.ts';
import { digitsDataset } from '../../../src/data/digits.ts';
import { createMlp, parseModel } from '../../../src/format/model-file.ts';
import type { Random } from '../../../src/index.ts';
import { loadKernels } from '../../../src/runtime/node.ts';
import { type Actor, find, hash } from './actor.ts';

const kernels = await loadKernels();
const LEARNER = { model: 'mnist', version: 0, rehearsal: null, steps: 2, seed: 7 } as const;
const MAX_EXAMPLES = 25;
const digits = digitsDataset({ samples: MAX_EXAMPLES, seed: 11 });

/** Teaches a learner, undoes examples, and compares its weights with a local replay. */
export class LearnerActor implements Actor {
  readonly name = 'learners';
  readonly scope = 'train';
  #count = 0;
  #id: string | undefined;
  /** Acknowledged number of examples. */
  #examples = 0;
  /** Number after a request without an answer. */
  #pending: number | undefined;
  #taught = 0;
  #deleted = 0;

  async act({ learners }: Client, random: Random): Promise<void> {
    if (this.#id === undefined) {
      this.#id = (await learners.begin(LEARNER, `learner ${this.#count}`)).id;
      return;
    }
    if (this.#pending !== undefined) this.#examples = await this.#resolve(learners);
    if (this.#examples === MAX_EXAMPLES) {
      await find(learners.delete(this.#id));
      [this.#id, this.#examples] = [undefined, 0];
      this.#count++;
      this.#deleted++;
      return;
    }
    const isUndo = this.#examples > 0 && random.below(4) === 0;
    this.#pending = this.#examples + (isUndo ? -1 : 1);
    const { examples } = isUndo
      ? await learners.undo(this.#id)
      : await learners.teach(this.#id, createExample(this.#examples));
    assert.equal(examples, this.#pending);
    [this.#examples, this.#pending] = [examples, undefined];
    this.#taught++;
  }

  /** The number of examples: that before or after a request without an answer. */
  async #resolve(learners: Client['learners']): Promise<number> {
    const { examples } = await learners.get(this.#id ?? '');
    assert([this.#examples, this.#pending].includes(examples), `${examples} examples`);
    this.#pending = undefined;
    return examples;
  }

  async check({ learners, models }: Client): Promise<void> {
    if (this.#id === undefined) return;
    const learner = await find(learners.get(this.#id));
    // Its deletion may have no answer.
    if (learner === undefined) return assert.equal(this.#examples, MAX_EXAMPLES, 'the learner is lost');
    this.#examples = await this.#resolve(learners);
    const base = parseModel(await models.download('mnist', LEARNER.version), 'the model');
    assert.equal(learner.weightsSha256, computeHash(base, this.#examples));
  }

  summarize(): string {
    return `${this.#taught} examples and undos with the weights of a replay, ${this.#deleted} learners deleted`;
  }
}

function createExample(n: number) {
  return { pixels: [...digits.inputs.subarray(784 * n, 784 * (n + 1))], label: digits.labels[n] ?? 0 };
}

/** Hash of the weights after the first `examples` examples. */
function computeHash(base: ReturnType<typeof parseModel>, examples: number): string {
  // Without the int8 weights, which cannot be trained.
  const { info, parameters } = base;
  const mlp = createMlp(kernels, { info, parameters });
  for (let n = 1; n <= examples; n++) {
    const corrections: Dataset = {
      ...digits,
      inputs: digits.inputs.subarray(0, 784 * n),
      labels: digits.labels.subarray(0, n),
    };
    learn(mlp, corrections, undefined, { steps: LEARNER.steps, seed: LEARNER.seed });
  }
  const weights = hash(parameterBytes(mlp.parameters()));
  mlp.dispose();
  return weights;
}
