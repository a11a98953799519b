/** `data show`: samples and their distortions in one PNG file. */
import type { Command } from 'commander';
import { checkCount } from '../../src/core/arguments.ts';
import { distortedPictures } from '../../src/core/augmentation.ts';
import { type Dataset, sampleCount, slice } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { loadKernels } from '../../src/runtime/node.ts';
import { addDataOptions } from '../data/options.ts';
import { type DataOptions, loadSource } from '../data/source.ts';
import { checkExtension, writeWhole } from '../files.ts';
import { fileName, positiveInteger, seedNumber } from '../options.ts';
import { note, printJson } from '../terminal.ts';
import { addAugmentOptions } from '../training-flags.ts';
import { type AugmentFlags, assembleAugment } from '../training-options.ts';

const EXAMPLES = `
Each row shows one sample: the original, then its distortions in the first epochs of training.

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

/** Side of the square that one pixel of a sample becomes. */
const ZOOM = 2;
/** Samples in one row, without distortions. */
const ACROSS = 16;
/** 10,000 digits make a PNG of 31 million pixels. */
const MAX_PICTURES = 10_000;

export function addShowCommand(data: Command): void {
  const command = data.command('show').description('draw samples of an image set, optionally distorted, as one PNG');
  addAugmentOptions(addDataOptions(command))
    .option('--samples <n>', 'number of samples', positiveInteger, 12)
    .option('--sights <n>', 'number of distortions of each sample', positiveInteger, 15)
    .option('--seed <n>', 'seed of distortions and generated data', seedNumber, 1)
    .option('--out <file.png>', 'PNG file to write', fileName, 'samples.png')
    .option('--json', 'print a description of the PNG as one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action(runShow);
}

async function runShow(options: ShowOptions): Promise<void> {
  const { samples, sights, out, json, augment, seed } = options;
  checkExtension('--out', out, '.png');
  const { training, name } = await loadSource(options);
  const shown = slice(training, 0, Math.min(samples, sampleCount(training)));
  const shape = shown.imageShape;
  if (shape === undefined || !(shown.inputs instanceof Uint8Array)) {
    throw new EdgeMlpError('bad-argument', `data show: expected a set of images, got ${name}`);
  }
  const perSample = 1 + (augment === 'none' ? 0 : sights);
  checkCount('samples and their distortions', sampleCount(shown) * perSample, MAX_PICTURES);
  const originals = listPictures(shown);
  const kernels = await loadKernels();
  const augmentation = { augment: assembleAugment(options), seed };
  const distortions = Array.from({ length: perSample - 1 }, (_, epoch) =>
    listPictures({ ...shown, inputs: distortedPictures(kernels, shown, augmentation, epoch) }),
  );
  const pictures = originals.flatMap((picture, i) => [picture, ...distortions.map((sight) => sight[i] ?? picture)]);
  const { sheetPng } = await import('../report/pictures.ts');
  await writeWhole(out, sheetPng(pictures, shape, { across: augment === 'none' ? ACROSS : perSample, zoom: ZOOM }));
  if (json) return printJson({ out, data: name, samples: originals.length, sights: distortions.length, augment });
  const distorted = distortions.length > 0 ? `, each with ${distortions.length} distortions` : '';
  note(`${out}: ${originals.length} samples of ${name}${distorted}`);
}

function listPictures({ inputs, columns, labels }: Dataset): Uint8Array[] {
  return Array.from(labels, (_, i) => Uint8Array.from(inputs.subarray(i * columns, (i + 1) * columns)));
}
