/** What is known of a job's data before they are read. */
import { type GeneratedName, generatedCounts, isGenerated } from '../../src/data/generated.ts';
import { type PicturesManifest, picturesBytes, type TableManifest, tableBytes } from '../datasets/pieces.ts';
import type { DatasetStore } from '../datasets/store.ts';
import { HttpError } from '../errors.ts';

export interface DataShape {
  readonly inputs: number;
  readonly classes: number;
  readonly trainingSamples: number;
  readonly testSamples: number;
  /** What tells an uploaded set from another one of its name. */
  readonly sha256: string | null;
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
  return { inputs, classes, hidden, trainingSamples: training, testSamples: test, sha256: null, bytes };
}

function picturesShape(manifest: PicturesManifest): DataShape {
  const { rows, columns, classes, training, test } = manifest;
  return {
    ...{ inputs: rows * columns, classes: Math.max(2, classes), hidden: [300] },
    ...{ trainingSamples: training.samples, testSamples: test?.samples ?? 0 },
    sha256: manifest.sha256,
    bytes: picturesBytes(manifest),
  };
}

function tableShape(manifest: TableManifest): DataShape {
  const { features, classes, training } = manifest;
  return {
    ...{ inputs: features.length, classes: classes.length, hidden: [300] },
    ...{ trainingSamples: training.samples, testSamples: 0 },
    sha256: manifest.sha256,
    bytes: tableBytes(manifest),
  };
}
