/** The shape of a job's data, before the samples are read. */

import { countOutputs, type Dataset, datasetTask } from '../../src/core/dataset.ts';
import type { DataKind } from '../../src/core/default-options.ts';
import type { Task } from '../../src/core/spec.ts';
import { nameInputs } from '../../src/core/table-columns.ts';
import { unscaledTargets } from '../../src/core/targets.ts';
import { type GeneratedName, generatedCounts, generatedSets, isGenerated } from '../../src/data/generated.ts';
import { listColumns } from '../../src/format/metadata.ts';
import { countPicturesBytes, countTableBytes, type Manifest, type PicturesManifest } from '../datasets/pieces.ts';
import type { DatasetRegistry } from '../datasets/registry.ts';
import type { Contract } from '../models/contract.ts';

export interface DataShape {
  readonly inputs: number;
  /** Classes, or targets of a regression. */
  readonly classes: number;
  readonly task?: Task | undefined;
  readonly trainingSamples: number;
  readonly testSamples: number;
  /** Identity of an uploaded data set; null for a generated one. */
  readonly sha256: string | null;
  readonly kind: DataKind['kind'];
  /** Greatest number of bytes of the samples, with all copies. */
  readonly bytes: number;
}

/** Form of the samples, in every part of a data set. */
type SetInfo = Pick<Dataset, 'targets' | 'columns' | 'classes' | 'scaling' | 'imageShape' | 'pictures' | 'features'>;

/** Inputs and outputs of a model that is trained on the data. */
export type DataContract = Contract & {
  /** Headers of the feature columns of a table. */
  readonly headers?: readonly string[];
};

export interface DataDescription {
  readonly shape: DataShape;
  readonly contract: DataContract;
}

const GENERATED_SHAPES = {
  digits: { inputs: 784, classes: 10, kind: 'pictures', sampleBytes: 784 },
  ellipse: { inputs: 2, classes: 2, kind: 'ellipse', sampleBytes: 2 * Float32Array.BYTES_PER_ELEMENT },
} as const satisfies Record<GeneratedName, object>;

/** Throws 404 for an unknown data set, 503. */
export async function describeData(store: DatasetRegistry, name: string): Promise<DataDescription> {
  if (isGenerated(name)) {
    const { training: sample } = generatedSets(name, 0, { training: 1, test: 1 });
    return { shape: readGeneratedShape(name), contract: readContract(sample) };
  }
  const manifest = await store.manifest(name);
  const headers = manifest.kind === 'table' ? { headers: manifest.features } : {};
  return { shape: readShape(manifest), contract: { ...readContract(readSetInfo(manifest)), ...headers } };
}

function readContract({ columns, classes, targets, scaling, imageShape }: SetInfo): DataContract {
  return {
    inputs: columns,
    classes,
    ...(targets === undefined ? {} : { targets: targets.map(({ name }) => name) }),
    imageShape: imageShape ?? null,
    pixels: scaling.kind === 'bytes',
  };
}

function readSetInfo(manifest: Manifest): SetInfo {
  if (manifest.kind === 'pictures') return readPicturesInfo(manifest);
  const columns = listColumns(manifest) ?? [];
  const features = nameInputs(columns);
  const { classes, targets } = manifest;
  const outputs = targets === undefined ? { classes } : { classes, targets: unscaledTargets(targets) };
  return { columns: features.length, features, ...outputs, scaling: { kind: 'identity' } };
}

export function readPicturesInfo({ rows, columns, classes, classNames, pictures }: PicturesManifest): SetInfo {
  return {
    columns: rows * columns,
    classes: classNames ?? Array.from({ length: Math.max(2, classes) }, (_, label) => String(label)),
    scaling: { kind: 'bytes' },
    imageShape: [rows, columns],
    ...(pictures === undefined ? {} : { pictures }),
  };
}

function readGeneratedShape(name: GeneratedName): DataShape {
  const { inputs, classes, kind, sampleBytes } = GENERATED_SHAPES[name];
  const { training, test } = generatedCounts(name);
  // Once as generated, once in linear memory.
  const bytes = 2 * (training + test) * sampleBytes;
  return { inputs, classes, kind, trainingSamples: training, testSamples: test, sha256: null, bytes };
}

function readShape(manifest: Manifest): DataShape {
  const info = readSetInfo(manifest);
  const { columns } = info;
  return {
    inputs: columns,
    classes: countOutputs(info),
    task: datasetTask(info),
    kind: manifest.kind,
    trainingSamples: manifest.training.samples,
    testSamples: manifest.test?.samples ?? 0,
    sha256: manifest.sha256,
    bytes: manifest.kind === 'table' ? countTableBytes(manifest) : countPicturesBytes(manifest),
  };
}
