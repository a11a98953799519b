/** `calibrate`: the recognition threshold of a model. */
import { type Command, Option } from 'commander';
import { asBytes, concatBytes } from '../../src/core/bytes.ts';
import { floatInputs, sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import {
  calibrateRecognition,
  RECOGNITION_SCORES,
  type RecognitionCalibration,
  type RecognitionScore,
} from '../../src/core/recognition.ts';
import { inputSize } from '../../src/core/spec.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { type EvaluationData, type EvaluationDataOptions, loadForModel, PARTS } from '../data/model-data.ts';
import { addDataOptions } from '../data/options.ts';
import { expandFolders } from '../data/picture-files.ts';
import { readInput, readSamples } from '../data/samples.ts';
import { type DialectFlags, pickTableFlags } from '../data/table-options.ts';
import { checkExtension, checkOutputs } from '../files.ts';
import { openModel, writeModel } from '../model.ts';
import { integer, percent, roundedNumber } from '../numbers.ts';
import { coefficient } from '../options.ts';
import { note, print, printJson } from '../terminal.ts';
import { describePart } from './evaluate.ts';

const EXAMPLES = `
predict, the page and the service then answer "not recognized" for samples whose score is below the threshold. Scores:
  entropy          1 - H / log(classes) with the entropy H of the probabilities
  max-probability  the probability of the most likely class

--data should have samples that the model was not trained on, and --outliers samples of no class, such as letters for a model
of digits. Outliers only measure the threshold. If few of them are refused, train with samples of no class, whose target
probabilities are equal (outlier exposure, in the library: the labels of a data set may be probabilities).

Examples:
  $ edge-mlp calibrate digits.safetensors --out calibrated.safetensors
  $ edge-mlp calibrate flowers.safetensors --data new-flowers.csv --outliers weeds.csv --out calibrated.safetensors
  $ edge-mlp calibrate digits.safetensors --outliers letters scribbles.json --rejected 0.005 --out calibrated.safetensors`;

interface CalibrateOptions extends EvaluationDataOptions {
  readonly out: string;
  readonly outliers?: readonly string[];
  readonly rejected: number;
  readonly score: RecognitionScore;
  readonly json?: boolean;
}

/** A lower share prints a warning. */
const FEW_REFUSED = 0.9;

export function addCalibrateCommand(program: Command): void {
  const command = program
    .command('calibrate')
    .description('choose the threshold below which a model does not recognize a sample')
    .argument('<model>', 'model file')
    .requiredOption('--out <file>', 'model file to write (.safetensors)')
    .option(
      '--outliers <file...>',
      'samples of no class, as files or folders of predict: measures how many are refused',
    )
    .addOption(new Option('--score <name>', 'score of a sample').choices(RECOGNITION_SCORES).default('entropy'))
    .option('--rejected <share>', 'fraction of the data that may be rejected', coefficient, 0.01);
  addDataOptions(command, "the model's training data")
    .addOption(new Option('--part <name>', 'part of the data set, as in evaluate (default: test)').choices(PARTS))
    .option('--json', 'print one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action(runCalibrate);
}

async function runCalibrate(path: string, options: CalibrateOptions): Promise<void> {
  const { out, score, rejected, json } = options;
  await checkOutputs({ out }, { model: path, data: options.data });
  checkExtension('--out', out, '.safetensors');
  const { model, mlp } = await openModel(path);
  if (model.info.targets !== undefined) {
    throw new EdgeMlpError('bad-argument', `${path}: expected a model with classes, got a regression`);
  }
  const data = await loadForModel(model.info, options);
  const outliers = options.outliers && (await readOutliers(options.outliers, model.info, pickTableFlags(options)));
  const calibration = calibrateRecognition(mlp, data.dataset, { score, rejected, ...(outliers && { outliers }) });
  await writeModel(out, { ...model, info: { ...model.info, recognition: calibration.recognition } });
  const counts = {
    samples: sampleCount(data.dataset),
    outliers: outliers === undefined ? 0 : outliers.length / inputSize(model.info.spec),
  };
  if (json) printJson({ file: out, data: data.dataset.name, part: data.part, ...calibration, counts });
  else print(...describeCalibration(out, data, calibration, counts));
  const { refused } = calibration;
  if (refused !== null && refused < FEW_REFUSED) {
    note('', 'warning: few outliers are refused: train with samples of no class whose target probabilities are equal');
  }
}

/** The samples of files and folders, [samples][inputs], scaled. */
async function readOutliers(files: readonly string[], info: ModelInfo, flags: DialectFlags): Promise<Float32Array> {
  const parts: Uint8Array[] = [];
  for (const file of await expandFolders(files)) {
    parts.push(asBytes(floatInputs(await readSamples(await readInput(file), info, flags))));
  }
  return new Float32Array(concatBytes(parts).buffer);
}

function describeCalibration(
  out: string,
  data: EvaluationData,
  { recognition, rejected, refused }: RecognitionCalibration,
  counts: { readonly samples: number; readonly outliers: number },
): string[] {
  const measured = `${percent(rejected)} of ${data.dataset.name}, ${describePart(data)}, ${integer(counts.samples)}`;
  return [
    `model      ${out}`,
    `threshold  ${roundedNumber(recognition.threshold)}, least score (${recognition.score})`,
    `rejected   ${measured}`,
    ...(refused === null ? [] : [`refused    ${percent(refused)} of ${integer(counts.outliers)} outliers`]),
  ];
}
