/**
 * npm run model:card [-- MODEL.safetensors …]: the figures of models/README.md, as Markdown, and docs/reliability.svg of the first
 * one. The test digits are MNIST's, from EDGE_MLP_DATA or the cache; the drawings are our own.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadMnist } from '../cli/data/idx-sets/load.ts';
import { weightsSha256 } from '../cli/hash.ts';
import { COLOURS, lineChartFile } from '../cli/report/charts.ts';
import { createMlp, parseModel } from '../src/format/index.ts';
import {
  type ConfidenceBin,
  computeCalibration,
  type Dataset,
  type Evaluation,
  evaluate,
  type Mlp,
} from '../src/index.ts';
import { loadKernels } from '../src/runtime/node.ts';
import { type Drawing, drawnDigits, drawnOthers } from './drawings.ts';

const SHIPPED = ['models/mnist-784-300-10.safetensors', 'models/mnist-784-300-10.int8.safetensors'];
const DRAWINGS = 200;
const SEED = 1;

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
const table = (header: readonly string[], rows: readonly (readonly (string | number)[])[]) =>
  [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n');

function collectConfidences(mlp: Mlp, { inputs, labels }: Pick<Dataset, 'inputs' | 'labels'>) {
  const { labels: predicted, probabilities } = mlp.predictBatch(inputs);
  const classes = probabilities.length / predicted.length;
  const confidences = Float64Array.from(predicted, (label, i) => probabilities[i * classes + label] ?? 0);
  return { confidences, correct: Array.from(predicted, (label, i) => label === labels[i]) };
}

function drawingRows(mlp: Mlp): (string | number)[][] {
  const digits = drawnDigits(DRAWINGS, SEED);
  const { letters, scribbles } = drawnOthers(DRAWINGS, SEED);
  const blank: Drawing[] = [{ inputs: new Uint8Array(784) }];
  const shown = { digits, letters, scribbles, blank };
  return Object.entries(shown).map(([name, drawings]) => {
    const answers = drawings.map(({ inputs }) => mlp.predict(inputs));
    const top = answers.map(({ label, probabilities }) => probabilities[label] ?? 0).sort((a, b) => a - b);
    const right = answers.filter(({ label }, i) => label === drawings[i]?.label).length;
    const sure = top.filter((confidence) => confidence > 0.9).length / top.length;
    const median = top[Math.floor(top.length / 2)] ?? 0;
    return [
      name,
      drawings.length,
      name === 'digits' ? percent(right / drawings.length) : '–',
      percent(median),
      percent(sure),
    ];
  });
}

/** Share of right answers by confidence, with bars of one standard error; of a calibrated network it lies on the diagonal. */
async function reliabilityDiagram(bins: readonly ConfidenceBin[]): Promise<string> {
  const measured = { name: 'accuracy, with its standard error', colour: COLOURS.blue } as const;
  const ideal = { name: 'perfect calibration', colour: COLOURS.orange, shape: 'square' } as const;
  const points = bins.flatMap(({ samples, confidence, accuracy }) => {
    if (samples === 0) return [];
    // Of very few, as if one more had been right and one more wrong: nothing is certain by two digits.
    const share = (samples * accuracy + 1) / (samples + 2);
    const error = Math.sqrt((share * (1 - share)) / (samples + 2));
    const [low, high] = [Math.max(0, accuracy - error), Math.min(1, accuracy + error)];
    return [{ x: confidence, y: accuracy, low, high, series: measured.name }];
  });
  const diagonal = [0, 1].map((x) => ({ x, y: x, series: ideal.name }));
  return lineChartFile(
    {
      points: [...points, ...diagonal],
      series: [measured, ideal],
      ...{ xTitle: 'confidence', xScale: 'shares', yTitle: 'accuracy', yFormat: '%', width: 420 },
    },
    'Reliability on the 10,000 test digits',
  );
}

function print(
  path: string,
  mlp: Mlp,
  evaluation: Evaluation,
  { bins, expectedCalibrationError }: ReturnType<typeof computeCalibration>,
): void {
  console.log(`## ${path}\n`);
  console.log(`Weights, SHA-256: \`${weightsSha256(mlp.parameters())}\`\n`);
  const { samples, accuracy, loss, confusion, classes } = evaluation;
  console.log(`${samples} test digits: accuracy ${percent(accuracy)}, loss ${loss.toFixed(4)}.\n`);
  console.log(
    `${table(
      ['', ...confusion.map((_, label) => String(label)), 'recall', 'precision'],
      confusion.map((cells, label) => [
        label,
        ...cells,
        percent(classes[label]?.recall ?? 0),
        percent(classes[label]?.precision ?? 0),
      ]),
    )}\n`,
  );
  console.log(`Expected calibration error, ${bins.length} bins: ${percent(expectedCalibrationError)}.\n`);
  const held = bins.filter(({ samples: count }) => count > 0);
  console.log(
    `${table(
      ['confidence', 'digits', 'mean confidence', 'accuracy'],
      held.map((bin) => [
        `${bin.from.toFixed(2)}–${bin.to.toFixed(2)}`,
        bin.samples,
        percent(bin.confidence),
        percent(bin.accuracy),
      ]),
    )}\n`,
  );
  console.log(
    `${table(['drawings', 'samples', 'correct', 'median confidence', 'confidence above 90 %'], drawingRows(mlp))}\n`,
  );
}

const kernels = await loadKernels();
const { test } = await loadMnist();
const paths = process.argv.slice(2);
for (const [n, path] of (paths.length === 0 ? SHIPPED : paths).entries()) {
  using mlp = createMlp(kernels, parseModel(readFileSync(path), path));
  const { confidences, correct } = collectConfidences(mlp, test);
  const calibration = computeCalibration(confidences, correct);
  print(path, mlp, evaluate(mlp, test), calibration);
  if (n === 0) writeFileSync('docs/reliability.svg', await reliabilityDiagram(calibration.bins));
}
