/** The samples of a job, bit-identical to those of the command. */
import kernelsModule from '../../build/kernels.wasm';
import type { Part } from '../../src/api/datasets.ts';
import type { RequestedJob } from '../../src/api/jobs.ts';
import type { AnyDataset, Dataset } from '../../src/core/dataset.ts';
import { Kernels } from '../../src/core/kernels.ts';
import { PackedPixels, PixelPacker } from '../../src/core/packed.ts';
import { splitTail } from '../../src/core/split.ts';
import { CsvTable } from '../../src/data/csv-table.ts';
import { decodeText } from '../../src/data/decode.ts';
import { type GeneratedName, generatedPart, isGenerated } from '../../src/data/generated.ts';
import { trainingParts, withClasses } from '../../src/data/parts.ts';
import { applyScaling } from '../../src/data/scaling.ts';
import { listColumns, type ModelInfo } from '../../src/format/metadata.ts';
import { type PicturesManifest, parsePictures, pickDialect, type TableManifest } from '../datasets/pieces.ts';
import type { DatasetRegistry } from '../datasets/registry.ts';
import { HttpError } from '../errors.ts';
import { type DataShape, readPicturesInfo } from './shape.ts';
import { countHeldOut } from './spec.ts';

/** Steps of generating samples, some milliseconds each, between two pauses for other requests. */
const GENERATION_STRETCH = 4;
/** Pixels that are packed between two pauses: some milliseconds. */
const PACKING_STRETCH = 2 ** 20;

export interface JobData {
  readonly training: AnyDataset;
  readonly validation: AnyDataset | undefined;
  readonly test: AnyDataset | undefined;
}

interface DataOptions {
  readonly shape: DataShape;
  /** The start model, with `from`: its classes, features and scaling apply to the samples. */
  readonly info?: ModelInfo | undefined;
}

/** Throws 404 if the data set was deleted, 409 if it was replaced, or 503. */
export async function loadJobData(store: DatasetRegistry, spec: RequestedJob, options: DataOptions): Promise<JobData> {
  const data = await loadParts(store, spec, options);
  const { info } = options;
  if (info === undefined) return data;
  const adapt = (set: AnyDataset | undefined) => set && adaptTo(info, set);
  return { training: adaptTo(info, data.training), validation: adapt(data.validation), test: adapt(data.test) };
}

/** Pictures stay packed bytes: the request was refused unless the start model takes pixels. */
function adaptTo({ classes, scaling }: ModelInfo, set: AnyDataset): AnyDataset {
  const named = withClasses(set, classes);
  if (named.scaling.kind !== 'identity' || named.inputs instanceof PackedPixels) return named;
  return applyScaling(named as Dataset, scaling);
}

async function loadParts(store: DatasetRegistry, spec: RequestedJob, { shape, info }: DataOptions): Promise<JobData> {
  const { data: name, seed, dataSeed = seed, final } = spec;
  const held = countHeldOut(spec, shape);
  if (isGenerated(name)) {
    const training = await generate(name, dataSeed, 'training');
    return splitData(training, final ? await generate(name, dataSeed, 'test') : undefined, held);
  }
  const manifest = await store.manifest(name);
  if (manifest.sha256 !== shape.sha256) {
    throw new HttpError(409, `data set ${name} was replaced after the start of the job: start a new job`);
  }
  if (manifest.kind === 'pictures') {
    const training = await loadPictures(store, manifest, 'training');
    const test = final && manifest.test !== null ? await loadPictures(store, manifest, 'test') : undefined;
    return splitData(training, test, held);
  }
  // As the command handles CSV files: a random split, standardised by the training samples.
  const dataset = await loadTable(store, manifest, info);
  const scaling = info?.scaling ?? spec.scaling;
  const targets = info?.targets;
  const parts = trainingParts(dataset, { validation: held, seed: dataSeed, shuffledSplit: true, scaling, targets });
  return { ...parts, test: undefined };
}

function splitData(samples: AnyDataset, test: AnyDataset | undefined, held: number): JobData {
  const { training, validation } = splitTail(samples, held);
  return { training, validation: held === 0 ? undefined : validation, test };
}

const generated = new Map<string, WeakRef<Dataset>>();
const generating = new Map<string, ReturnType<typeof generatedPart>>();

/**
 * The jobs of a sweep have the same data and share it within an isolate, as long as one of them uses it. Jobs that
 * start together advance one generator in turns, because an object cannot wait for the I/O of another.
 */
async function generate(name: GeneratedName, seed: number, part: Part): Promise<Dataset> {
  const key = `${name} ${seed} ${part}`;
  for (let step = 1; ; step++) {
    const known = generated.get(key)?.deref();
    if (known !== undefined) return known;
    const work = generating.get(key) ?? generatedPart(name, seed, part);
    generating.set(key, work);
    const { value, done } = work.next();
    if (done) {
      generating.delete(key);
      generated.set(key, new WeakRef(value));
      return value;
    }
    if (step % GENERATION_STRETCH === 0) await scheduler.wait(1);
  }
}

/** Reads one piece at a time, so that only one is unpacked in memory. */
async function loadPictures(store: DatasetRegistry, manifest: PicturesManifest, part: Part): Promise<AnyDataset> {
  const { name, rows, columns } = manifest;
  const { pieces, samples } = manifest[part] ?? { pieces: 0, samples: 0 };
  const packer = new PixelPacker(new Kernels(kernelsModule), rows * columns, samples);
  const labels = new Uint16Array(samples);
  let end = 0;
  for (let index = 0; index < pieces; index++) {
    const piece = parsePictures(await store.piece(manifest, part, index), `${name}, ${part} ${index}`);
    for (let at = 0; at < piece.pixels.length; at += PACKING_STRETCH) {
      packer.append(piece.pixels.subarray(at, at + PACKING_STRETCH));
      await scheduler.wait(1);
    }
    labels.set(piece.labels, end);
    end += piece.labels.length;
  }
  return { name, inputs: packer.finish(), labels, ...readPicturesInfo(manifest) };
}

/** Reads one piece at a time, so that only one is in memory as text. */
async function loadTable(store: DatasetRegistry, manifest: TableManifest, info?: ModelInfo): Promise<Dataset> {
  const { name, labelName, targets, weightName: weightColumn, training } = manifest;
  const { samples, pieces } = training;
  const columns = listColumns(info ?? manifest) ?? listColumns(manifest);
  const { classes } = info ?? manifest;
  const outputs = targets === undefined ? { labelColumn: labelName, classes } : { targets };
  const table = new CsvTable({ ...pickDialect(manifest), ...outputs, name, weightColumn, columns, samples });
  for (let index = 0; index < pieces; index++) {
    const label = `${name}, training ${index}`;
    table.append(decodeText(await store.piece(manifest, 'training', index), label), label);
    await scheduler.wait(1);
  }
  return table.dataset();
}
