/**
 * The learners of this browser. Their examples and start weights are kept; after a reload the worker learns the examples
 * again, which gives the same bits.
 */
import { ClientError, type Learner } from '../../src/client/index.ts';
import type { Correction } from '../../src/core/corrections.ts';
import { learningDefaults } from '../../src/core/learner.ts';
import { type Parameters, parameterBytes } from '../../src/core/parameters.ts';
import { scaleInputs } from '../../src/data/scaling.ts';
import { formatModel } from '../../src/format/model-file.ts';
import { CorrectionClient } from '../correction/correction-client.ts';
import { sha256 } from '../local/hash.ts';
import { deleteValue, getValue, listValues, putValue } from '../local/storage.ts';
import { createClient } from '../service.ts';
import type { LearnerStore } from './learner-store.ts';
import { fitExamples, foldStandardisation, type LocalLearner } from './local-learner.ts';

/** Learning them again after a reload takes some seconds. */
const MAX_EXAMPLES = 500;

/** Throws EdgeMlpError "file" if the browser does not keep it. */
export async function keepLearner(learner: LocalLearner): Promise<void> {
  await putValue('learner', learner.id, learner);
}

/** Latest first. */
export async function listLearners(): Promise<LocalLearner[]> {
  return (await listValues<LocalLearner>('learner')).sort((a, b) => (a.updated < b.updated ? 1 : -1));
}

/** The worker ends with `signal`. */
export function openLocalLearners(signal: AbortSignal): LearnerStore {
  const session = new LearningSession(signal);
  const read = (id: string) => readLearner(id);
  return {
    get: async (id) => session.describe(await read(id)),
    examples: async (id) => (await read(id)).examples,

    async teach(id, example) {
      const learner = await read(id);
      if (learner.examples.length >= MAX_EXAMPLES) {
        throw new ClientError(409, `expected at most ${MAX_EXAMPLES} examples: forget all examples first`, undefined);
      }
      return session.change(learner, [...learner.examples, example]);
    },

    async undo(id) {
      const learner = await read(id);
      return session.change(learner, learner.examples.slice(0, -1));
    },

    reset: async (id) => session.change(await read(id), []),
    model: async (id) => session.format(await read(id)),
    baseModel: async ({ id }) => {
      const { info, parameters } = await read(id);
      return formatModel({ info, parameters });
    },

    async promote(id, name) {
      const learner = await read(id);
      const { version } = await createClient(signal).models.publish(name, await session.format(learner));
      return { model: name, version, examples: learner.examples.length };
    },

    delete: (id) => deleteValue('learner', id),
  };
}

/** Throws ClientError 404. */
async function readLearner(id: string): Promise<LocalLearner> {
  const learner = await getValue<LocalLearner>('learner', id);
  if (learner !== undefined) return learner;
  throw new ClientError(404, `this browser has no learner ${id}: it was deleted, or another browser has it`, undefined);
}

/** A learner in the worker. */
class LearningSession {
  readonly #client = new CorrectionClient();
  /** The time of the last change that `#parameters` have. The number of examples does not identify a change. */
  #learned: string | undefined;
  #parameters: Parameters = { weights: [], biases: [] };

  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#client.terminate());
  }

  /** Keeps the learner only after its network has learned the examples. */
  async change(learner: LocalLearner, examples: LocalLearner['examples']): Promise<Learner> {
    const changed = { ...learner, examples, updated: new Date().toISOString() };
    await this.#learn(changed, learner);
    await keepLearner(changed);
    return this.describe(changed);
  }

  async describe(learner: LocalLearner): Promise<Learner> {
    const { id, base, info, examples, created, updated } = learner;
    const parameters = await this.#learn(learner);
    const { learningRate, steps, seed } = learningDefaults(info.spec);
    return {
      id,
      model: base,
      version: 0,
      examples: examples.length,
      learningRate,
      steps,
      seed,
      rehearsal: null,
      layers: [...info.spec.layers],
      classes: [...info.classes],
      // Pages without TLS have no hash. The time of the last change also tells a new network from an old one.
      weightsSha256: (await sha256(parameterBytes(parameters))) || updated,
      created,
      updated,
      expires: '',
    };
  }

  async format(learner: LocalLearner): Promise<Uint8Array<ArrayBuffer>> {
    const { info, examples } = learner;
    const { steps, learningRate, seed } = learningDefaults(info.spec);
    const corrections = { examples: examples.length, steps, learningRate, seed, rehearsal: null };
    const taught = examples.length === 0 ? {} : { corrections };
    return formatModel({ info: { ...info, ...taught }, parameters: await this.#learn(learner) });
  }

  /** The weights after all examples. `before` is the learner before a change. */
  async #learn(learner: LocalLearner, before?: LocalLearner): Promise<Parameters> {
    if (this.#learned === learner.updated) return this.#parameters;
    this.#signal.throwIfAborted();
    const isKnown = before !== undefined && before.updated === this.#learned;
    this.#learned = undefined;
    this.#parameters = isKnown ? await this.#continue(learner, before.examples.length) : await this.#start(learner);
    this.#learned = learner.updated;
    return this.#parameters;
  }

  /** One example more or less is one task. Other changes, and other ranges of the inputs, start again. */
  async #continue(learner: LocalLearner, before: number): Promise<Parameters> {
    const { examples, standardised } = learner;
    const last = examples.at(-1);
    if (standardised || last === undefined || before === 0) return this.#start(learner);
    const isLearning = examples.length > before;
    const task = isLearning
      ? { type: 'learn' as const, correction: createCorrection(last) }
      : { type: 'undo' as const };
    return (await this.#client.run(task)).parameters;
  }

  async #start(learner: LocalLearner): Promise<Parameters> {
    const { info, parameters, examples, standardised } = learner;
    if (examples.length === 0) return parameters;
    const scaling = standardised ? fitExamples(learner) : undefined;
    const corrections = examples.map((example) => {
      const { inputs, labels } = createCorrection(example);
      return { inputs: scaling === undefined ? inputs : scaleInputs(Float32Array.from(inputs), scaling), labels };
    });
    const learned = await this.#client.run({ type: 'open', info, parameters, corrections });
    return scaling === undefined ? learned.parameters : foldStandardisation(learned.parameters, scaling);
  }
}

function createCorrection({ sample, label }: LocalLearner['examples'][number]): Correction {
  return { inputs: sample.inputs, labels: Uint16Array.of(label) };
}
