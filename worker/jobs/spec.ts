/** What a job is asked to do. */
import { z } from '@hono/zod-openapi';
import { type AnyDataset, type Dataset, splitTail } from '../../src/core/dataset.ts';
import { defaultInitialisation } from '../../src/core/mlp.ts';
import { PixelPacker } from '../../src/core/packed.ts';
import { HIDDEN_ACTIVATIONS, INITIALISATIONS, type MlpSpec, parameterCount } from '../../src/core/spec.ts';
import { TRAINING_DEFAULTS } from '../../src/core/train.ts';
import { CsvTable } from '../../src/data/csv.ts';
import {
  defaultValidation,
  GENERATED_NAMES,
  type GeneratedName,
  generatedCounts,
  generatedSets,
} from '../../src/data/generated.ts';
import { SCALINGS, trainingParts } from '../../src/data/parts.ts';
import {
  type PicturesManifest,
  parsePictures,
  picturesBytes,
  type TableManifest,
  tableBytes,
} from '../datasets/pieces.ts';
import type { DatasetStore, Part } from '../datasets/store.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { NAME } from '../schemas/index.ts';

/** The names and defaults are those of `edge-mlp train`. */
export const JobRequest = z
  .strictObject({
    data: z.string().regex(NAME).default('digits').openapi({ description: 'digits, ellipse, or an uploaded set' }),
    scaling: z.enum(SCALINGS).default('standard').openapi({
      description: 'Of a table: standardise every feature by the training samples, or take numbers as they are',
    }),
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
    validation: z.int().min(0).optional(),
    final: z.boolean().default(false).openapi({ description: 'Train on all samples, measure on the test set' }),
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
  /** That the samples take, at most, with all their copies. */
  readonly bytes: number;
}

const GENERATED_SHAPES = {
  digits: { inputs: 784, classes: 10, hidden: [300], sampleBytes: 784 },
  ellipse: { inputs: 2, classes: 2, hidden: [3], sampleBytes: 2 * Float32Array.BYTES_PER_ELEMENT },
} as const satisfies Record<GeneratedName, object>;

/** Throws 404. */
export async function dataShape(store: DatasetStore, name: string): Promise<DataShape> {
  if (isGenerated(name)) return generatedShape(name);
  const manifest = await store.manifest(name);
  if (manifest === undefined) throw new HttpError(404, `there is no data set ${name}`);
  return manifest.kind === 'table' ? tableShape(manifest) : picturesShape(manifest);
}

function generatedShape(name: GeneratedName): DataShape {
  const { inputs, classes, hidden, sampleBytes } = GENERATED_SHAPES[name];
  const { training, test } = generatedCounts(name);
  // As they are made, and in linear memory.
  const bytes = 2 * (training + test) * sampleBytes;
  return { inputs, classes, hidden, trainingSamples: training, testSamples: test, bytes };
}

function picturesShape(manifest: PicturesManifest): DataShape {
  const { rows, columns, classes, training, test } = manifest;
  return {
    ...{ inputs: rows * columns, classes: Math.max(2, classes), hidden: [300] },
    ...{ trainingSamples: training.samples, testSamples: test?.samples ?? 0, bytes: picturesBytes(manifest) },
  };
}

function tableShape(manifest: TableManifest): DataShape {
  const { features, classes, training } = manifest;
  return {
    ...{ inputs: features.length, classes: classes.length, hidden: [300] },
    ...{ trainingSamples: training.samples, testSamples: 0, bytes: tableBytes(manifest) },
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
  const { data, seed, final } = spec;
  const held = heldOut(spec, shape);
  if (isGenerated(data)) return splitData(generatedSets(data, seed), held, final);
  const manifest = await store.manifest(data);
  if (manifest === undefined) throw new HttpError(404, `the data set ${data} is not there any more`);
  return manifest.kind === 'table'
    ? tableData(store, manifest, spec, held)
    : picturesData(store, manifest, held, final);
}

function splitData(
  sets: { training: AnyDataset; test: AnyDataset | undefined },
  held: number,
  final: boolean,
): JobData {
  const split = splitTail(sets.training, held);
  return {
    training: split.training,
    validation: held === 0 ? undefined : split.validation,
    test: final ? sets.test : undefined,
  };
}

async function picturesData(
  store: DatasetStore,
  manifest: PicturesManifest,
  held: number,
  final: boolean,
): Promise<JobData> {
  const training = await picturesSet(store, manifest, 'training');
  const test = final && manifest.test !== null ? await picturesSet(store, manifest, 'test') : undefined;
  return splitData({ training, test }, held, final);
}

/** As the command takes a CSV file: split by the seed, standardised by the training samples; there is nothing to test on. */
async function tableData(
  store: DatasetStore,
  manifest: TableManifest,
  { seed, scaling }: JobSpec,
  held: number,
): Promise<JobData> {
  const dataset = await tableSet(store, manifest);
  return { ...trainingParts(dataset, { validation: held, seed, shuffledSplit: true, scaling }), test: undefined };
}

/** Of pixels that are packed in one go: some milliseconds. */
const STRETCH_BYTES = 2 ** 20;

/** Piece after piece, so that no more than one of them is in memory unpacked. */
async function picturesSet(store: DatasetStore, manifest: PicturesManifest, part: Part): Promise<AnyDataset> {
  const { name, rows, columns, classes } = manifest;
  const { pieces, samples } = manifest[part] ?? { pieces: 0, samples: 0 };
  const packer = new PixelPacker(rows * columns, samples);
  const labels = new Uint16Array(samples);
  let taken = 0;
  for (let index = 0; index < pieces; index++) {
    const piece = parsePictures(await store.pieceBytes(name, part, index), `${name}, ${part} ${index}`);
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

/** Piece after piece, so that no more than one of them is in memory as text. */
async function tableSet(store: DatasetStore, manifest: TableManifest): Promise<Dataset> {
  const { name, features, labelName, classes, delimiter, training } = manifest;
  const { samples, pieces } = training;
  const table = new CsvTable({ name, labelColumn: labelName, features, classes, delimiter, samples });
  for (let index = 0; index < pieces; index++) {
    table.append(await store.pieceText(name, 'training', index), `${name}, training ${index}`);
    // Others have their turn.
    await scheduler.wait(1);
  }
  return table.dataset();
}

export function networkSpec({ hidden, activation }: JobSpec, shape: DataShape): MlpSpec {
  return { layers: [shape.inputs, ...(hidden ?? shape.hidden), shape.classes], hiddenActivation: activation };
}

export function initialisationOf({ init, activation }: JobSpec) {
  return init ?? defaultInitialisation(activation);
}

/**
 * Bytes that a job takes in its isolate: its samples, and the network with what training and a checkpoint need. Throws 413 where
 * that is too much.
 */
export function checkMemory(spec: JobSpec, shape: DataShape): number {
  const copies = spec.momentum > 0 || spec.weightDecay > 0 ? 7 : 4;
  const network = 4 * parameterCount(networkSpec(spec, shape).layers) * copies;
  const bytes = shape.bytes + network;
  if (bytes <= LIMITS.jobBytes) return bytes;
  const megabytes = (value: number) => `${Math.ceil(value / 2 ** 20)} MB`;
  throw new HttpError(
    413,
    `the job: expected at most ${megabytes(LIMITS.jobBytes)} of memory, got ${megabytes(bytes)}, ${megabytes(network)} of them for the network`,
  );
}

function isGenerated(name: string): name is GeneratedName {
  return GENERATED_NAMES.some((generated) => generated === name);
}
