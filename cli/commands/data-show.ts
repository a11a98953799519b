/** Samples of a set of pictures, as training sees them, in one picture. */
import type { Command } from 'commander';
import { distortedPictures } from '../../src/core/augmentation.ts';
import { type Dataset, sampleCount, slice } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { loadKernels } from '../../src/runtime/node.ts';
import { type DataOptions, loadSource } from '../data/source.ts';
import { writeWhole } from '../files.ts';
import { fileName, positiveInteger, seedNumber } from '../options.ts';
import { sheetPng } from '../report/sheet.ts';
import { addDataOptions } from '../shared-options.ts';
import { note, printJson } from '../terminal.ts';
import { type AugmentFlags, addAugmentOptions, assembleAugment } from '../training-options.ts';

const EXAMPLES = `
Each row is one sample: as it is, then as the first epochs of training see it.

Examples:
  $ edge-mlp data show
  $ edge-mlp data show --augment elastic --elastic-alpha 40 --out strong.png`;

interface ShowOptions extends DataOptions, AugmentFlags {
  readonly seed: number;
  readonly samples: number;
  readonly sights: number;
  readonly out: string;
  readonly json?: boolean;
}

/** Each pixel of a sample is a square of so many. */
const ZOOM = 2;
/** Samples shown of a set without distortions, and beside each other. */
const ACROSS = 16;

export function addShowCommand(data: Command): void {
  addAugmentOptions(
    addDataOptions(data.command('show').description('samples of pictures, distorted or not, as one PNG')),
  )
    .option('--samples <n>', 'how many', positiveInteger, 12)
    .option('--sights <n>', 'how many distortions of each', positiveInteger, 15)
    .option('--seed <n>', 'of distortions and generated data', seedNumber, 1)
    .option('--out <file.png>', 'where the picture goes', fileName, 'samples.png')
    .option('--json', 'print what it shows as one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(runShow);
}

async function runShow(options: ShowOptions): Promise<void> {
  const { samples, sights, out, json, augment, seed } = options;
  const { training, name } = await loadSource(options);
  const shown = slice(training, 0, Math.min(samples, sampleCount(training)));
  const shape = shown.imageShape;
  if (shape === undefined || !(shown.inputs instanceof Uint8Array)) {
    throw new EdgeMlpError(
      'bad-argument',
      `data show: expected pictures whose pixels are bytes, got others in ${name}`,
    );
  }
  const rows = listPictures(shown);
  const kernels = augment === 'none' ? undefined : await loadKernels();
  const epochs = kernels === undefined ? [] : Array.from({ length: sights }, (_, epoch) => epoch);
  const distortion = { augment: assembleAugment(options), seed };
  const seen = epochs.map((epoch) => {
    if (kernels === undefined) return [];
    return listPictures({ ...shown, inputs: distortedPictures(kernels, shown, distortion, epoch) });
  });
  const pictures = rows.flatMap((picture, sample) => [picture, ...seen.map((sight) => sight[sample] ?? picture)]);
  await writeWhole(out, sheetPng(pictures, shape, { across: kernels === undefined ? ACROSS : 1 + sights, zoom: ZOOM }));
  if (json) return printJson({ out, data: name, samples: rows.length, sights: epochs.length, augment });
  note(
    `${out}: ${rows.length} samples of ${name}${epochs.length > 0 ? `, each with ${epochs.length} distortions` : ''}`,
  );
}

function listPictures({ inputs, columns, labels }: Dataset): Uint8Array[] {
  return Array.from(labels, (_, i) => Uint8Array.from(inputs.subarray(i * columns, (i + 1) * columns)));
}
