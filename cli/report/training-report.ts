/** The report of `train`: one HTML file. */
import type { Dataset } from '../../src/core/dataset.ts';
import { type Evaluation, evaluate } from '../../src/core/evaluate.ts';
import type { EpochMetrics } from '../../src/core/metrics.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { classCount, formatActivation, parameterCount } from '../../src/core/spec.ts';
import { effectiveOptions } from '../../src/core/training-options.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { integer, optionText, percent } from '../numbers.ts';
import { describeVectors, type Widening } from '../training/widening.ts';
import { COLOURS } from './charts.ts';
import { classTable, confusionTable } from './confusion.ts';
import { measureChart, pairedFigure } from './curves.ts';
import { dataTable, type Html, html, page, tiles } from './html.ts';
import { pictureAddress } from './pictures.ts';

export interface TrainingReport {
  readonly mlp: Mlp;
  readonly info: ModelInfo;
  readonly epochs: readonly (EpochMetrics & { readonly seconds: number })[];
  /** Mean training loss of each slice of steps. `samples` counts to the end of the slice. */
  readonly curve: readonly { readonly samples: number; readonly loss: number }[];
  readonly samplesPerEpoch: number;
  /** The set of the confusion matrix and the mistakes. */
  readonly measured: Dataset;
  readonly measuredPart: 'test' | 'validation' | 'training';
  readonly samplesPerSecond: number;
  readonly seconds: number;
  readonly widening: Widening;
  readonly weightsSha256: string;
}

const MISTAKES_SHOWN = 24;

export async function trainingReport(report: TrainingReport): Promise<string> {
  const { mlp, measured, measuredPart } = report;
  const evaluation = evaluate(mlp, measured);
  const title = `${mlp.spec.layers.join('-')} on ${measured.name}`;
  const body = html`
<h1>${title}</h1>
<p class="lead">A multilayer perceptron, trained by stochastic gradient descent in WebAssembly and evaluated on ${integer(evaluation.samples)} ${measuredPart} samples.</p>
${buildTiles(report, evaluation)}
<h2>Curves</h2>
<div class="pair">${await lossFigure(report)}${await accuracyFigure(report)}</div>
<h2>Epochs</h2>
${epochTable(report)}
<h2>Confusion matrix</h2>
<p>Rows are true classes, columns are predicted classes. Correct predictions are blue, mistakes are orange.</p>
${confusionTable(evaluation.confusion, measured.classes)}
<h2>Metrics by class</h2>
${classTable(evaluation.classes, measured.classes)}
<h2>Most confident mistakes</h2>
${mistakeGallery(report)}
<h2>Provenance</h2>
${provenanceTable(report)}
`;
  return page(title, body);
}

function buildTiles({ samplesPerSecond, seconds, measuredPart }: TrainingReport, evaluation: Evaluation): Html {
  return tiles([
    [`${measuredPart} accuracy`, percent(evaluation.accuracy)],
    [`${measuredPart} loss, nats`, evaluation.loss.toFixed(4)],
    ['mistakes', String(Math.round((1 - evaluation.accuracy) * evaluation.samples))],
    ['samples per second', integer(samplesPerSecond)],
    ['seconds in total', seconds.toFixed(1)],
  ]);
}

/** The same colour in every plot. */
const SLICES = { name: 'training, slices of steps', colour: COLOURS.green };
const TRAINING = { name: 'training, mean of the epoch', colour: COLOURS.blue };
const VALIDATION = { name: 'validation, end of epoch', colour: COLOURS.orange };

function lossFigure({ curve, epochs, samplesPerEpoch }: TrainingReport): Promise<Html> {
  const validated = epochs.some(({ validationLoss }) => validationLoss !== null);
  const points = [
    ...curve.map(({ samples, loss }) => ({ x: samples / samplesPerEpoch, y: loss, series: SLICES.name })),
    ...epochs.map(({ epoch, trainLoss }) => ({ x: epoch, y: trainLoss, series: TRAINING.name })),
    ...epochs.flatMap(({ epoch, validationLoss }) =>
      validationLoss === null ? [] : [{ x: epoch, y: validationLoss, series: VALIDATION.name }],
    ),
  ];
  const series = validated ? [SLICES, TRAINING, VALIDATION] : [SLICES, TRAINING];
  const chart = measureChart('Loss', { points, series, thin: [SLICES.name] });
  const about = validated
    ? ' Training loss is measured while the weights still improve, so the validation loss at the end of an epoch can be lower.'
    : '';
  return pairedFigure(chart, `Loss. The thin line is the mean of slices of training steps.${about}`);
}

function accuracyFigure({ epochs }: TrainingReport): Promise<Html> {
  const validated = epochs.some(({ validationAccuracy }) => validationAccuracy !== null);
  const points = epochs.flatMap(({ epoch, trainAccuracy, validationAccuracy }) => [
    ...(trainAccuracy === null ? [] : [{ x: epoch, y: trainAccuracy, series: TRAINING.name }]),
    ...(validationAccuracy === null ? [] : [{ x: epoch, y: validationAccuracy, series: VALIDATION.name }]),
  ]);
  const chart = measureChart('Accuracy', { points, series: validated ? [TRAINING, VALIDATION] : [TRAINING] });
  return pairedFigure(chart, 'Accuracy. The axis does not start at zero.');
}

function epochTable({ epochs }: TrainingReport): Html {
  const header = ['epoch', 'training loss', 'training accuracy', 'validation loss', 'validation accuracy', 'seconds'];
  const rows = epochs.map(({ epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy, seconds }) => [
    String(epoch),
    trainLoss.toFixed(5),
    percent(trainAccuracy),
    validationLoss?.toFixed(5) ?? '–',
    percent(validationAccuracy),
    seconds.toFixed(2),
  ]);
  return dataTable(header, rows);
}

function mistakeGallery({ mlp, measured }: TrainingReport): Html {
  const mistakes = findMistakes(mlp, measured);
  const { imageShape, classes, columns, inputs } = measured;
  if (mistakes.length === 0) return html`<p>There are no mistakes.</p>`;
  const shown = mistakes.slice(0, MISTAKES_SHOWN);
  const about = html`<p>${shown.length} of ${mistakes.length}, sorted by the probability of the wrong class.</p>`;
  const describe = ({ label, predicted, confidence }: Mistake) =>
    `${classes[label]}, predicted ${classes[predicted]} with ${percent(confidence, 1)}`;
  if (imageShape === undefined) {
    const rows = shown.map((mistake) => [String(mistake.sample), describe(mistake)]);
    return html`${about}${dataTable(['sample', 'mistake'], rows)}`;
  }
  const items = shown.map((mistake) => {
    const pixels = inputs.subarray(mistake.sample * columns, (mistake.sample + 1) * columns);
    const text = describe(mistake);
    return html`<li><img src="${pictureAddress(pixels, imageShape)}" alt="A ${text}" width="28" height="28">
<b>${classes[mistake.label]}</b> predicted <b>${classes[mistake.predicted]}</b><br><small>${percent(mistake.confidence, 1)} · no. ${mistake.sample}</small></li>\n`;
  });
  return html`${about}<ul class="pictures">${items}</ul>`;
}

function provenanceTable({ info, weightsSha256, widening }: TrainingReport): Html {
  const { spec, provenance, scaling } = info;
  const { training, dataset } = provenance ?? {};
  const options = Object.entries(training === undefined ? {} : effectiveOptions(training));
  const { layers, hiddenActivation } = spec;
  const rows: [string, string][] = [
    [
      'network',
      `${layers.join('-')}, ${formatActivation(hiddenActivation)}, ${integer(parameterCount(layers))} parameters`,
    ],
    ['initial weights', provenance?.from ?? provenance?.initialisation ?? 'unknown'],
    ['training set', dataset === undefined ? 'unknown' : `${dataset.name}, ${integer(dataset.samples)} samples`],
    ['training set SHA-256', dataset?.sha256 ?? 'unknown'],
    ['input scaling', scaling.kind],
    ...options.map(([name, value]): [string, string] => [name, optionText(value)]),
    ['vectors', describeVectors(widening)],
    ['weights SHA-256', weightsSha256],
    ['edge-mlp', provenance?.version ?? 'unknown'],
  ];
  return html`<div class="plain">${dataTable(['', ''], rows)}</div>
<p>The same options, data and seed give bit-identical weights on every machine.</p>`;
}

interface Mistake {
  readonly sample: number;
  readonly label: number;
  readonly predicted: number;
  readonly confidence: number;
}

/** The mistakes of a network, the most confident first. */
function findMistakes(mlp: Mlp, dataset: Dataset): Mistake[] {
  const classes = classCount(mlp.spec);
  const { labels, probabilities } = mlp.predictBatch(dataset.inputs);
  const mistakes: Mistake[] = [];
  labels.forEach((predicted, sample) => {
    const label = dataset.labels[sample] ?? 0;
    const confidence = probabilities[sample * classes + predicted] ?? 0;
    if (predicted !== label) mistakes.push({ sample, label, predicted, confidence });
  });
  return mistakes.sort((a, b) => b.confidence - a.confidence || a.sample - b.sample);
}
