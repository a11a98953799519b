import type { Command } from 'commander';
import type { Mlp, Prediction } from '../../src/core/mlp.ts';
import type { ModelFile } from '../../src/format/model-file.ts';
import { readSamples } from '../data/samples.ts';
import { openModel } from '../model.ts';
import { percent } from '../numbers.ts';
import { createClient, parseModelReference } from '../remote.ts';
import { print, printJson, table } from '../terminal.ts';
import { predictRemotely } from './predict-remote.ts';

const EXAMPLES = `
Files:
  .png           image of a digit, any size, light on dark or dark on light
  .json          784 numbers, 28 rows of 28, or a list of such samples; {"pixels": …, "scale": 1} for numbers from 0 to 1
  .idx, .idx.gz  images, such as MNIST's t10k-images-idx3-ubyte.gz
  .csv, .tsv     rows of numbers under a header; columns are matched by the model's feature names, others are ignored
  -              PNG, JSON or IDX from standard input

Examples:
  $ edge-mlp predict model.safetensors seven.png
  $ edge-mlp predict model.safetensors t10k-images-idx3-ubyte.gz --json
  $ echo '[5.1, 3.5, 1.4, 0.2]' | edge-mlp predict iris.safetensors -
  $ edge-mlp predict --remote https://edge-mlp.example.workers.dev mnist seven.png`;

export function addPredictCommand(program: Command): void {
  program
    .command('predict')
    .description('classify images or feature rows')
    .argument('<model>', 'model file; with --remote: name, name@version or name@alias')
    .argument('<file...>', 'files to classify')
    .option('--remote <url>', 'URL of a service that predicts; its bearer token is read from $EDGE_MLP_TOKEN')
    .option('--json', 'print all results as one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action(runPredict);
}

interface Answer {
  readonly file: string;
  /** Index of the sample in its file. */
  readonly index: number;
  readonly label: number;
  readonly class: string;
  readonly confidence: number;
  readonly probabilities: readonly number[];
}

async function runPredict(
  path: string,
  files: readonly string[],
  { remote, json }: { remote?: string; json?: boolean },
): Promise<void> {
  const { answers, classes } =
    remote === undefined ? await predictLocally(path, files) : await predictByService(remote, path, files);
  if (json) printJson({ model: path, ...(remote === undefined ? {} : { remote }), predictions: answers });
  else printAnswers(answers, classes);
}

interface Answers {
  readonly answers: readonly Answer[];
  readonly classes: readonly string[];
}

async function predictLocally(path: string, files: readonly string[]): Promise<Answers> {
  const { model, mlp } = await openModel(path);
  const answers: Answer[] = [];
  // No spread: a file may have more samples than a call may have arguments.
  for (const file of files) for (const answer of await predictFile(mlp, model, file)) answers.push(answer);
  return { answers, classes: model.info.classes };
}

/** A service returns only the names of predicted classes; other classes are printed as numbers of their labels. */
async function predictByService(url: string, model: string, files: readonly string[]): Promise<Answers> {
  const client = createClient({ remote: url });
  const answers: Answer[] = [];
  for (const file of files) {
    const predictions = await predictRemotely(client, parseModelReference(model), file);
    predictions.forEach(({ label, class: name, confidence, probabilities }, index) => {
      answers.push({ file, index, label, class: name, confidence, probabilities });
    });
  }
  const names = new Map(answers.map(({ label, class: name }) => [label, name]));
  return { answers, classes: answers[0]?.probabilities.map((_, label) => names.get(label) ?? `label ${label}`) ?? [] };
}

async function predictFile(mlp: Mlp, { info }: ModelFile, file: string): Promise<Answer[]> {
  const samples = await readSamples(file, info);
  return mlp.predict(samples).map(({ label, probabilities }: Prediction, index) => ({
    file,
    index,
    label,
    class: info.classes[label] ?? String(label),
    confidence: probabilities[label] ?? 0,
    probabilities: [...probabilities],
  }));
}

function printAnswers(answers: readonly Answer[], classes: readonly string[]): void {
  const several = new Set(answers.filter(({ index }) => index > 0).map(({ file }) => file));
  const rows = answers.map(({ file, index, label, class: name, confidence, probabilities }) => {
    const next = findRunnerUp(probabilities, label);
    const second = next === undefined ? '' : `${classes[next]} ${percent(probabilities[next] ?? 0, 1)}`;
    return [several.has(file) ? `${file} #${index}` : file, name, percent(confidence, 1), second];
  });
  print(...table(['file', 'class', 'probability', 'runner-up'], rows));
}

function findRunnerUp(probabilities: readonly number[], label: number): number | undefined {
  let best: number | undefined;
  probabilities.forEach((value, i) => {
    if (i !== label && (best === undefined || value > (probabilities[best] ?? 0))) best = i;
  });
  return best;
}
