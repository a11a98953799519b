/**
 * A learner: a Durable Object with a private copy of a model that learns from one example at a time. It stores the
 * model, every example and the rehearsal samples, so an undo is an exact replay, and later changes to the model or the
 * data set have no effect. Each change is one transaction. The session in memory can be restored from the store.
 */
import { DurableObject } from 'cloudflare:workers';
import kernelsModule from '../../build/kernels.wasm';
import type {
  ExampleResponse,
  Learner as LearnerInfo,
  LearnerPredictResponse,
  LearnerValuesResponse,
  PromoteResponse,
  ValuesExampleResponse,
} from '../../src/api/learners.ts';
import type { Prediction, ValuePrediction } from '../../src/api/predict.ts';
import { formatNumber } from '../../src/core/errors.ts';
import { Kernels } from '../../src/core/kernels.ts';
import { inputSize } from '../../src/core/spec.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { DatasetRegistry } from '../datasets/registry.ts';
import { HttpError, type Reply, reply } from '../errors.ts';
import { LIMITS, MS_PER_DAY } from '../limits.ts';
import { createNetwork, type Network } from '../models/networks.ts';
import { ModelPublisher } from '../models/publishing.ts';
import { ModelRegistry } from '../models/registry.ts';
import { type Caller, checkOwner, checkVisible, type Identity } from '../owners.ts';
import { decodeContent } from '../predict/content.ts';
import { answer, readSamples } from '../predict/inference.ts';
import type { RequestKey } from '../requests.ts';
import { checkSameOptions } from '../requests.ts';
import { Answers } from '../storage/answers.ts';
import { deleteObject, openDirectory, removeEntry, reserveEntry } from '../storage/directory.ts';
import { readExample } from './example.ts';
import { dropSession, openSession } from './open-sessions.ts';
import {
  computeExpiry,
  describeEntry,
  describeLearner,
  describeRehearsal,
  formatLearner,
  updateRecord,
} from './record.ts';
import { prepareRehearsal } from './rehearsal.ts';
import { LearnerSession } from './session.ts';
import { type Example, type LearnerSpec, LearnerStore, SNAPSHOT_EVERY, type StoredLearner } from './store.ts';

export type Lesson = ExampleResponse | ValuesExampleResponse;
export type LearnerAnswer = LearnerPredictResponse | LearnerValuesResponse;

export class Learner extends DurableObject<Env> {
  readonly #store: LearnerStore;
  readonly #answers: Answers;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new LearnerStore(ctx.storage);
    this.#answers = new Answers(ctx.storage.sql);
  }

  /** Forks a model, or returns the learner that was created with this id before. Refuses with 400, 404, 409 or 507. */
  async begin(
    id: string,
    spec: LearnerSpec,
    caller: Caller & { identity: Identity },
  ): Promise<Reply<{ learner: LearnerInfo; created: boolean }>> {
    return reply(async () => {
      const created = this.#store.learner() === undefined ? await this.#fork(id, spec, caller) : undefined;
      const record = created ?? this.#read(caller);
      checkSameOptions('learner', record.spec, spec);
      return { learner: await this.#describe(record), created: created !== undefined };
    });
  }

  /** Refuses with 404. */
  async status(caller: Caller): Promise<Reply<LearnerInfo>> {
    return reply(async () => this.#describe(this.#read(caller)));
  }

  /**
   * Learns one example, and commits it with the new weights. A repeated request returns the first predictions and the
   * current learner. Refuses with 400, 403, 404, 409 or 507.
   */
  async learn(caller: Caller, body: Uint8Array<ArrayBuffer>, key: RequestKey | null): Promise<Reply<Lesson>> {
    return reply(async () => {
      const record = this.#own(caller);
      const example = readExample(body, this.#open(record).network.info);
      if (!this.#answers.has(key)) await this.#reserve(record);
      const { learner, answer } = this.#learn(caller, example, key);
      return { ...answer, learner: await this.#describe(learner) } as Lesson;
    });
  }

  /** Refuses with 400 or 404. */
  async predict(caller: Caller, body: Uint8Array<ArrayBuffer>, mediaType: string): Promise<Reply<LearnerAnswer>> {
    return reply(async () => {
      this.#read(caller);
      const content = await decodeContent(body, mediaType);
      // Examples may have been learned in the meantime.
      const record = this.#read(caller);
      const { network } = this.#open(record);
      const predictions = answer(network, readSamples(content, network));
      this.#touch(record);
      const { id, model, version, examples } = record;
      return { learner: id, model, version, examples, predictions } as LearnerAnswer;
    });
  }

  /** Undoes the last example: the weights are bit-identical to those before it. Refuses with 403, 404 or 409. */
  async undo(caller: Caller, key: RequestKey | null): Promise<Reply<LearnerInfo>> {
    return reply(async () => {
      const record = this.#own(caller);
      if (this.#answers.has(key)) return this.#describe(record);
      if (record.examples === 0) throw new HttpError(409, 'nothing to undo: the learner has no examples');
      const session = this.#open(record);
      const changed = updateRecord(record, record.examples - 1);
      this.#change(() => {
        session.undo(this.#store);
        const weights = changed.examples === 0 ? undefined : session.weights;
        this.#commit(changed, key, true, () => this.#store.removeExample(record.examples, weights));
      });
      if (changed.examples % SNAPSHOT_EVERY === 0) await this.#announce(changed);
      return this.#describe(changed);
    });
  }

  /** Undoes all examples. Refuses with 403 or 404. */
  async reset(caller: Caller, key: RequestKey | null): Promise<Reply<LearnerInfo>> {
    return reply(async () => {
      const record = this.#own(caller);
      if (this.#answers.has(key)) return this.#describe(record);
      const fresh = updateRecord(record, 0);
      this.#change(() =>
        this.#commit(fresh, key, true, () => {
          this.#store.removeExamples();
          dropSession(this);
          this.#open(fresh);
        }),
      );
      await this.#announce(fresh);
      return this.#describe(fresh);
    });
  }

  /** The model file. Without examples, it is the file of the forked model, byte for byte. Refuses with 404. */
  async file(caller: Caller): Promise<Reply<{ examples: number; bytes: Uint8Array<ArrayBuffer> }>> {
    return reply(async () => {
      const record = this.#read(caller);
      return { examples: record.examples, bytes: this.#file(record) };
    });
  }

  /**
   * Publishes the learner as the next version of a model. An unchanged learner is published once. Refuses with 400, 403,
   * 404 or 507.
   */
  async promote(
    caller: Caller & { identity: Identity },
    name: string,
    key: RequestKey | null,
  ): Promise<Reply<PromoteResponse & { created: boolean }>> {
    return reply(async () => {
      const record = this.#own(caller);
      const known = this.#answers.find<PromoteResponse>(key);
      if (known !== undefined) return { ...known, created: false };
      const publisher = new ModelPublisher(this.env, caller.identity);
      const { version, created } = await publisher.publish(name, null, this.#file(record));
      const answer = { model: name, version: version.version, examples: record.examples };
      if (!this.#answers.has(key)) this.#answers.add(key, answer);
      return { ...answer, created };
    });
  }

  /** Refuses with 403 or 404. */
  async remove(caller: Caller): Promise<Reply<null>> {
    return reply(async () => {
      this.#own(caller);
      await this.#delete();
      return null;
    });
  }

  override async alarm(): Promise<void> {
    const record = this.#store.learner();
    // The start was interrupted, or the learner was deleted.
    if (record === undefined) return removeEntry(this.ctx.storage, this.env, this.#entry);
    const due = computeExpiry(record);
    if (Date.now() >= due) return this.#delete();
    await this.ctx.storage.setAlarm(due);
    await this.#announce(record);
  }

  /** Undefined if another request created the learner first. Throws 400, 404, 503 or 507. */
  async #fork(
    id: string,
    spec: LearnerSpec,
    caller: Caller & { identity: Identity },
  ): Promise<StoredLearner | undefined> {
    const { version, bytes } = await new ModelRegistry(this.env).read(spec.model, String(spec.version));
    const model = parseModel(bytes, `${spec.model} version ${version}`);
    const network = createNetwork(new Kernels(kernelsModule), spec.model, version, model);
    const rehearsal = await prepareRehearsal(new DatasetRegistry(this.env, caller), network, spec.rehearsal, spec.seed);
    const now = new Date().toISOString();
    const record: StoredLearner = {
      id,
      owner: caller.identity,
      spec,
      model: spec.model,
      version,
      examples: 0,
      rehearsal: rehearsal === undefined ? null : describeRehearsal(rehearsal),
      created: now,
      updated: now,
      used: now,
    };
    // If the start is interrupted, the alarm removes the entry.
    await this.ctx.storage.setAlarm(Date.now() + 1000 * LIMITS.cleanUpSeconds);
    const samples = rehearsal === undefined ? 0 : rehearsal.inputs.byteLength + rehearsal.labels.byteLength;
    await reserveEntry(this.env, describeEntry(record, bytes.length + samples), record.owner);
    if (this.#store.learner() !== undefined) return undefined;
    this.#change(() =>
      this.#store.transaction(() => {
        this.#store.create(record, bytes, rehearsal);
        this.#open(record);
      }),
    );
    await this.ctx.storage.setAlarm(computeExpiry(record));
    return record;
  }

  /** Throws 404. */
  #read(caller: Caller): StoredLearner {
    const record = this.#store.learner();
    const unknown = unknownLearner(this.ctx.id.toString());
    if (record === undefined) throw unknown;
    checkVisible(caller, record.owner.name, unknown);
    return record;
  }

  /** Throws 404, or 403 for a learner that the caller may only read. */
  #own(caller: Caller): StoredLearner {
    const record = this.#read(caller);
    checkOwner(caller, record.owner.name, `learner ${record.id}`, unknownLearner(record.id));
    return record;
  }

  /** Counts the bytes of the learner, before it grows. Throws 507. */
  async #reserve(record: StoredLearner): Promise<void> {
    if (record.examples % SNAPSHOT_EVERY !== 0) return;
    const { network, weights } = this.#open(record);
    const growth = weights.length + SNAPSHOT_EVERY * Float32Array.BYTES_PER_ELEMENT * inputSize(network.info.spec);
    await reserveEntry(this.env, describeEntry(record, this.#bytes + growth), record.owner);
    // Deleted meanwhile.
    if (this.#store.learner() === undefined) await removeEntry(this.ctx.storage, this.env, this.#entry);
  }

  /** Counts the bytes of a learner that shrank. If that fails, the alarm repeats it. */
  async #announce(record: StoredLearner): Promise<void> {
    try {
      await openDirectory(this.env).put(describeEntry(record, this.#bytes));
    } catch (error) {
      console.error(error);
      await this.ctx.storage.setAlarm(Date.now() + 1000 * LIMITS.cleanUpSeconds);
    }
  }

  get #bytes(): number {
    return this.#store.bytes + this.#answers.bytes;
  }

  #learn(caller: Caller, example: Example, key: RequestKey | null) {
    // Another request may have arrived during the last await.
    const record = this.#own(caller);
    const known = this.#answers.find<Omit<Lesson, 'learner'>>(key);
    if (known !== undefined) return { learner: record, answer: known };
    if (record.examples >= LIMITS.learnerExamples) throw tooManyExamples(record);
    const session = this.#open(record);
    const before = predictExample(session.network, example);
    return this.#change(() => {
      session.learn(example);
      // Throws before the commit if the network has no finite answer any more.
      const after = predictExample(session.network, example);
      const learner = updateRecord(record, record.examples + 1);
      const answer = { examples: learner.examples, before, after };
      this.#commit(learner, key, answer, () => this.#store.addExample(learner.examples, example, session.weights));
      return { learner, answer };
    });
  }

  /** Commits a change together with the answer to its request. */
  #commit(changed: StoredLearner, key: RequestKey | null, answer: unknown, write: () => void): void {
    this.#store.transaction(() => {
      this.#store.write(changed);
      write();
      this.#answers.add(key, answer);
    });
  }

  #open(record: StoredLearner): LearnerSession {
    return openSession(this, () => new LearnerSession(this.#store, record));
  }

  /** Runs a change. If it fails, the session may be half changed, and is restored from the store when needed. */
  #change<Result>(change: () => Result): Result {
    try {
      return change();
    } catch (error) {
      dropSession(this);
      throw error;
    }
  }

  /** Predictions postpone the deletion of a learner. They are recorded once a day. */
  #touch(record: StoredLearner): void {
    if (Date.now() - Date.parse(record.used) < MS_PER_DAY) return;
    try {
      this.#store.write({ ...record, used: new Date().toISOString() });
    } catch (error) {
      // A full storage must not refuse predictions.
      console.error(error);
    }
  }

  #file(record: StoredLearner): Uint8Array<ArrayBuffer> {
    return record.examples === 0 ? this.#store.file() : formatLearner(record, this.#open(record));
  }

  #describe(record: StoredLearner): Promise<LearnerInfo> {
    return describeLearner(record, this.#open(record));
  }

  async #delete(): Promise<void> {
    dropSession(this);
    await deleteObject(this.ctx, this.env, this.#entry);
  }

  get #entry() {
    return { kind: 'learner', name: this.ctx.id.toString() } as const;
  }
}

/** Throws 400 if the answer is not finite. */
function predictExample(network: Network, { inputs }: Example): Prediction | ValuePrediction {
  const [prediction] = answer(network, inputs);
  if (prediction === undefined) throw new Error('the network did not answer');
  return prediction;
}

export function unknownLearner(id: string): HttpError {
  return new HttpError(404, `learner ${id} not found`);
}

function tooManyExamples({ examples }: StoredLearner): HttpError {
  const most = formatNumber(LIMITS.learnerExamples);
  const got = `${formatNumber(examples)}: reset it, or promote it and fork the new version`;
  return new HttpError(409, `expected a learner with less than ${most} examples, got ${got}`);
}
