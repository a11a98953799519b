import type { Command } from 'commander';
import type { EpochMetrics } from '../../src/core/metrics.ts';
import { formatActivation, parameterCount } from '../../src/core/spec.ts';
import type { Target } from '../../src/core/targets.ts';
import { effectiveOptions } from '../../src/core/training-options.ts';
import { findKeptMetrics } from '../../src/format/metadata.ts';
import { type ModelFile, parseModel } from '../../src/format/model-file.ts';
import { readBytes } from '../files.ts';
import { sha256, weightsSha256 } from '../hash.ts';
import { integer, optionText, percent, roundedNumber, scoreText } from '../numbers.ts';
import { bytesText, print, printJson } from '../terminal.ts';
import { describeBest } from '../training/best.ts';

const EXAMPLES = `
Examples:
  $ edge-mlp inspect model.safetensors`;

export function addInspectCommand(program: Command): void {
  program
    .command('inspect')
    .description('show the network, origin, size and hashes of a model file')
    .argument('<model>', 'model file or checkpoint')
    .option('--json', 'print one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action(runInspect);
}

async function runInspect(path: string, { json }: { json?: boolean }): Promise<void> {
  const bytes = await readBytes(path);
  const model = parseModel(bytes, path);
  const facts = {
    bytes: bytes.length,
    parameters: parameterCount(model.info.spec.layers),
    fileSha256: sha256(bytes),
    weightsSha256: weightsSha256(model.parameters),
  };
  if (!json) {
    for (const [name, value] of describe(model, facts)) print(`${name.padEnd(17)}${value}`);
    return;
  }
  const precision = model.quantized === undefined ? 'float32' : 'int8';
  const { epoch, step, cursor } = model.checkpoint ?? {};
  const checkpoint = model.checkpoint === undefined ? null : { epoch, step, cursor };
  printJson({ file: path, ...facts, ...model.info, precision, checkpoint, measures: findMeasures(model) ?? null });
}

function describe(
  model: ModelFile,
  facts: { bytes: number; parameters: number; fileSha256: string; weightsSha256: string },
): [string, string][] {
  const { info, checkpoint, quantized } = model;
  const { spec, classes, targets, scaling, imageShape, recognition, provenance } = info;
  const kind =
    checkpoint === undefined
      ? 'model'
      : `checkpoint after ${integer(checkpoint.step)} steps, ${checkpoint.epoch} finished epochs`;
  const rows: [string, string][] = [
    ['kind', kind],
    ['network', `${spec.layers.join('-')}, ${formatActivation(spec.hiddenActivation)}, ${spec.task ?? 'softmax'}`],
    ['weights', quantized === undefined ? 'float32' : 'int8, one scale for each output'],
    ['parameters', integer(facts.parameters)],
    targets === undefined ? ['classes', classes.join(', ')] : ['targets', targets.map(describeTarget).join(', ')],
    ['inputs', `${imageShape === undefined ? '' : `images of ${imageShape.join(' × ')}, `}scaling: ${scaling.kind}`],
  ];
  if (recognition !== undefined) {
    rows.push([
      'recognizes',
      `samples with a score of at least ${roundedNumber(recognition.threshold)} (${recognition.score})`,
    ]);
  }
  if (provenance !== undefined) {
    const { version, initialisation, from, training, dataset, epochs, test } = provenance;
    const options = Object.entries(effectiveOptions(training)).map(([name, value]) => `${name} ${optionText(value)}`);
    rows.push(
      ['trained on', `${dataset.name}, ${integer(dataset.samples)} samples`],
      ['  SHA-256', dataset.sha256 ?? 'not recorded'],
      ['options', options.join(', ')],
      ['initial weights', from === undefined ? initialisation : `those of the model with weights SHA-256 ${from}`],
      ['written by', `edge-mlp ${version}`],
    );
    const measures = findMeasures(model);
    if (measures !== undefined) {
      const { epoch, trainLoss, validationLoss } = measures;
      const chosen = checkpoint === undefined && Number(training.patience) > 0;
      rows.push(['weights of', chosen ? describeBest(epochs, epoch) : `epoch ${epoch} of ${epochs.length}`]);
      rows.push(['', metrics('training', trainLoss, trainScore(measures))]);
      if (validationLoss !== null) rows.push(['', metrics('validation', validationLoss, validationScore(measures))]);
    }
    if (test !== null) rows.push(['test', metrics(`${integer(test.samples)} samples`, test.loss, scoreText(test))]);
  }
  rows.push(
    ['file', bytesText(facts.bytes)],
    ['  SHA-256', facts.fileSha256],
    ['weights SHA-256', facts.weightsSha256],
  );
  return rows;
}

/** Measures of the epoch whose weights a file has. A checkpoint has those of its last epoch. */
function findMeasures({ info: { provenance }, checkpoint }: ModelFile): EpochMetrics | undefined {
  if (provenance === undefined) return undefined;
  return checkpoint === undefined ? findKeptMetrics(provenance) : provenance.epochs.at(-1);
}

function metrics(name: string, loss: number, score: string | undefined): string {
  return `${name}: loss ${loss.toFixed(5)}${score === undefined ? '' : `, ${score}`}`;
}

/** Undefined for a regression, of which training measures the loss only. */
function trainScore({ trainAccuracy }: EpochMetrics): string | undefined {
  return trainAccuracy === null ? undefined : `accuracy ${percent(trainAccuracy)}`;
}

function validationScore({ validationAccuracy, validationR2 }: EpochMetrics): string | undefined {
  if (validationAccuracy !== null) return `accuracy ${percent(validationAccuracy)}`;
  return validationR2 == null ? undefined : `R² ${validationR2.toFixed(4)}`;
}

function describeTarget({ name, mean, standardDeviation }: Target): string {
  return `${name} (mean ${roundedNumber(mean)}, standard deviation ${roundedNumber(standardDeviation)})`;
}
