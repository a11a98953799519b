/** What a job is asked to do. */
import { z } from '@hono/zod-openapi';
import { type AnyDataset, splitTail } from '../../src/core/dataset.ts';
import { defaultInitialisation } from '../../src/core/mlp.ts';
import { PixelPacker } from '../../src/core/packed.ts';
import { HIDDEN_ACTIVATIONS, INITIALISATIONS, type MlpSpec, parameterCount } from '../../src/core/spec.ts';
import { TRAINING_DEFAULTS } from '../../src/core/train.ts';
import { defaultValidation, GENERATED_NAMES, type GeneratedName, generatedSets } from '../../src/data/generated.ts';
import { type DatasetStore, type Manifest, type Part, packedBytes } from '../datasets/store.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { NAME } from '../schemas/index.ts';

/** The names and defaults are those of `edge-mlp train`. */
export const JobRequest = z
  .strictObject({
    data: z.string().regex(NAME).default('digits').openapi({ description: 'digits, ellipse, or an uploaded set' }),
    hidden: z
      .array(z.int().min(1).max(4096))
      .max(8)
      .optional()
      .openapi({ example: [300] }),
    activation: z.enum(HIDDEN_ACTIVATIONS).default('sigmoid'),
    init: z.enum(INITIALISATIONS).optional(),
    epochs: z.int().min(1).max(1000).default(TRAINING_DEFAULTS.epochs),
    batchSize: z.int().min(1).max(1000).default(TRAINING_DEFAULTS.batchSize),
    learningRate: z.number().positive().default(TRAINING_DEFAULTS.learningRate),
    momentum: z.number().min(0).lt(1).default(TRAINING_DEFAULTS.momentum),
    weightDecay: z.number().min(0).default(TRAINING_DEFAULTS.weightDecay),
    seed: z.int().min(0).max(0xffffffff).default(TRAINING_DEFAULTS.seed),
    dataSeed: z.int().min(0).max(0xffffffff).optional().openapi({ description: 'Of generated data; default: seed' }),
    validation: z.int().min(0).optional(),
    final: z.boolean().default(false).openapi({ description: 'Train on all samples, measure on the test set' }),
    record: z.boolean().default(false).openapi({
      description: 'Keep the loss of every step, and measure the training set after every epoch: GET /jobs/{id}/run',
    }),
    publish: z
      .string()
      .regex(NAME)
      .optional()
      .openapi({ description: 'Name under which the model goes to the registry' }),
  })
  .openapi('JobRequest');

export type JobSpec = z.infer<typeof JobRequest>;

export interface JobData {
  readonly training: AnyDataset;
  readonly validation: AnyDataset | undefined;
  readonly test: AnyDataset | undefined;
}

/** What is known of the data before they are read. */
export interface DataShape {
  readonly inputs: number;
  readonly classes: number;
  readonly trainingSamples: number;
  readonly testSamples: number;
  /** Hidden layers where none are asked for. */
  readonly hidden: readonly number[];
  /** In memory, once. */
  readonly bytes: number;
}

const GENERATED_SHAPES: Readonly<Record<GeneratedName, DataShape>> = {
  digits: {
    ...{ inputs: 784, classes: 10, hidden: [300] },
    ...{ trainingSamples: 12_000, testSamples: 2000, bytes: 14_000 * 784 },
  },
  ellipse: {
    ...{ inputs: 2, classes: 2, hidden: [3] },
    ...{ trainingSamples: 4000, testSamples: 1000, bytes: 5000 * 8 },
  },
};

/** Throws 404. */
export async function dataShape(store: DatasetStore, name: string): Promise<DataShape> {
  if (isGenerated(name)) return GENERATED_SHAPES[name];
  const manifest = await store.manifest(name);
  if (manifest === undefined) throw new HttpError(404, `there is no data set ${name}`);
  const { rows, columns, classes, training, test } = manifest;
  const inputs = rows * columns;
  return {
    ...{ inputs, classes: Math.max(2, classes), hidden: [300] },
    ...{ trainingSamples: training.samples, testSamples: test?.samples ?? 0 },
    bytes: packedBytes(training, inputs) + (test === null ? 0 : packedBytes(test, inputs)),
  };
}

/** How many samples are held out. Throws 400. */
export function heldOut({ validation, final, data }: JobSpec, { trainingSamples }: DataShape): number {
  const held = final ? 0 : (validation ?? defaultValidation(trainingSamples));
  if (held < trainingSamples) return held;
  throw new HttpError(400, `validation: expected less than the ${trainingSamples} samples of ${data}, got ${held}`);
}

/** The same samples as `edge-mlp train` has of the same data. Throws 404 where they are not there any more, 503. */
export async function jobData(store: DatasetStore, spec: JobSpec, shape: DataShape): Promise<JobData> {
  const { data, seed, dataSeed = seed, final } = spec;
  const held = heldOut(spec, shape);
  const sets: { training: AnyDataset; test: AnyDataset | undefined } = isGenerated(data)
    ? sharedSets(data, dataSeed)
    : await uploadedSets(store, data, final);
  const split = splitTail(sets.training, held);
  return {
    training: split.training,
    validation: held === 0 ? undefined : split.validation,
    test: final ? sets.test : undefined,
  };
}

const generated = new Map<string, WeakRef<ReturnType<typeof generatedSets>>>();

/** The jobs of a sweep have the same data: those of one isolate share them for as long as any of them is there. */
function sharedSets(name: GeneratedName, seed: number): ReturnType<typeof generatedSets> {
  const key = `${name} ${seed}`;
  const known = generated.get(key)?.deref();
  if (known !== undefined) return known;
  const sets = generatedSets(name, seed);
  generated.set(key, new WeakRef(sets));
  return sets;
}

async function uploadedSets(store: DatasetStore, name: string, final: boolean) {
  const manifest = await store.manifest(name);
  if (manifest === undefined) throw new HttpError(404, `the data set ${name} is not there any more`);
  return {
    training: await uploadedSet(store, manifest, 'training'),
    test: final && manifest.test !== null ? await uploadedSet(store, manifest, 'test') : undefined,
  };
}

/** Of pixels that are packed in one go: some milliseconds. */
const STRETCH_BYTES = 2 ** 20;

/** Piece after piece, so that no more than one of them is in memory unpacked. */
async function uploadedSet(store: DatasetStore, manifest: Manifest, part: Part): Promise<AnyDataset> {
  const { name, rows, columns, classes } = manifest;
  const { pieces, samples } = manifest[part] ?? { pieces: 0, samples: 0 };
  const packer = new PixelPacker(rows * columns, samples);
  const labels = new Uint16Array(samples);
  let taken = 0;
  for (let index = 0; index < pieces; index++) {
    const piece = await store.piece(name, part, index);
    for (let at = 0; at < piece.pixels.length; at += STRETCH_BYTES) {
      packer.append(piece.pixels.subarray(at, at + STRETCH_BYTES));
      // Others have their turn.
      await scheduler.wait(1);
    }
    labels.set(piece.labels, taken);
    taken += piece.labels.length;
  }
  return {
    ...{ name, inputs: packer.finish(), labels, columns: rows * columns },
    classes: Array.from({ length: Math.max(2, classes) }, (_, label) => String(label)),
    scaling: { kind: 'bytes' },
    imageShape: [rows, columns],
  };
}

export function networkSpec({ hidden, activation }: JobSpec, shape: DataShape): MlpSpec {
  return { layers: [shape.inputs, ...(hidden ?? shape.hidden), shape.classes], hiddenActivation: activation };
}

export function initialisationOf({ init, activation }: JobSpec) {
  return init ?? defaultInitialisation(activation);
}

/**
 * Bytes that a job takes in its isolate: the samples twice, as they are read and in linear memory, the network with what
 * training and a checkpoint need, and what is recorded of its steps, twice while it is put together. Throws 413 where that is
 * too much.
 */
export function checkMemory(spec: JobSpec, shape: DataShape): number {
  const copies = spec.momentum > 0 || spec.weightDecay > 0 ? 7 : 4;
  const network = 4 * parameterCount(networkSpec(spec, shape).layers) * copies;
  const steps = spec.epochs * Math.ceil((shape.trainingSamples - heldOut(spec, shape)) / spec.batchSize);
  const recorded = spec.record ? 2 * 8 * steps : 0;
  const bytes = 2 * shape.bytes + network + recorded;
  if (bytes <= LIMITS.jobBytes) return bytes;
  const megabytes = (value: number) => `${Math.ceil(value / 2 ** 20)} MB`;
  const parts = [
    `${megabytes(2 * shape.bytes)} for the samples`,
    `${megabytes(network)} for the network`,
    ...(recorded > 0 ? [`${megabytes(recorded)} for the record of its steps`] : []),
  ];
  throw new HttpError(
    413,
    `the job: expected at most ${megabytes(LIMITS.jobBytes)} of memory, got ${megabytes(bytes)}: ${parts.join(', ')}`,
  );
}

function isGenerated(name: string): name is GeneratedName {
  return GENERATED_NAMES.some((generated) => generated === name);
}
