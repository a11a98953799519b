import type { Command } from 'commander';
import type { Mlp, Prediction } from '../../core/mlp.ts';
import type { ModelFile } from '../../format/model-file.ts';
import { openModel } from '../model.ts';
import { readSamples } from '../samples.ts';
import { percent, print, printJson, table } from '../terminal.ts';

const EXAMPLES = `
Files:
  .png           a picture of a digit of any size, light on dark or dark on light
  .json          784 numbers, 28 rows of 28, or a list of either; {"pixels": …, "scale": 1} where they go from 0 to 1
  .idx, .idx.gz  a file of images, as MNIST's
  -              any of these from standard input

Examples:
  $ edge-mlp predict model.safetensors seven.png
  $ edge-mlp predict model.safetensors t10k-images-idx3-ubyte.gz --json
  $ echo '[5.1, 3.5, 1.4, 0.2]' | edge-mlp predict iris.safetensors -`;

export function addPredictCommand(program: Command): void {
  program
    .command('predict')
    .description('tell the class of pictures or numbers')
    .argument('<model>', 'model file')
    .argument('<file...>', 'what to classify')
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

async function runPredict(path: string, files: readonly string[], { json }: { json?: boolean }): Promise<void> {
  const { model, mlp } = await openModel(path);
  const answers: Answer[] = [];
  for (const file of files) answers.push(...(await predictFile(mlp, model, file)));
  if (json) printJson({ model: path, predictions: answers });
  else printAnswers(answers, model.info.classes);
}

async function predictFile(mlp: Mlp, { info }: ModelFile, file: string): Promise<Answer[]> {
  const samples = await readSamples(file, info);
  return mlp.predict(samples).map((prediction, index) => answerOf(prediction, { file, index, classes: info.classes }));
}

function answerOf(
  { label, probabilities }: Prediction,
  { file, index, classes }: { file: string; index: number; classes: readonly string[] },
): Answer {
  const confidence = probabilities[label] ?? 0;
  return { file, index, label, class: classes[label] ?? String(label), confidence, probabilities: [...probabilities] };
}

function printAnswers(answers: readonly Answer[], classes: readonly string[]): void {
  const rows = answers.map(({ file, index, label, class: name, confidence, probabilities }) => {
    const several = answers.filter((answer) => answer.file === file).length > 1;
    const second = probabilities.reduce(
      (best, value, i) => (i !== label && value > (probabilities[best] ?? -1) ? i : best),
      label === 0 ? 1 : 0,
    );
    const next = classes.length > 1 ? `${classes[second]} ${percent(probabilities[second] ?? 0, 1)}` : '';
    return [several ? `${file} #${index}` : file, name, percent(confidence, 1), next];
  });
  print(table(['file', 'class', 'probability', 'next'], rows));
}
