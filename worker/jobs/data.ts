/** A job's data: the very samples that the command has of them. */
import { type AnyDataset, type Dataset, splitTail } from '../../src/core/dataset.ts';
import { PackedPixels, PixelPacker } from '../../src/core/packed.ts';
import { CsvTable } from '../../src/data/csv-table.ts';
import { decodeText } from '../../src/data/decode.ts';
import { type GeneratedName, generatedPart, generatedSets, isGenerated } from '../../src/data/generated.ts';
import { trainingParts, withClasses } from '../../src/data/parts.ts';
import { applyScaling } from '../../src/data/scaling.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { type PicturesManifest, parsePictures, type TableManifest } from '../datasets/pieces.ts';
import type { DatasetStore, Part } from '../datasets/store.ts';
import { HttpError } from '../errors.ts';
import type { Contract } from '../models/contract.ts';
import type { DataShape } from './shape.ts';
import { heldOut, type JobSpec } from './spec.ts';

export interface JobData {
  readonly training: AnyDataset;
  readonly validation: AnyDataset | undefined;
  readonly test: AnyDataset | undefined;
}

/** What a model that learns from them takes and tells apart, and their columns: known before they are read. Throws 404. */
export async function dataContract(store: DatasetStore, name: string): Promise<Contract & Pick<Dataset, 'features'>> {
  const { columns, features, ...set } = isGenerated(name) ? generatedSample(name) : await storedSet(store, name);
  return {
    ...{ inputs: columns, classes: set.classes, imageShape: set.imageShape ?? null },
    pixels: set.scaling.kind === 'bytes',
    ...(features === undefined ? {} : { features }),
  };
}

type SetInfo = Pick<Dataset, 'columns' | 'classes' | 'scaling' | 'imageShape' | 'pictures' | 'features'>;

function generatedSample(name: GeneratedName): SetInfo {
  return generatedSets(name, 0, { training: 1, test: 1 }).training;
}

async function storedSet(store: DatasetStore, name: string): Promise<SetInfo> {
  const manifest = await store.manifest(name);
  if (manifest === undefined) throw new HttpError(404, `there is no data set ${name}`);
  if (manifest.kind === 'pictures') return picturesInfo(manifest);
  const { features, classes } = manifest;
  return { columns: features.length, features, classes, scaling: { kind: 'identity' } };
}

/**
 * The same samples as `edge-mlp train` has of the same data; for a network that is trained on, by its classes, features and scaling.
 * Throws 404 where they are not there any more, 503.
 */
export async function jobData(
  store: DatasetStore,
  spec: JobSpec,
  { shape, info }: { readonly shape: DataShape; readonly info?: ModelInfo | undefined },
): Promise<JobData> {
  const data = await ownData(store, spec, shape, info);
  if (info === undefined) return data;
  const { training, validation, test } = data;
  return {
    training: fitted(training, info),
    validation: validation === undefined ? undefined : fitted(validation, info),
    test: test === undefined ? undefined : fitted(test, info),
  };
}

/** Pictures are packed, and taken as they are; the route has seen to it that the network takes such. */
function fitted(set: AnyDataset, { classes, scaling }: ModelInfo): AnyDataset {
  const named = withClasses(set, classes);
  if (named.scaling.kind !== 'identity' || named.inputs instanceof PackedPixels) return named;
  return applyScaling(named as Dataset, scaling);
}

async function ownData(
  store: DatasetStore,
  spec: JobSpec,
  shape: DataShape,
  info: ModelInfo | undefined,
): Promise<JobData> {
  const { data, seed, dataSeed = seed, final } = spec;
  const held = heldOut(spec, shape);
  if (isGenerated(data)) return generatedData(data, dataSeed, held, final);
  const manifest = await store.manifest(data);
  if (manifest === undefined) throw new HttpError(404, `the data set ${data} is not there any more`);
  if (manifest.sha256 !== shape.sha256) {
    throw new HttpError(409, `the data set ${data} is another one than the job was begun with`);
  }
  return manifest.kind === 'table'
    ? tableData(store, manifest, spec, { held, info })
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

/** Steps of making samples, some milliseconds each, before others have their turn: a turn takes as long. */
const MAKING_STRETCH = 4;

const generated = new Map<string, WeakRef<Dataset>>();
const making = new Map<string, ReturnType<typeof generatedPart>>();

/**
 * The jobs of a sweep have the same data: those of one isolate share them for as long as any of them is there. Those that begin
 * at once make them together, each a stretch: an object must not wait for what another one has under way.
 */
async function shared(name: GeneratedName, seed: number, part: Part): Promise<Dataset> {
  const key = `${name} ${seed} ${part}`;
  for (let step = 1; ; step++) {
    const known = generated.get(key)?.deref();
    if (known !== undefined) return known;
    const work = making.get(key) ?? generatedPart(name, seed, part);
    making.set(key, work);
    const { value, done } = work.next();
    if (done) {
      making.delete(key);
      generated.set(key, new WeakRef(value));
      return value;
    }
    if (step % MAKING_STRETCH === 0) await scheduler.wait(1);
  }
}

async function generatedData(name: GeneratedName, seed: number, held: number, final: boolean): Promise<JobData> {
  const training = await shared(name, seed, 'training');
  return splitData({ training, test: final ? await shared(name, seed, 'test') : undefined }, held, final);
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
  { seed, dataSeed = seed, ...spec }: JobSpec,
  { held, info }: { readonly held: number; readonly info: ModelInfo | undefined },
): Promise<JobData> {
  const dataset = await tableSet(store, manifest, info);
  const scaling = info?.scaling ?? spec.scaling;
  return {
    ...trainingParts(dataset, { validation: held, seed: dataSeed, shuffledSplit: true, scaling }),
    test: undefined,
  };
}

/** Of pixels that are packed in one go: some milliseconds. */
const STRETCH_BYTES = 2 ** 20;

/** Piece after piece, so that no more than one of them is in memory unpacked. */
async function picturesSet(store: DatasetStore, manifest: PicturesManifest, part: Part): Promise<AnyDataset> {
  const { name, rows, columns } = manifest;
  const { pieces, samples } = manifest[part] ?? { pieces: 0, samples: 0 };
  const packer = new PixelPacker(rows * columns, samples);
  const labels = new Uint16Array(samples);
  let taken = 0;
  for (let index = 0; index < pieces; index++) {
    const piece = parsePictures(await store.piece(manifest, part, index), `${name}, ${part} ${index}`);
    for (let at = 0; at < piece.pixels.length; at += STRETCH_BYTES) {
      packer.append(piece.pixels.subarray(at, at + STRETCH_BYTES));
      // Others have their turn.
      await scheduler.wait(1);
    }
    labels.set(piece.labels, taken);
    taken += piece.labels.length;
  }
  return { name, inputs: packer.finish(), labels, ...picturesInfo(manifest) };
}

function picturesInfo({ rows, columns, classes, classNames, pictures }: PicturesManifest): SetInfo {
  return {
    columns: rows * columns,
    classes: classNames ?? Array.from({ length: Math.max(2, classes) }, (_, label) => String(label)),
    scaling: { kind: 'bytes' },
    imageShape: [rows, columns],
    ...(pictures === undefined ? {} : { pictures }),
  };
}

/** Piece after piece, so that no more than one of them is in memory as text. */
async function tableSet(store: DatasetStore, manifest: TableManifest, info?: ModelInfo): Promise<Dataset> {
  const { name, labelName, delimiter, training } = manifest;
  const { samples, pieces } = training;
  const { features = manifest.features, classes } = info ?? manifest;
  const table = new CsvTable({ name, labelColumn: labelName, features, classes, delimiter, samples });
  for (let index = 0; index < pieces; index++) {
    const label = `${name}, training ${index}`;
    table.append(decodeText(await store.piece(manifest, 'training', index), label), label);
    // Others have their turn.
    await scheduler.wait(1);
  }
  return table.dataset();
}
