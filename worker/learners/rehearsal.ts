/** Samples of the original data that a learner rehearses with each example, against forgetting. */
import { NAME } from '../../src/api/limits.ts';
import { concatBytes } from '../../src/core/bytes.ts';
import { hasSameMeaning, selectKnown } from '../../src/core/corrections.ts';
import { type Dataset, datasetTask, pick, sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { KEPT_SAMPLES } from '../../src/core/learner.ts';
import { Random } from '../../src/core/random.ts';
import { classCount, inputSize } from '../../src/core/spec.ts';
import { CsvTable } from '../../src/data/csv-table.ts';
import { decodeText } from '../../src/data/decode.ts';
import { generateSamples, isGenerated } from '../../src/data/generated.ts';
import { applyScaling, scaleTargets } from '../../src/data/scaling.ts';
import { listColumns } from '../../src/format/metadata.ts';
import { type PicturesManifest, parsePictures, pickDialect, type TableManifest } from '../datasets/pieces.ts';
import type { DatasetRegistry } from '../datasets/registry.ts';
import { unknownDataset } from '../datasets/stored-dataset.ts';
import { badRequest } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Network } from '../models/networks.ts';

/** Pieces to draw samples from, evenly spaced, because a data set may be sorted. */
const MAX_PIECES = 8;

/**
 * Samples of the data set `requested` that the network classifies correctly; for a regression any samples. If
 * `requested` is undefined, samples of the data that the model was trained on, else generated digits, if they fit.
 * Returns undefined without suitable samples. Throws 404 for an unknown data set, 400 for one that does not fit, or 503.
 */
export async function prepareRehearsal(
  store: DatasetRegistry,
  network: Network,
  requested: string | null | undefined,
  seed: number,
): Promise<Dataset | undefined> {
  if (requested === null) return undefined;
  if (requested !== undefined) {
    const samples = await loadSamples(store, requested, network, seed);
    if (samples === undefined) throw unknownDataset(requested);
    return selectKnown(scaleSamples(samples, network), network.mlp);
  }
  const { provenance } = network.info;
  for (const name of new Set([provenance?.dataset.name ?? 'digits', 'digits'])) {
    const samples = NAME.test(name) ? await loadSamples(store, name, network, seed) : undefined;
    if (samples !== undefined && hasSameMeaning(samples, network.info)) {
      return selectKnown(scaleSamples(samples, network), network.mlp);
    }
  }
  return undefined;
}

async function loadSamples(
  store: DatasetRegistry,
  name: string,
  network: Network,
  seed: number,
): Promise<Dataset | undefined> {
  const sampleBytes = inputSize(network.info.spec) * Float32Array.BYTES_PER_ELEMENT;
  const samples = Math.max(1, Math.min(KEPT_SAMPLES, Math.floor(LIMITS.rehearsalBytes / sampleBytes)));
  if (isGenerated(name)) return generateSamples(name, { samples, seed });
  const manifest = await store.find(name);
  if (manifest === undefined) return undefined;
  return manifest.kind === 'table'
    ? drawRows(store, manifest, network, { samples, seed })
    : drawPictures(store, manifest, samples, seed);
}

/** Reads one piece at a time, so that only one is in memory. */
async function drawPictures(
  store: DatasetRegistry,
  manifest: PicturesManifest,
  samples: number,
  seed: number,
): Promise<Dataset> {
  const { name, rows, columns, classes, training } = manifest;
  const inputs: Uint8Array[] = [];
  const labels: number[] = [];
  const indices = choosePieces(training.pieces);
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
    name,
    inputs: concatBytes(inputs),
    labels: Uint16Array.from(labels),
    columns: rows * columns,
    classes: Array.from({ length: Math.max(2, classes) }, (_, label) => String(label)),
    scaling: { kind: 'bytes' },
  };
}

async function drawRows(
  store: DatasetRegistry,
  manifest: TableManifest,
  network: Network,
  { samples, seed }: { samples: number; seed: number },
): Promise<Dataset> {
  const { name, labelName, classes, targets, training } = manifest;
  const columns = chooseColumns(manifest, network);
  // Rows with gaps are dropped; a row with an unknown category still has its other columns.
  const policies = { missing: 'drop', unknown: 'zeros' } as const;
  const outputs = targets === undefined ? { labelColumn: labelName, classes } : { targets };
  const table = new CsvTable({ ...pickDialect(manifest), ...policies, ...outputs, name, columns });
  for (const index of choosePieces(training.pieces)) {
    const label = `${name}, training ${index}`;
    table.append(decodeText(await store.piece(manifest, 'training', index), label), label);
  }
  const rows = table.dataset();
  const order = new Random(seed, 'split').permutation(sampleCount(rows));
  return pick(rows, order.subarray(0, samples));
}

/** The columns of the network if the table has them, else those of the table. */
function chooseColumns(manifest: TableManifest, { info }: Network) {
  const columns = listColumns(info);
  return columns?.every(({ name }) => manifest.features.includes(name)) ? columns : listColumns(manifest);
}

/** Numbers of evenly spaced pieces. */
function choosePieces(pieces: number): number[] {
  const chosen = Math.min(MAX_PIECES, pieces);
  return Array.from({ length: chosen }, (_, i) => Math.floor((i * pieces) / chosen));
}

/** Applies the scaling of the network. Throws 400 if the samples do not fit. */
function scaleSamples(samples: Dataset, { info }: Network): Dataset {
  const [inputs, classes] = [inputSize(info.spec), classCount(info.spec)];
  const fits = datasetTask(samples) === info.spec.task && samples.classes.length <= classes;
  if (samples.columns !== inputs || !fits) {
    const outputs = info.targets === undefined ? `at most ${classes} classes` : listTargets(info);
    const got = `${samples.columns} and ${listTargets(samples) ?? samples.classes.length}`;
    throw badRequest(`rehearsal: expected a data set with ${inputs} inputs and ${outputs}, ${samples.name} has ${got}`);
  }
  try {
    const scaled = applyScaling(samples, info.scaling);
    return info.targets === undefined ? scaled : scaleTargets(scaled, info.targets);
  } catch (error) {
    if (!(error instanceof EdgeMlpError)) throw error;
    throw badRequest(`rehearsal: ${error.message}`, error);
  }
}

function listTargets({ targets }: Pick<Dataset, 'targets'>): string | undefined {
  return targets && `targets ${targets.map(({ name }) => name).join(', ')}`;
}
