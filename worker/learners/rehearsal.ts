/** Samples of the base data that a learner keeps against forgetting. */

import { NAME } from '../../src/api/index.ts';
import { concatBytes } from '../../src/core/bytes.ts';
import { type Dataset, pick, sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { KEPT_SAMPLES } from '../../src/core/learner.ts';
import { Random } from '../../src/core/random.ts';
import { classCount, inputSize } from '../../src/core/spec.ts';
import { CsvTable } from '../../src/data/csv-table.ts';
import { decodeText } from '../../src/data/decode.ts';
import { digitsDataset } from '../../src/data/digits.ts';
import { ellipseDataset, type GeneratedName, isGenerated } from '../../src/data/generated.ts';
import { applyScaling } from '../../src/data/scaling.ts';
import { type PicturesManifest, parsePictures, type TableManifest } from '../datasets/pieces.ts';
import type { DatasetStore } from '../datasets/store.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Network } from '../models/network.ts';

/** Pieces of a data set that samples are taken from, spread evenly over it: its order may be anything. */
const MOST_PIECES = 8;

/**
 * The samples of `wanted` that the network takes for what they are: what it does not know it cannot forget. Where nothing
 * is wanted, of the data that the model was trained on, else of generated digits, where they fit; undefined where nothing
 * does. Throws 404 for a data set that is not there, 400 for one that does not fit, 503.
 */
export async function prepareRehearsal(
  store: DatasetStore,
  network: Network,
  wanted: string | null | undefined,
  seed: number,
): Promise<Dataset | undefined> {
  if (wanted === null) return undefined;
  if (wanted !== undefined) {
    const samples = await loadSamples(store, wanted, network, seed);
    if (samples === undefined) throw new HttpError(404, `rehearsal: there is no data set ${wanted}`);
    return known(fitting(samples, network), network);
  }
  const { provenance } = network.info;
  for (const name of new Set([provenance?.dataset.name ?? 'digits', 'digits'])) {
    const samples = NAME.test(name) ? await loadSamples(store, name, network, seed) : undefined;
    const fits = samples !== undefined && meansTheSame(samples, network);
    if (fits) return known(fitting(samples, network), network);
  }
  return undefined;
}

async function loadSamples(
  store: DatasetStore,
  name: string,
  network: Network,
  seed: number,
): Promise<Dataset | undefined> {
  const sampleBytes = inputSize(network.info.spec) * Float32Array.BYTES_PER_ELEMENT;
  const samples = Math.max(1, Math.min(KEPT_SAMPLES, Math.floor(LIMITS.keptBytes / sampleBytes)));
  if (isGenerated(name)) return GENERATE[name]({ samples, seed });
  const manifest = await store.manifest(name);
  if (manifest === undefined) return undefined;
  return manifest.kind === 'table'
    ? drawnRows(store, manifest, samples, seed)
    : drawnPictures(store, manifest, samples, seed);
}

const GENERATE: Readonly<Record<GeneratedName, (options: { samples: number; seed: number }) => Dataset>> = {
  digits: digitsDataset,
  ellipse: ellipseDataset,
};

/** Piece after piece, so that no more than one of them is in memory. */
async function drawnPictures(
  store: DatasetStore,
  manifest: PicturesManifest,
  samples: number,
  seed: number,
): Promise<Dataset> {
  const { name, rows, columns, classes, training } = manifest;
  const inputs: Uint8Array[] = [];
  const labels: number[] = [];
  const indices = spread(training.pieces);
  for (const [i, index] of indices.entries()) {
    const piece = parsePictures(await store.piece(manifest, 'training', index), `${name}, training ${index}`);
    const share = Math.ceil((samples - labels.length) / (indices.length - i));
    const order = new Random(seed, 'split', index).permutation(piece.labels.length);
    for (const n of order.subarray(0, share)) {
      inputs.push(piece.pixels.slice(n * rows * columns, (n + 1) * rows * columns));
      labels.push(piece.labels[n] ?? 0);
    }
  }
  return {
    ...{ name, inputs: concatBytes(inputs), labels: Uint16Array.from(labels), columns: rows * columns },
    classes: Array.from({ length: Math.max(2, classes) }, (_, label) => String(label)),
    scaling: { kind: 'bytes' },
  };
}

/** Of a table. */
async function drawnRows(
  store: DatasetStore,
  manifest: TableManifest,
  samples: number,
  seed: number,
): Promise<Dataset> {
  const { name, features, labelName, classes, delimiter, training } = manifest;
  const table = new CsvTable({ name, labelColumn: labelName, features, classes, delimiter });
  for (const index of spread(training.pieces)) {
    const label = `${name}, training ${index}`;
    table.append(decodeText(await store.piece(manifest, 'training', index), label), label);
  }
  const rows = table.dataset();
  const order = new Random(seed, 'split').permutation(sampleCount(rows));
  return pick(rows, order.subarray(0, samples));
}

/** Numbers of some pieces, spread evenly over all. */
function spread(pieces: number): number[] {
  const taken = Math.min(MOST_PIECES, pieces);
  return Array.from({ length: taken }, (_, i) => Math.floor((i * pieces) / taken));
}

/**
 * Samples that mean something else by the same numbers are worse than none: unasked, the classes' names must agree, and pixels
 * are for networks of pixels.
 */
function meansTheSame(samples: Dataset, { info }: Network): boolean {
  const pixels = samples.scaling.kind === 'bytes';
  return (
    samples.columns === inputSize(info.spec) &&
    pixels === (info.scaling.kind === 'bytes') &&
    samples.classes.every((name, label) => info.classes[label] === name)
  );
}

/** Scaled as the network wants them. Throws 400. */
function fitting(samples: Dataset, { info }: Network): Dataset {
  const [inputs, classes] = [inputSize(info.spec), classCount(info.spec)];
  if (samples.columns !== inputs || samples.classes.length > classes) {
    const got = `${samples.columns} and ${samples.classes.length}`;
    throw new HttpError(
      400,
      `rehearsal: expected a data set of ${inputs} inputs and at most ${classes} classes, ${samples.name} has ${got}`,
    );
  }
  try {
    return applyScaling(samples, info.scaling);
  } catch (error) {
    if (!(error instanceof EdgeMlpError)) throw error;
    throw new HttpError(400, `rehearsal: ${error.message}`, {}, error);
  }
}

function known(samples: Dataset, { mlp }: Network): Dataset | undefined {
  const { labels } = mlp.predictBatch(samples.inputs);
  const right = [...labels.keys()].filter((n) => labels[n] === samples.labels[n]);
  const kept = pick(samples, right);
  return sampleCount(kept) === 0 ? undefined : kept;
}
