/**
 * Clients that change what a service stores, and remember what it has acknowledged. A request without an answer may or
 * may not have happened, but never in part.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { type Client, ClientError, isOver, type Job, type Sweep } from '../../src/client/index.ts';
import type { Dataset } from '../../src/core/dataset.ts';
import { learn } from '../../src/core/learner.ts';
import { parameterBytes } from '../../src/core/parameters.ts';
import { digitsDataset } from '../../src/data/digits.ts';
import { createMlp, formatModel, parseModel } from '../../src/format/model-file.ts';
import { Mlp, type Random } from '../../src/index.ts';
import { loadKernels } from '../../src/runtime/node.ts';

const kernels = await loadKernels();

/** A client of one subject. */
export interface Actor {
  readonly name: string;
  /** Its token has this scope. */
  readonly scope: 'train' | 'admin';
  /** Sends one change, or asks for the progress of an earlier one. */
  act(client: Client, random: Random): Promise<void>;
  /** Throws unless the service has what it has acknowledged. */
  check(client: Client): Promise<void>;
  /** Counts for a report. */
  summarize(): string;
}

export function createActors(reference: Reference): Actor[] {
  return [new ModelActor(), new DatasetActor(), new JobActor(reference), new SweepActor(reference), new LearnerActor()];
}

/** Acts until the service dies or refuses for its rate. Returns the number of answered requests. */
export async function actUntilDown(actor: Actor, client: Client, random: Random): Promise<number> {
  for (let answered = 0; ; answered++) {
    try {
      await actor.act(client, random);
    } catch (error) {
      if (error instanceof assert.AssertionError || isRefusal(error)) throw error;
      return answered;
    }
  }
}

/** Whether the service has refused a request, for another reason than its rate. */
function isRefusal(error: unknown): boolean {
  return error instanceof ClientError && error.status < 500 && error.status !== 429;
}

/** The value, or undefined if the service does not have it. */
async function find<Value>(request: Promise<Value>): Promise<Value | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ClientError && error.status === 404) return undefined;
    throw error;
  }
}

/** A model file of 1.3 MB, two chunks in the storage. */
function createFile(seed: number): Uint8Array<ArrayBuffer> {
  const mlp = Mlp.create(kernels, { layers: [784, 400, 10], seed });
  const classes = Array.from({ length: 10 }, (_, label) => String(label));
  const file = formatModel({
    info: { spec: mlp.spec, classes, scaling: { kind: 'bytes' }, imageShape: [28, 28] },
    parameters: mlp.parameters(),
  });
  mlp.dispose();
  return file;
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Uploads, publishes, moves an alias, deletes versions and whole models. */
class ModelActor implements Actor {
  readonly name = 'models';
  readonly scope = 'admin';
  readonly #model = 'kept';
  /** Hashes of acknowledged files, by version. */
  readonly #versions = new Map<number, string>();
  /** Requested deletions, answered or not. */
  readonly #deleting = new Set<number>();
  readonly #deleted = new Set<number>();
  /** Acknowledged deletions of whole models. */
  readonly #gone = new Set<string>();
  /** Target of the alias stable; undefined while a move has no answer. */
  #stable: number | undefined;
  #next = 1;
  #whole = 0;
  #isWholeStored = false;

  async act({ models }: Client, random: Random): Promise<void> {
    const kept = [...this.#versions.keys()].filter((version) => !this.#deleting.has(version));
    const additions = kept.length < 6 ? ['upload', 'publish'] : [];
    const kinds = ['whole', ...additions, ...(kept.length < 3 ? [] : ['move', 'delete'])];
    const kind = kinds[random.below(kinds.length)];
    if (kind === 'upload' || kind === 'publish') {
      const file = createFile(this.#next);
      // Published versions take the numbers between those of uploads.
      const number = 1000 * this.#next++;
      const request = kind === 'upload' ? models.upload(this.#model, number, file) : models.publish(this.#model, file);
      this.#versions.set((await request).version, hash(file));
    } else if (kind === 'move') {
      this.#stable = undefined;
      const target = kept[random.below(kept.length)] ?? 0;
      await models.moveAlias(this.#model, 'stable', target);
      this.#stable = target;
    } else if (kind === 'delete') {
      const { served } = await models.get(this.#model);
      const version = kept.find((each) => each !== served) ?? 0;
      this.#deleting.add(version);
      await models.deleteVersion(this.#model, version);
      this.#deleted.add(version);
    } else await this.#changeWhole({ models });
  }

  async #changeWhole({ models }: Pick<Client, 'models'>): Promise<void> {
    const name = `whole-${this.#whole}`;
    if (this.#isWholeStored) {
      // A deletion without an answer may be repeated.
      await find(models.delete(name));
      this.#gone.add(name);
      this.#whole++;
    } else await models.publish(name, createFile(0));
    this.#isWholeStored = !this.#isWholeStored;
  }

  async check({ models }: Client): Promise<void> {
    const names = await models.names();
    for (const name of this.#gone) assert(!names.includes(name), `${name} was deleted`);
    const model = await find(models.get(this.#model));
    assert(model !== undefined || this.#versions.size === 0, 'the model is lost');
    if (model === undefined) return;
    assert(names.includes(this.#model));
    const numbers = model.versions.map(({ version }) => version);
    for (const target of [model.served, ...Object.values(model.aliases)]) assert(numbers.includes(target));
    if (this.#stable !== undefined) assert.equal(model.served, this.#stable);
    for (const number of this.#deleted) assert(!numbers.includes(number), `version ${number} was deleted`);
    for (const number of this.#versions.keys()) {
      assert(numbers.includes(number) || this.#deleting.has(number), `version ${number} is lost`);
    }
    // Versions without an answer are whole as well.
    for (const { version, sha256 } of model.versions) {
      assert.equal(hash(await models.download(this.#model, version)), sha256);
      assert.equal(this.#versions.get(version) ?? sha256, sha256);
    }
  }

  summarize(): string {
    return `${this.#versions.size} versions, ${this.#deleted.size} deleted, ${this.#gone.size} models deleted`;
  }
}

const PIECES = 3;
/** Rows of a piece of a table. */
const PIECE_ROWS = 20;

/** Uploads pieces, finishes data sets and deletes every second one. */
class DatasetActor implements Actor {
  readonly name = 'datasets';
  readonly scope = 'train';
  readonly #finished = new Set<string>();
  readonly #deleting = new Set<string>();
  readonly #deleted = new Set<string>();
  #count = 0;
  #pieces = 0;

  async act({ datasets }: Client, random: Random): Promise<void> {
    const name = `table-${this.#count}`;
    const old = [...this.#finished].find((each) => !this.#deleting.has(each));
    if (this.#finished.size - this.#deleting.size > 3 && old !== undefined && random.below(2) === 0) {
      this.#deleting.add(old);
      await datasets.delete(old);
      this.#deleted.add(old);
    } else if (this.#pieces < PIECES) {
      const rows = Array.from({ length: PIECE_ROWS }, (_, row) => `${row},${this.#pieces},${row % 2 ? 'a' : 'b'}\n`);
      await datasets.uploadRows(name, this.#pieces, `x,y,kind\n${rows.join('')}`);
      this.#pieces++;
    } else {
      await datasets.finish(name, { training: PIECES });
      this.#finished.add(name);
      this.#count++;
      this.#pieces = 0;
    }
  }

  async check({ datasets }: Client): Promise<void> {
    const names = await datasets.names();
    for (const name of this.#deleted) {
      assert(!names.includes(name), `${name} was deleted`);
      assert.equal(await find(datasets.get(name)), undefined);
    }
    for (const name of this.#finished) {
      if (this.#deleted.has(name)) continue;
      const info = await find(datasets.get(name));
      assert(info !== undefined || this.#deleting.has(name), `${name} is lost`);
      // A list may have the name for a minute after a deletion without an answer.
      if (!this.#deleting.has(name)) assert(names.includes(name), `${name} is not in the list`);
      if (info !== undefined) assert.equal(info.training.samples, PIECES * PIECE_ROWS);
    }
  }

  summarize(): string {
    return `${this.#finished.size} data sets, ${this.#deleted.size} deleted`;
  }
}

const JOB = { data: 'digits', hidden: [64], epochs: 4, seed: 4, learningRate: 0.02 } as const;
const PUBLISHED = 'trained';
const SWEEP = { data: 'digits', grid: { learningRate: [0.01, 0.1], hidden: [[16]], epochs: [1] }, seeds: [5] };
const POLL_MS = 100;

/** Results of a job and a sweep that nothing disturbed. */
export interface Reference {
  readonly weightsSha256: string;
  readonly sweep: readonly unknown[];
}

export async function createReference(client: Client): Promise<Reference> {
  let [job, sweep] = [await client.jobs.start(JOB), await client.sweeps.start(SWEEP)];
  while (!isOver(job.state) || sweep.state.status === 'running') {
    await wait(POLL_MS);
    [job, sweep] = [await client.jobs.get(job.id), await client.sweeps.get(sweep.id)];
  }
  return { weightsSha256: readHash(job), sweep: readTable(sweep) };
}

function readHash({ state }: Job): string {
  assert.equal(state.status, 'succeeded', JSON.stringify(state));
  return (state as Extract<Job['state'], { status: 'succeeded' }>).result.weightsSha256;
}

/** Results of all runs, without times. */
function readTable({ state, trials }: Sweep): unknown[] {
  assert.equal(state.status, 'finished', JSON.stringify(state));
  return trials.map(({ options, runs }) => [
    options,
    runs.map(({ seed, state }) => [seed, state.status === 'succeeded' ? state.weightsSha256 : state]),
  ]);
}

/** Starts jobs, cancels and resumes some, and waits for the weights of the reference. */
class JobActor implements Actor {
  readonly name = 'jobs';
  readonly scope = 'train';
  readonly #reference: Reference;
  #count = 0;
  #id: string | undefined;
  #done = 0;

  constructor(reference: Reference) {
    this.#reference = reference;
  }

  async act({ jobs }: Client, random: Random): Promise<void> {
    if (this.#id === undefined) {
      this.#id = (await jobs.start({ ...JOB, publish: PUBLISHED }, `job ${this.#count}`)).id;
      return;
    }
    const { state } = await jobs.get(this.#id);
    if (state.status === 'cancelled') await jobs.resume(this.#id);
    else if (!isOver(state)) {
      if (random.below(20) === 0) await ignoreConflict(jobs.cancel(this.#id));
      await wait(POLL_MS);
    } else {
      await this.#checkResult(await jobs.get(this.#id));
      this.#id = undefined;
      this.#count++;
      this.#done++;
    }
  }

  async #checkResult(job: Job): Promise<void> {
    assert.equal(readHash(job), this.#reference.weightsSha256);
  }

  async check({ jobs, models }: Client): Promise<void> {
    if (this.#id !== undefined) {
      const listed = await jobs.list();
      assert(
        listed.some(({ id }) => id === this.#id),
        'the job is not in the list',
      );
    }
    if (this.#done === 0) return;
    // All jobs have the same weights, and a file is published once.
    const { versions } = await models.get(PUBLISHED);
    assert.equal(versions.length, 1);
  }

  summarize(): string {
    return `${this.#done} jobs with the weights of an undisturbed one`;
  }
}

/** The job may have ended or be publishing. */
async function ignoreConflict(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof ClientError && error.status === 409)) throw error;
  }
}

/** Starts sweeps, waits for the table of the reference, and deletes them. */
class SweepActor implements Actor {
  readonly name = 'sweeps';
  readonly scope = 'train';
  readonly #reference: Reference;
  #count = 0;
  #id: string | undefined;
  #deleting = false;
  #done = 0;

  constructor(reference: Reference) {
    this.#reference = reference;
  }

  async act({ sweeps }: Client): Promise<void> {
    if (this.#id === undefined) {
      this.#id = (await sweeps.start(SWEEP, `sweep ${this.#count}`)).id;
      return;
    }
    if (!this.#deleting) {
      const sweep = await sweeps.get(this.#id);
      if (sweep.state.status === 'running') return wait(5 * POLL_MS);
      assert.deepEqual(readTable(sweep), this.#reference.sweep);
      this.#done++;
      this.#deleting = true;
    }
    // A deletion without an answer may be repeated.
    await find(sweeps.delete(this.#id));
    this.#id = undefined;
    this.#deleting = false;
    this.#count++;
  }

  async check({ sweeps }: Client): Promise<void> {
    const listed = (await sweeps.list()).map(({ id }) => id);
    if (this.#id === undefined || this.#deleting) return;
    assert(listed.includes(this.#id), 'the sweep is not in the list');
    await sweeps.get(this.#id);
  }

  summarize(): string {
    return `${this.#done} sweeps with the table of an undisturbed one`;
  }
}

const LEARNER = { model: 'mnist', version: 0, rehearsal: null, steps: 2, seed: 7 } as const;
const MAX_EXAMPLES = 25;
const digits = digitsDataset({ samples: MAX_EXAMPLES, seed: 11 });

/** Teaches a learner, undoes examples, and compares its weights with a local replay. */
class LearnerActor implements Actor {
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
