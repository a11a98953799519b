/**
 * npm run model:card [-- MODEL.safetensors …]
 *
 * Prints the measurements of models/README.md as Markdown, and writes docs/reliability.svg for the first model. Uses
 * MNIST's test digits, from EDGE_MLP_DATA or the cache, and the generated pictures of models/groups.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadMnist } from '../cli/data/idx-sets/load.ts';
import { weightsSha256 } from '../cli/hash.ts';
import { reliabilityChart } from '../cli/report/calibration.ts';
import { lineChartFile } from '../cli/report/charts.ts';
import { createMlp, type ModelInfo, parseModel } from '../src/format/index.ts';
import { computeCalibration, type Dataset, type Evaluation, evaluate, type Mlp } from '../src/index.ts';
import { loadKernels } from '../src/runtime/node.ts';
import { type GroupMeasures, generateGroups, measureGroup, measureShapes } from './groups.ts';
import type { Sample } from './handwriting/samples.ts';

const SHIPPED = ['models/mnist-784-300-10.safetensors', 'models/mnist-784-300-10.int8.safetensors'];
/** Rows of the table of forms: those that are read worst. */
const WORST = 12;

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

const MEASURE_TITLES = ['samples', 'correct', 'not recognized', 'median confidence'];

function formatMeasures({ samples, correct, refused, medianConfidence }: GroupMeasures): (string | number)[] {
  const share = correct === null ? '–' : formatPercent(correct);
  return [samples, share, formatPercent(refused), formatPercent(medianConfidence)];
}

function printGroups(mlp: Mlp, { recognition }: ModelInfo, test: Dataset): void {
  const size = test.columns;
  const digits = Array.from(test.labels, (label, i): Sample => {
    const inputs = Uint8Array.from(test.inputs.subarray(i * size, (i + 1) * size));
    return { label, shape: String(label), inputs };
  });
  const groups = { "MNIST's test digits": digits, ...generateGroups() };
  console.log(`Threshold of recognition: ${recognition?.threshold ?? 'none'}.\n`);
  const rows = Object.entries(groups).map(([name, samples]) => [
    name,
    ...formatMeasures(measureGroup(mlp, samples, recognition)),
  ]);
  console.log(`${formatTable(['pictures', ...MEASURE_TITLES], rows)}\n`);
  for (const name of [
    'handwritten digits',
    'handwritten digits, other forms',
    'letters and signs',
    'letters and signs, new forms',
  ]) {
    const worst = measureShapes(mlp, groups[name as keyof typeof groups] ?? [], recognition).slice(0, WORST);
    console.log(
      `${formatTable(
        [name, ...MEASURE_TITLES],
        worst.map(([shape, measures]) => [shape, ...formatMeasures(measures)]),
      )}\n`,
    );
  }
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
}

const kernels = await loadKernels();
const { test } = await loadMnist();
const paths = process.argv.slice(2);
for (const [n, path] of (paths.length === 0 ? SHIPPED : paths).entries()) {
  const model = parseModel(readFileSync(path), path);
  using mlp = createMlp(kernels, model);
  const { confidences, correct } = collectConfidences(mlp, test);
  const calibration = computeCalibration(confidences, correct);
  printModel(path, mlp, evaluate(mlp, test), calibration);
  printGroups(mlp, model.info, test);
  if (n === 0)
    writeFileSync(
      'docs/reliability.svg',
      await lineChartFile(reliabilityChart(calibration), 'Reliability on the 10,000 test digits'),
    );
}
