/**
 * npm run model:card [-- MODEL.safetensors …]
 *
 * Prints the measurements of models/README.md as Markdown, and writes docs/reliability.svg for the first model. Uses
 * MNIST's test digits, from EDGE_MLP_DATA or the cache, and the generated drawings of models/drawings.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadMnist } from '../cli/data/idx-sets/load.ts';
import { weightsSha256 } from '../cli/hash.ts';
import { reliabilityChart } from '../cli/report/calibration.ts';
import { lineChartFile } from '../cli/report/charts.ts';
import { createMlp, parseModel } from '../src/format/index.ts';
import { computeCalibration, type Dataset, type Evaluation, evaluate, type Mlp } from '../src/index.ts';
import { loadKernels } from '../src/runtime/node.ts';
import { type Drawing, generateDigits, generateOthers } from './drawings.ts';

const SHIPPED = ['models/mnist-784-300-10.safetensors', 'models/mnist-784-300-10.int8.safetensors'];
const DRAWINGS = 200;
const SEED = 1;

const formatPercent = (share: number) => `${(100 * share).toFixed(2)} %`;
const formatRow = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
const formatTable = (header: readonly string[], rows: readonly (readonly (string | number)[])[]) =>
  [formatRow(header), formatRow(header.map(() => '---')), ...rows.map(formatRow)].join('\n');

function collectConfidences(mlp: Mlp, { inputs, labels }: Pick<Dataset, 'inputs' | 'labels'>) {
  const { labels: predicted, probabilities } = mlp.predictBatch(inputs);
  const classes = probabilities.length / predicted.length;
  const confidences = Float64Array.from(predicted, (label, i) => probabilities[i * classes + label] ?? 0);
  return { confidences, correct: Array.from(predicted, (label, i) => label === labels[i]) };
}

function evaluateDrawings(mlp: Mlp): (string | number)[][] {
  const digits = generateDigits(DRAWINGS, SEED);
  const { letters, scribbles } = generateOthers(DRAWINGS, SEED);
  const blank: Drawing[] = [{ inputs: new Uint8Array(784) }];
  const groups = { digits, letters, scribbles, blank };
  return Object.entries(groups).map(([name, drawings]) => {
    const predictions = drawings.map(({ inputs }) => mlp.predict(inputs));
    const confidences = predictions.map(({ label, probabilities }) => probabilities[label] ?? 0).sort((a, b) => a - b);
    const correct = predictions.filter(({ label }, i) => label === drawings[i]?.label).length;
    const confident = confidences.filter((confidence) => confidence > 0.9).length / confidences.length;
    const median = confidences[Math.floor(confidences.length / 2)] ?? 0;
    return [
      name,
      drawings.length,
      name === 'digits' ? formatPercent(correct / drawings.length) : '–',
      formatPercent(median),
      formatPercent(confident),
    ];
  });
}

function printModel(
  path: string,
  mlp: Mlp,
  evaluation: Evaluation,
  { bins, expectedCalibrationError }: ReturnType<typeof computeCalibration>,
): void {
  console.log(`## ${path}\n`);
  console.log(`SHA-256 of the weights: \`${weightsSha256(mlp.parameters())}\`\n`);
  const { samples, accuracy, loss, confusion, classes } = evaluation;
  console.log(`${samples} test digits: accuracy ${formatPercent(accuracy)}, loss ${loss.toFixed(4)}.\n`);
  console.log(
    `${formatTable(
      ['', ...confusion.map((_, label) => String(label)), 'recall', 'precision'],
      confusion.map((cells, label) => [
        label,
        ...cells,
        formatPercent(classes[label]?.recall ?? 0),
        formatPercent(classes[label]?.precision ?? 0),
      ]),
    )}\n`,
  );
  console.log(`Expected calibration error, ${bins.length} bins: ${formatPercent(expectedCalibrationError)}.\n`);
  const nonEmpty = bins.filter(({ samples: count }) => count > 0);
  console.log(
    `${formatTable(
      ['confidence', 'digits', 'mean confidence', 'accuracy'],
      nonEmpty.map((bin) => [
        `${bin.from.toFixed(2)}–${bin.to.toFixed(2)}`,
        bin.samples,
        formatPercent(bin.confidence),
        formatPercent(bin.accuracy),
      ]),
    )}\n`,
  );
  console.log(
    `${formatTable(['drawings', 'samples', 'correct', 'median confidence', 'confidence above 90 %'], evaluateDrawings(mlp))}\n`,
  );
}

const kernels = await loadKernels();
const { test } = await loadMnist();
const paths = process.argv.slice(2);
for (const [n, path] of (paths.length === 0 ? SHIPPED : paths).entries()) {
  using mlp = createMlp(kernels, parseModel(readFileSync(path), path));
  const { confidences, correct } = collectConfidences(mlp, test);
  const calibration = computeCalibration(confidences, correct);
  printModel(path, mlp, evaluate(mlp, test), calibration);
  if (n === 0)
    writeFileSync(
      'docs/reliability.svg',
      await lineChartFile(reliabilityChart(calibration), 'Reliability on the 10,000 test digits'),
    );
}
