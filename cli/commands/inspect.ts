import type { Command } from 'commander';
import { parameterCount } from '../../src/core/spec.ts';
import { effectiveOptions } from '../../src/core/training-options.ts';
import type { ModelFile } from '../../src/format/model-file.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { readBytes } from '../files.ts';
import { sha256, weightsSha256 } from '../hash.ts';
import { integer, optionText, percent } from '../report/numbers.ts';
import { bytesText, print, printJson } from '../terminal.ts';

const EXAMPLES = `
Examples:
  $ edge-mlp inspect model.safetensors`;

export function addInspectCommand(program: Command): void {
  program
    .command('inspect')
    .description('show what a model file is: network, origin, sizes, hashes')
    .argument('<model>', 'model file or checkpoint')
    .option('--json', 'print all of it as one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(runInspect);
}

async function runInspect(path: string, { json }: { json?: boolean }): Promise<void> {
  const bytes = await readBytes(path);
  const model = parseModel(bytes, path);
  const sizes = { bytes: bytes.length, parameters: parameterCount(model.info.spec.layers) };
  const hashes = { fileSha256: sha256(bytes), weightsSha256: weightsSha256(model.parameters) };
  if (json)
    printJson({
      file: path,
      ...sizes,
      ...hashes,
      ...model.info,
      precision: model.quantized === undefined ? 'float32' : 'int8',
      checkpoint: describePlace(model),
    });
  else for (const [name, value] of describe(model, sizes, hashes)) print(`${name.padEnd(16)}${value}`);
}

function describePlace({ checkpoint }: ModelFile): Record<string, number> | null {
  if (checkpoint === undefined) return null;
  const { epoch, step, cursor } = checkpoint;
  return { epoch, step, cursor };
}

function describe(
  { info, checkpoint, quantized }: ModelFile,
  { bytes, parameters }: { bytes: number; parameters: number },
  { fileSha256, weightsSha256 }: { fileSha256: string; weightsSha256: string },
): [string, string][] {
  const { spec, classes, scaling, imageShape, provenance } = info;
  const rows: [string, string][] = [
    [
      'kind',
      checkpoint === undefined
        ? 'model'
        : `checkpoint after ${integer(checkpoint.step)} steps, ${checkpoint.epoch} epochs done`,
    ],
    ['network', `${spec.layers.join('-')}, ${spec.hiddenActivation}, softmax`],
    ['weights', quantized === undefined ? 'float32' : 'int8, with a scale for each output'],
    ['parameters', integer(parameters)],
    ['classes', classes.join(', ')],
    ['inputs', `${imageShape === undefined ? '' : `pictures of ${imageShape.join(' × ')}, `}scaling: ${scaling.kind}`],
  ];
  if (provenance !== undefined) {
    const { version, initialisation, from, training, dataset, epochs, test } = provenance;
    const last = epochs.at(-1);
    rows.push(
      ['trained on', `${dataset.name}, ${integer(dataset.samples)} samples`],
      ['  SHA-256', dataset.sha256 ?? 'not recorded'],
      [
        'trained with',
        Object.entries(effectiveOptions(training))
          .map(([name, value]) => `${name} ${optionText(value)}`)
          .join(', '),
      ],
      ['initialisation', from === undefined ? initialisation : `the weights ${from} of another model`],
      ['made by', `edge-mlp ${version}`],
    );
    if (last !== undefined) rows.push(['last epoch', measure('training', last.trainLoss, last.trainAccuracy)]);
    if (last?.validationLoss != null && last.validationAccuracy !== null) {
      rows.push(['', measure('validation', last.validationLoss, last.validationAccuracy)]);
    }
    if (test !== null) rows.push(['test', measure(`${integer(test.samples)} samples`, test.loss, test.accuracy)]);
  }
  rows.push(['file', bytesText(bytes)], ['  SHA-256', fileSha256], ['weights SHA-256', ` ${weightsSha256}`]);
  return rows;
}

function measure(what: string, loss: number, accuracy: number): string {
  return `${what}: loss ${loss.toFixed(5)}, accuracy ${percent(accuracy)}`;
}
