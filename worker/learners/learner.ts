/**
 * A learner: a model of one's own, in a Durable Object, that learns from each example at once. It keeps its own copy of the
 * model, of every example and of what it rehearses: an undo is a replay, and nothing that happens to the model or the data
 * set later happens to it. Each change is one transaction; what is in memory comes from the store, and can be lost.
 */
import { DurableObject } from 'cloudflare:workers';
import kernelsModule from '../../build/kernels.wasm';
import { type Dataset, sampleCount } from '../../src/core/dataset.ts';
import { formatNumber } from '../../src/core/errors.ts';
import { Kernels } from '../../src/core/kernels.ts';
import { inputSize } from '../../src/core/spec.ts';
import { jsonSamples } from '../../src/data/json-samples.ts';
import { formatModel, parseModel } from '../../src/format/model-file.ts';
import { parseJson } from '../body.ts';
import { DatasetStore } from '../datasets/store.ts';
import { HttpError } from '../errors.ts';
import { sha256 } from '../hash.ts';
import { checkSame } from '../idempotency.ts';
import { LIMITS, MS_PER_DAY } from '../limits.ts';
import { createNetwork, type Network } from '../models/network.ts';
import { ModelService } from '../models/service.ts';
import { type Answer, predict, readSamples } from '../predict/inference.ts';
import { prepareRehearsal } from './rehearsal.ts';
import { createReply, type Reply } from './reply.ts';
import { LearnerSession } from './session.ts';
import { type LearnerSpec, readLabel } from './spec.ts';
import type { Example, LearnerInfo, LearnerRecord } from './state.ts';
import { LearnerStore } from './store.ts';

/** Of the isolate, the least recently used first: objects share its memory, and each can do without its session. */
const OPEN = new Set<Learner>();

export interface Taught {
  readonly examples: number;
  readonly before: Answer;
  readonly after: Answer;
  readonly learner: LearnerInfo;
}

export interface Predicted {
  readonly learner: string;
  readonly model: string;
  readonly version: number;
  readonly examples: number;
  readonly predictions: Answer[];
}

export class Learner extends DurableObject<Env> {
  readonly #store: LearnerStore;
  #session: LearnerSession | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new LearnerStore(ctx.storage);
  }

  /** Forks a model, or tells of the learner that was begun under this identity before. */
  async begin(id: string, spec: LearnerSpec): Promise<Reply<{ learner: LearnerInfo; created: boolean }>> {
    return createReply(async () => {
      const created = this.#store.learner() === undefined && (await this.#fork(id, spec));
      const record = this.#record();
      checkSame('learner', record.spec, spec);
      return { learner: await this.#told(record), created };
    });
  }

  async status(): Promise<Reply<LearnerInfo>> {
    return createReply(async () => this.#told(this.#record()));
  }

  /** Takes the steps of one example, and commits it with the weights after it. */
  async learn(body: Uint8Array<ArrayBuffer>): Promise<Reply<Taught>> {
    return createReply(async () => {
      const record = this.#record();
      const session = this.#open(record);
      const example = readExample(body, session.network);
      if (record.examples >= LIMITS.learnerExamples) throw tooMany(record);
      const before = answerTo(session.network, example);
      const { taught, after } = this.#changing(() => {
        session.learn(example);
        // An answer that is no number is refused before it is kept.
        const after = answerTo(session.network, example);
        const taught = changed(record, record.examples + 1);
        this.#store.transaction(() => {
          this.#store.write(taught);
          this.#store.addExample(taught.examples, example, session.weights);
        });
        return { taught, after };
      });
      return { examples: taught.examples, before, after, learner: await this.#told(taught) };
    });
  }

  async predict(body: Uint8Array<ArrayBuffer>, mediaType: string): Promise<Reply<Predicted>> {
    return createReply(async () => {
      const record = this.#record();
      const { network } = this.#open(record);
      const predictions = predict(network, readSamples(body, mediaType, network));
      this.#touch(record);
      const { id, model, version, examples } = record;
      return { learner: id, model, version, examples, predictions };
    });
  }

  /** As if the last example had never come, to the last bit. */
  async undo(): Promise<Reply<LearnerInfo>> {
    return createReply(async () => {
      const record = this.#record();
      if (record.examples === 0) {
        throw new HttpError(409, 'there is nothing to undo: expected at least one example, the learner has none');
      }
      const session = this.#open(record);
      const undone = this.#changing(() => {
        session.undo(this.#store);
        const undone = changed(record, record.examples - 1);
        this.#store.transaction(() => {
          this.#store.write(undone);
          this.#store.removeExample(record.examples, undone.examples === 0 ? undefined : session.weights);
        });
        return undone;
      });
      return this.#told(undone);
    });
  }

  /** Back to the model that it was forked from. */
  async reset(): Promise<Reply<LearnerInfo>> {
    return createReply(async () => {
      const fresh = changed(this.#record(), 0);
      this.#store.transaction(() => {
        this.#store.write(fresh);
        this.#store.removeExamples();
      });
      this.#session = undefined;
      return this.#told(fresh);
    });
  }

  /** Its model file; without examples that of its model, byte for byte. */
  async file(): Promise<Reply<{ examples: number; bytes: Uint8Array<ArrayBuffer> }>> {
    return createReply(async () => {
      const record = this.#record();
      return { examples: record.examples, bytes: this.#file(record) };
    });
  }

  /** Publishes it as the next version of a model: the same state, asked again, is the same version. */
  async promote(name: string): Promise<Reply<{ model: string; version: number; examples: number; created: boolean }>> {
    return createReply(async () => {
      const record = this.#record();
      const bytes = this.#file(record);
      const { record: published, created } = await new ModelService(this.env.MODELS).publishNext(name, bytes);
      return { model: name, version: published.version, examples: record.examples, created };
    });
  }

  async remove(): Promise<Reply<null>> {
    return createReply(async () => {
      this.#record();
      await this.#forget();
      return null;
    });
  }

  override async alarm(): Promise<void> {
    const record = this.#store.learner();
    if (record === undefined) return;
    const due = expiry(record);
    if (Date.now() < due) return void (await this.ctx.storage.setAlarm(due));
    await this.#forget();
  }

  /** Returns whether it was this call that began the learner: another may have been faster. Throws 400, 404 or 503. */
  async #fork(id: string, spec: LearnerSpec): Promise<boolean> {
    const service = new ModelService(this.env.MODELS);
    const { version, bytes } = await service.open({ name: spec.model, version: String(spec.version) });
    const model = parseModel(bytes, `${spec.model} version ${version}`);
    const network = createNetwork(new Kernels(kernelsModule), spec.model, version, model);
    const kept = await prepareRehearsal(new DatasetStore(this.env.MODELS), network, spec.rehearsal, spec.seed);
    if (this.#store.learner() !== undefined) return false;
    const now = new Date().toISOString();
    const record: LearnerRecord = {
      ...{ id, spec, model: spec.model, version, examples: 0 },
      rehearsal: kept === undefined ? null : keptRecord(kept),
      ...{ created: now, updated: now, used: now },
    };
    this.#store.transaction(() => this.#store.begin(record, bytes, kept));
    await this.ctx.storage.setAlarm(expiry(record));
    return true;
  }

  /** Throws 404. */
  #record(): LearnerRecord {
    const record = this.#store.learner();
    if (record === undefined) throw new HttpError(404, `there is no learner ${this.ctx.id.toString()}`);
    return record;
  }

  #open(record: LearnerRecord): LearnerSession {
    this.#session ??= new LearnerSession(this.#store, record);
    OPEN.delete(this);
    OPEN.add(this);
    Learner.#makeRoom();
    return this.#session;
  }

  /** The learner used last stays, however great it is. */
  static #makeRoom(): void {
    let bytes = [...OPEN].reduce((sum, learner) => sum + (learner.#session?.bytes ?? 0), 0);
    for (const learner of OPEN) {
      if (bytes <= LIMITS.learnerBytes || OPEN.size === 1) return;
      bytes -= learner.#session?.bytes ?? 0;
      learner.#session = undefined;
      OPEN.delete(learner);
    }
  }

  /** Runs a change; where it fails, what is in memory may be half of it, and the store has what is true. */
  #changing<Result>(change: () => Result): Result {
    try {
      return change();
    } catch (error) {
      this.#session = undefined;
      throw error;
    }
  }

  /** Being asked keeps a learner, too; that is written down once a day. */
  #touch(record: LearnerRecord): void {
    if (Date.now() - Date.parse(record.used) < MS_PER_DAY) return;
    try {
      this.#store.write({ ...record, used: new Date().toISOString() });
    } catch (error) {
      // Whoever asks is not to suffer from a store that is full.
      console.error(error);
    }
  }

  #file(record: LearnerRecord): Uint8Array<ArrayBuffer> {
    if (record.examples === 0) return this.#store.file();
    const { info, mlp } = this.#open(record).network;
    const { spec, examples, rehearsal } = record;
    const { steps, learningRate, seed } = spec;
    return formatModel({
      info: {
        ...info,
        // What was measured was another network.
        ...(info.provenance === undefined ? {} : { provenance: { ...info.provenance, test: null } }),
        corrections: { examples, steps, learningRate, seed, rehearsal: shownRehearsal(rehearsal) },
      },
      parameters: mlp.parameters(),
    });
  }

  /** The weights are read before anything is awaited: another example may come meanwhile. */
  async #told(record: LearnerRecord): Promise<LearnerInfo> {
    const { network, weights } = this.#open(record);
    const { id, model, version, examples, spec, rehearsal, created, updated } = record;
    const { learningRate, steps, seed } = spec;
    return {
      ...{ id, model, version, examples, learningRate, steps, seed },
      rehearsal: shownRehearsal(rehearsal),
      layers: [...network.info.spec.layers],
      classes: [...network.info.classes],
      weightsSha256: await sha256(weights),
      ...{ created, updated, expires: new Date(expiry(record)).toISOString() },
    };
  }

  async #forget(): Promise<void> {
    this.#session = undefined;
    OPEN.delete(this);
    await this.#store.deleteAll();
  }
}

/** One sample and its label. Throws 400. */
function readExample(body: Uint8Array<ArrayBuffer>, network: Network): Example {
  const { spec, scaling } = network.info;
  const columns = inputSize(spec);
  const given = parseJson(body);
  const name = typeof given === 'object' && given !== null && 'inputs' in given ? 'inputs' : 'pixels';
  const inputs = jsonSamples(given, { columns, scaling }, name);
  if (inputs.length !== columns) {
    throw new HttpError(400, `${name}: expected one sample, got ${formatNumber(inputs.length / columns)}`);
  }
  return { inputs, label: readLabel(given, network) };
}

/** Throws 400 where that is no number. */
function answerTo(network: Network, { inputs }: Example): Answer {
  const [answer] = predict(network, inputs);
  if (answer === undefined) throw new Error('a sample was not answered');
  return answer;
}

function changed(record: LearnerRecord, examples: number): LearnerRecord {
  const now = new Date().toISOString();
  return { ...record, examples, updated: now, used: now };
}

function expiry({ used }: LearnerRecord): number {
  return Date.parse(used) + LIMITS.learnerDays * MS_PER_DAY;
}

function keptRecord(kept: Dataset): LearnerRecord['rehearsal'] {
  const kind = kept.inputs instanceof Uint8Array ? 'bytes' : 'floats';
  return { data: kept.name, samples: sampleCount(kept), kind };
}

function shownRehearsal(rehearsal: LearnerRecord['rehearsal']): LearnerInfo['rehearsal'] {
  return rehearsal === null ? null : { data: rehearsal.data, samples: rehearsal.samples };
}

function tooMany({ examples }: LearnerRecord): HttpError {
  const most = formatNumber(LIMITS.learnerExamples);
  return new HttpError(
    409,
    `expected a learner of less than ${most} examples, this one has ${formatNumber(examples)}: promote it and fork that, or reset it`,
  );
}
