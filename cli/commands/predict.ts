import { setImmediate } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Inputs } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { isRecognized } from '../../src/core/recognition.ts';
import { inputSize } from '../../src/core/spec.ts';
import { nameTargets, type Target, unscaleTargets } from '../../src/core/targets.ts';
import { listColumns, type ModelInfo } from '../../src/format/metadata.ts';
import { readKeptCells } from '../data/kept-columns.ts';
import { expandFolders } from '../data/picture-files.ts';
import { type InputFile, readInput, readSamples } from '../data/samples.ts';
import { addDialectOptions, type DialectFlags, nameList } from '../data/table-options.ts';
import { checkExtension, checkOutputs, writeWhole } from '../files.ts';
import { openModel } from '../model.ts';
import { formatCount } from '../numbers.ts';
import { fileName } from '../options.ts';
import { createClient, parseModelReference } from '../remote.ts';
import { note, print, printJson, printText, progressBar } from '../terminal.ts';
import { createRemotePredict, type PredictedBatch } from './predict-remote.ts';
import {
  type Answer,
  type Answers,
  type ClassPrediction,
  formatCsv,
  formatTable,
  type ValuePrediction,
} from './prediction-output.ts';

const EXAMPLES = `
Files:
  .png .jpg .webp  image of a digit: drawn, scanned or photographed, any size, light on dark or dark on light
  .json          784 numbers, 28 rows of 28, or a list of such samples; {"pixels": …, "scale": 1} for numbers from 0 to 1
  .idx, .idx.gz  images, such as MNIST's t10k-images-idx3-ubyte.gz
  .csv, .tsv     rows under a header; columns are matched by the model's feature names, others are ignored
  a folder       all PNG, JPEG and WebP files in it and in its subfolders
  -              an image, JSON, IDX or CSV from standard input

CSV output has one row for each sample, in the same order: the kept columns, the label, its probability (confidence), and
the probability of each class; or the value of each target. With several files the first column names the file. A column called id is kept.
With a recognition threshold in the model (edge-mlp calibrate), a column says whether the sample belongs to a class.

Examples:
  $ edge-mlp predict model.safetensors seven.png
  $ edge-mlp predict model.safetensors photo.jpg --explain stages.html
  $ edge-mlp predict iris.safetensors unknown.csv --out predictions.csv --keep plant,date
  $ edge-mlp predict letters.safetensors scans --out letters.csv
  $ cat unknown.csv | edge-mlp predict iris.safetensors - --csv
  $ edge-mlp predict model.safetensors t10k-images-idx3-ubyte.gz --json
  $ edge-mlp predict --remote https://edge-mlp.example.workers.dev mnist seven.png`;

interface PredictOptions extends DialectFlags {
  readonly remote?: string;
  readonly keep?: readonly string[];
  readonly out?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
  readonly explain?: string;
}

export function addPredictCommand(program: Command): void {
  const command = program
    .command('predict')
    .description('classify images or feature rows, or predict numbers')
    .argument('<model>', 'model file; with --remote: name, name@version or name@alias')
    .argument('<file...>', 'files or folders to classify');
  addDialectOptions(command)
    .option('--keep <headers>', 'CSV: columns to copy into the output, comma-separated (default: id)', nameList)
    .option('--out <file.csv>', 'write the predictions as CSV to a file', fileName)
    .option(
      '--explain <file.html>',
      'write a page with the stages from each image to the inputs of the model',
      fileName,
    )
    .option('--csv', 'print the predictions as CSV to stdout')
    .option('--remote <url>', 'URL of a service that predicts; its bearer token is read from $EDGE_MLP_TOKEN')
    .option('--json', 'print all results as one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action(runPredict);
}

async function runPredict(path: string, files: readonly string[], options: PredictOptions): Promise<void> {
  const { remote, out, csv, json, explain } = options;
  if (csv && json) throw new EdgeMlpError('bad-argument', '--csv cannot be combined with --json: choose one format');
  if (explain !== undefined && remote !== undefined) {
    throw new EdgeMlpError(
      'bad-argument',
      '--explain cannot be combined with --remote: the service prepares the images',
    );
  }
  for (const file of files) await checkOutputs({ out, explain }, { model: path, input: file });
  checkExtension('--out', out, '.csv');
  checkExtension('--explain', explain, '.html');
  const paths = await expandFolders(files);
  const read = explain === undefined ? readInput : readOnce();
  if (explain !== undefined) await (await import('./predict-stages.ts')).writeStages(path, paths, explain, read);
  const answers = await predictFiles(path, paths, options, read);
  if (out !== undefined) {
    await writeWhole(out, formatCsv(answers));
    note(`${out}: ${formatCount(answers.answers.length, 'prediction')}`);
  }
  if (json) {
    printJson({ model: path, ...(remote === undefined ? {} : { remote }), predictions: answers.answers });
  } else if (csv) for (const text of formatCsv(answers)) printText(text);
  else if (out === undefined) print(...formatTable(answers));
}

/** Progress is shown after this time. */
const QUIET_MS = 1000;

/** `readInput` for files that are read twice: standard input has its bytes only once. */
function readOnce(): typeof readInput {
  const inputs = new Map<string, Promise<InputFile>>();
  return (file) => {
    const input = inputs.get(file) ?? readInput(file);
    inputs.set(file, input);
    return input;
  };
}

async function predictFiles(
  path: string,
  files: readonly string[],
  options: PredictOptions,
  read: typeof readInput,
): Promise<Answers> {
  const started = performance.now();
  const { predict, getClasses, features } = await openPredictor(path, options);
  const answers: Answer[] = [];
  const bar = progressBar(files.length, '{bar} {percentage} % · {eta_formatted} left');
  try {
    for (const [done, file] of files.entries()) {
      const input = await read(file);
      const kept = readKeptCells(input, { titles: options.keep, features }, options);
      let index = 0;
      for await (const { predictions, share } of predict(input)) {
        for (const prediction of predictions) {
          const cells = kept?.[index] === undefined ? {} : { kept: kept[index] };
          answers.push({ file, index, ...cells, ...pickPrediction(prediction) });
          index++;
        }
        if (performance.now() - started > QUIET_MS) bar.update(done + share);
        // Signals are handled here.
        await setImmediate();
      }
    }
  } finally {
    bar.stop();
  }
  return { answers, classes: getClasses(answers) };
}

/** Without the digit that a service adds. */
function pickPrediction(prediction: ClassPrediction | ValuePrediction): ClassPrediction | ValuePrediction {
  if ('values' in prediction) return { values: prediction.values };
  const { label, class: name, confidence, probabilities, recognized } = prediction;
  return { label, class: name, confidence, probabilities, ...(recognized === undefined ? {} : { recognized }) };
}

/** Predictions of a model file or of a service. */
interface Predictor {
  readonly predict: (input: InputFile) => AsyncIterable<PredictedBatch>;
  readonly features?: readonly string[] | undefined;
  /** Names by label. */
  readonly getClasses: (answers: readonly Answer[]) => readonly string[];
}

async function openPredictor(path: string, { remote, ...flags }: PredictOptions): Promise<Predictor> {
  if (remote !== undefined) return openRemotePredictor(path, remote, flags);
  const { model, mlp } = await openModel(path);
  const { classes } = model.info;
  const features = listColumns(model.info)?.map(({ name }) => name);
  return { predict: (input) => predictLocally(mlp, model.info, input, flags), features, getClasses: () => classes };
}

/** A service returns only the names of predicted classes; other classes are printed as numbers of their labels. */
function openRemotePredictor(model: string, remote: string, flags: DialectFlags): Predictor {
  const client = createClient({ remote });
  const reference = parseModelReference(model);
  return {
    predict: createRemotePredict(client, reference, flags),
    getClasses: (answers) => {
      const classified = answers.filter((answer) => 'label' in answer);
      const names = new Map(classified.map(({ label, class: name }) => [label, name]));
      return classified[0]?.probabilities.map((_, label) => names.get(label) ?? `label ${label}`) ?? [];
    },
  };
}

/** Samples that are predicted at a time: some milliseconds. */
const BATCH = 256;

async function* predictLocally(
  mlp: Mlp,
  info: ModelInfo,
  input: InputFile,
  flags: DialectFlags,
): AsyncGenerator<PredictedBatch> {
  const inputs = await readSamples(input, info, flags);
  const { targets } = info;
  const length = BATCH * inputSize(info.spec);
  for (let from = 0; from < inputs.length; from += length) {
    const batch = inputs.subarray(from, from + length);
    const predictions = targets === undefined ? predictClasses(mlp, info, batch) : predictTargets(mlp, targets, batch);
    yield { predictions, share: Math.min(1, (from + length) / inputs.length) };
  }
}

/** `inputs`: [samples][inputs] */
function predictClasses(mlp: Mlp, info: ModelInfo, inputs: Inputs): ClassPrediction[] {
  const { classes, recognition } = info;
  const batch = mlp.predictBatch(inputs);
  const width = batch.probabilities.length / batch.labels.length;
  return Array.from(batch.labels, (label, n) => {
    const probabilities = [...batch.probabilities.subarray(n * width, (n + 1) * width)];
    const answer = { label, class: classes[label] ?? String(label), confidence: probabilities[label] ?? 0 };
    const recognized = recognition === undefined ? {} : { recognized: isRecognized(info, probabilities) };
    return { ...answer, probabilities, ...recognized };
  });
}

/** `inputs`: [samples][inputs] */
function predictTargets(mlp: Mlp, targets: readonly Target[], inputs: Inputs): ValuePrediction[] {
  const values = unscaleTargets(mlp.predictValues(inputs), targets);
  return Array.from({ length: values.length / targets.length }, (_, n) => ({
    values: nameTargets(values, targets, n),
  }));
}
