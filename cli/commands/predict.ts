import type { Command } from 'commander';
import type { Mlp, Prediction } from '../../src/core/mlp.ts';
import type { ModelFile } from '../../src/format/model-file.ts';
import { readSamples } from '../data/samples.ts';
import { openModel } from '../model.ts';
import { modelReference, predictRemotely, remoteClient } from '../remote.ts';
import { percent } from '../report/numbers.ts';
import { print, printJson, table } from '../terminal.ts';

const EXAMPLES = `
Files:
  .png           a picture of a digit of any size, light on dark or dark on light
  .json          784 numbers, 28 rows of 28, or a list of either; {"pixels": …, "scale": 1} where they go from 0 to 1
  .idx, .idx.gz  a file of images, as MNIST's
  .csv, .tsv     rows of numbers below a header, for a model of a CSV file: its columns by their names, others left out
  -              any of the first three from standard input

Examples:
  $ edge-mlp predict model.safetensors seven.png
  $ edge-mlp predict model.safetensors t10k-images-idx3-ubyte.gz --json
  $ echo '[5.1, 3.5, 1.4, 0.2]' | edge-mlp predict iris.safetensors -
  $ edge-mlp predict --remote https://edge-mlp.example.workers.dev mnist seven.png    a service, model name or name@version`;

export function addPredictCommand(program: Command): void {
  program
    .command('predict')
    .description('tell the class of pictures or numbers')
    .argument('<model>', 'model file; with --remote the name of a model')
    .argument('<file...>', 'what to classify')
    .option('--remote <url>', 'ask a service; its token, where it wants one, is in $EDGE_MLP_TOKEN')
    .option('--json', 'print all results as one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(runPredict);
}

interface Answer {
  readonly file: string;
  /** Place in a file of several samples. */
  readonly index: number;
  readonly label: number;
  readonly class: string;
  /** Probability of that class. */
  readonly confidence: number;
  readonly probabilities: readonly number[];
}

interface PredictOptions {
  readonly remote?: string;
  readonly json?: boolean;
}

async function runPredict(path: string, files: readonly string[], { remote, json }: PredictOptions): Promise<void> {
  const { answers, classes } =
    remote === undefined ? await askFile(path, files) : await askService(remote, path, files);
  if (json) printJson({ model: path, ...(remote === undefined ? {} : { remote }), predictions: answers });
  else printAnswers(answers, classes);
}

interface Answers {
  readonly answers: readonly Answer[];
  /** Names of the classes, by label. */
  readonly classes: readonly string[];
}

async function askFile(path: string, files: readonly string[]): Promise<Answers> {
  const { model, mlp } = await openModel(path);
  const answers: Answer[] = [];
  for (const file of files) for (const answer of await predictFile(mlp, model, file)) answers.push(answer);
  return { answers, classes: model.info.classes };
}

/** A service names the class that it answers with, and no other: those are told by their numbers. */
async function askService(url: string, model: string, files: readonly string[]): Promise<Answers> {
  const client = remoteClient(url);
  const answers: Answer[] = [];
  for (const file of files) {
    const predictions = await predictRemotely(client, modelReference(model), file);
    predictions.forEach(({ label, class: name, confidence, probabilities }, index) => {
      answers.push({ file, index, label, class: name, confidence, probabilities });
    });
  }
  return { answers, classes: answers[0]?.probabilities.map((_, label) => String(label)) ?? [] };
}

async function predictFile(mlp: Mlp, { info }: ModelFile, file: string): Promise<Answer[]> {
  const samples = await readSamples(file, info);
  return mlp
    .predict(samples)
    .map((prediction, index) => formatAnswer(prediction, { file, index, classes: info.classes }));
}

function formatAnswer(
  { label, probabilities }: Prediction,
  { file, index, classes }: { file: string; index: number; classes: readonly string[] },
): Answer {
  const confidence = probabilities[label] ?? 0;
  return { file, index, label, class: classes[label] ?? String(label), confidence, probabilities: [...probabilities] };
}

function printAnswers(answers: readonly Answer[], classes: readonly string[]): void {
  const several = new Set(answers.filter(({ index }) => index > 0).map(({ file }) => file));
  const rows = answers.map(({ file, index, label, class: name, confidence, probabilities }) => {
    const next = runnerUp(probabilities, label);
    const second = next === undefined ? '' : `${classes[next]} ${percent(probabilities[next] ?? 0, 1)}`;
    return [several.has(file) ? `${file} #${index}` : file, name, percent(confidence, 1), second];
  });
  print(table(['file', 'class', 'probability', 'next'], rows));
}

/** The likeliest class but one. */
function runnerUp(probabilities: readonly number[], label: number): number | undefined {
  let best: number | undefined;
  probabilities.forEach((value, i) => {
    if (i !== label && (best === undefined || value > (probabilities[best] ?? 0))) best = i;
  });
  return best;
}
