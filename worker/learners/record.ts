/** The record of a learner as an answer to clients, as an entry of the directory, and as a model file. */
import type { Learner } from '../../src/api/learners.ts';
import { type Dataset, sampleCount } from '../../src/core/dataset.ts';
import { formatModel } from '../../src/format/model-file.ts';
import { sha256 } from '../hash.ts';
import { LIMITS, MS_PER_DAY } from '../limits.ts';
import type { Entry } from '../storage/directory.ts';
import type { LearnerSession } from './session.ts';
import type { StoredLearner } from './store.ts';

/** The record after a change. */
export function updateRecord(record: StoredLearner, examples: number): StoredLearner {
  const now = new Date().toISOString();
  return { ...record, examples, updated: now, used: now };
}

/** Milliseconds since 1970. */
export function computeExpiry({ used }: StoredLearner): number {
  return Date.parse(used) + LIMITS.learnerDays * MS_PER_DAY;
}

export function describeEntry({ id, owner, model, version, created }: StoredLearner, bytes: number): Entry {
  return { kind: 'learner', name: id, owner: owner.name, bytes, summary: { model, version, created } };
}

export function describeRehearsal(samples: Dataset): StoredLearner['rehearsal'] {
  const kind = samples.inputs instanceof Uint8Array ? 'bytes' : 'floats';
  return { data: samples.name, samples: sampleCount(samples), kind };
}

function summarizeRehearsal(rehearsal: StoredLearner['rehearsal']): Learner['rehearsal'] {
  return rehearsal === null ? null : { data: rehearsal.data, samples: rehearsal.samples };
}

/** Reads the weights before the first await: another example may arrive during it. */
export async function describeLearner(record: StoredLearner, session: LearnerSession): Promise<Learner> {
  const { network, options, weights } = session;
  const { id, model, version, examples, rehearsal, created, updated } = record;
  const { learningRate, steps, seed } = options;
  const { targets } = network.info;
  return {
    id,
    model,
    version,
    examples,
    learningRate,
    steps,
    seed,
    rehearsal: summarizeRehearsal(rehearsal),
    layers: [...network.info.spec.layers],
    classes: [...network.info.classes],
    ...(targets && { targets: targets.map(({ name }) => name) }),
    weightsSha256: await sha256(weights),
    created,
    updated,
    expires: new Date(computeExpiry(record)).toISOString(),
  };
}

/** The model file of a learner with examples. */
export function formatLearner(
  { examples, rehearsal }: StoredLearner,
  session: LearnerSession,
): Uint8Array<ArrayBuffer> {
  const { info, mlp } = session.network;
  const { steps, learningRate, seed } = session.options;
  return formatModel({
    info: {
      ...info,
      // The test result is that of the forked model.
      ...(info.provenance === undefined ? {} : { provenance: { ...info.provenance, test: null } }),
      corrections: { examples, steps, learningRate, seed, rehearsal: summarizeRehearsal(rehearsal) },
    },
    parameters: mlp.parameters(),
  });
}
