/** The report of one training run: one HTML file. */
import type { Dataset } from '../../src/core/dataset.ts';
import { type Evaluation, evaluate } from '../../src/core/evaluate.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import type { TimedEpoch } from '../../src/core/recorder.ts';
import { parameterCount } from '../../src/core/spec.ts';
import { effectiveOptions } from '../../src/core/training-options.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { COLOURS, lineChart } from './charts.ts';
import { classTable, confusionTable } from './confusion.ts';
import { dataTable, figure, type Html, html, page, tiles } from './html.ts';
import { confidentMistakes } from './mistakes.ts';
import { integer, optionText, percent } from './numbers.ts';
import { pictureAddress } from './pictures.ts';

export interface TrainingReport {
  readonly mlp: Mlp;
  readonly info: ModelInfo;
  readonly epochs: readonly TimedEpoch[];
  /** Mean training loss of each slice of steps, by the samples used at its end. */
  readonly curve: readonly { readonly samples: number; readonly loss: number }[];
  readonly samplesPerEpoch: number;
  /** The set that the confusion matrix and the mistakes are of, and what it is to the run. */
  readonly measured: Dataset;
  readonly measuredPart: 'test' | 'validation' | 'training';
  readonly samplesPerSecond: number;
  readonly seconds: number;
  readonly weightsSha256: string;
}

const MISTAKES_SHOWN = 24;

export async function trainingReport(report: TrainingReport): Promise<string> {
  const { mlp, measured, measuredPart } = report;
  const evaluation = evaluate(mlp, measured);
  const title = `${mlp.spec.layers.join('-')} on ${measured.name}`;
  const body = html`
<h1>${title}</h1>
<p class="lead">A multilayer perceptron trained by stochastic gradient descent in WebAssembly, measured on ${integer(evaluation.samples)} ${measuredPart} samples.</p>
${buildTiles(report, evaluation)}
<h2>Loss</h2>
${await lossFigure(report)}
<h2>Accuracy</h2>
${await accuracyFigure(report)}
<h2>Epochs</h2>
${epochTable(report)}
<h2>Confusion</h2>
<p>Rows are the true class, columns the predicted one. Blue are the right answers, orange the mistakes: the stronger, the more of their kind.</p>
${confusionTable(evaluation.confusion, measured.classes)}
<h2>By class</h2>
${classTable(evaluation.classes, measured.classes)}
<h2>The most confident mistakes</h2>
${mistakeGallery(report)}
<h2>How it was made</h2>
${provenanceTable(report)}
`;
  return page(title, body);
}

function buildTiles({ samplesPerSecond, seconds, measuredPart }: TrainingReport, evaluation: Evaluation): Html {
  return tiles([
    [`${measuredPart} accuracy`, percent(evaluation.accuracy)],
    [`${measuredPart} loss, formatNats`, evaluation.loss.toFixed(4)],
    ['mistakes', String(Math.round((1 - evaluation.accuracy) * evaluation.samples))],
    ['samples a second', integer(samplesPerSecond)],
    ['seconds in all', seconds.toFixed(1)],
  ]);
}

/** One colour for each, in every plot. */
const WHILE_LEARNING = { name: 'slices of training', colour: COLOURS.green };
const TRAINING = { name: 'training, mean over the epoch', colour: COLOURS.blue };
const VALIDATION = { name: 'validation, at the end of the epoch', colour: COLOURS.orange };

async function lossFigure({ curve, epochs, samplesPerEpoch }: TrainingReport): Promise<Html> {
  const validated = epochs.some(({ validationLoss }) => validationLoss !== null);
  const points = [
    ...curve.map(({ samples, loss }) => ({ x: samples / samplesPerEpoch, y: loss, series: WHILE_LEARNING.name })),
    ...epochs.map(({ epoch, trainLoss }) => ({ x: epoch, y: trainLoss, series: TRAINING.name })),
    ...epochs.flatMap(({ epoch, validationLoss }) =>
      validationLoss === null ? [] : [{ x: epoch, y: validationLoss, series: VALIDATION.name }],
    ),
  ].filter(({ y }) => y > 0);
  const series = [WHILE_LEARNING, TRAINING];
  const chart = await lineChart({
    points,
    series: validated ? [...series, VALIDATION] : series,
    xTitle: 'epochs',
    yTitle: 'loss, formatNats (log scale)',
    yScale: 'log',
    yFormat: '~g',
    thin: [WHILE_LEARNING.name],
  });
  const about = validated
    ? ' Training loss is taken while the weights still improve, so validation, taken at the end of the epoch, can lie below its mean without any mystery.'
    : '';
  return figure(chart, `The thin line is the mean loss of every slice of steps.${about}`);
}

async function accuracyFigure({ epochs }: TrainingReport): Promise<Html> {
  const validated = epochs.some(({ validationAccuracy }) => validationAccuracy !== null);
  const points = epochs.flatMap(({ epoch, trainAccuracy, validationAccuracy }) => [
    { x: epoch, y: trainAccuracy, series: TRAINING.name },
    ...(validationAccuracy === null ? [] : [{ x: epoch, y: validationAccuracy, series: VALIDATION.name }]),
  ]);
  const chart = await lineChart({
    points,
    series: validated ? [TRAINING, VALIDATION] : [TRAINING],
    xTitle: 'epochs',
    yTitle: 'share classified correctly',
    yFormat: '%',
  });
  return figure(chart, 'The axis does not begin at zero.');
}

function epochTable({ epochs }: TrainingReport): Html {
  const header = ['epoch', 'training loss', 'training accuracy', 'validation loss', 'validation accuracy', 'seconds'];
  const rows = epochs.map(({ epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy, seconds }) => [
    String(epoch),
    trainLoss.toFixed(5),
    percent(trainAccuracy),
    validationLoss?.toFixed(5) ?? '–',
    validationAccuracy === null ? '–' : percent(validationAccuracy),
    seconds.toFixed(2),
  ]);
  return dataTable(header, rows);
}

function mistakeGallery({ mlp, measured }: TrainingReport): Html {
  const mistakes = confidentMistakes(mlp, measured);
  const { imageShape, classes, columns, inputs } = measured;
  if (mistakes.length === 0) return html`<p>There are none.</p>`;
  const shown = mistakes.slice(0, MISTAKES_SHOWN);
  const about = html`<p>${shown.length} of ${mistakes.length}, by the probability that the network gave to its wrong answer.</p>`;
  const says = ({ label, predicted, confidence }: (typeof shown)[number]) =>
    `${classes[label]}, taken for ${classes[predicted]} at ${percent(confidence, 1)}`;
  if (imageShape === undefined) {
    const rows = shown.map((mistake) => [String(mistake.sample), says(mistake)]);
    return html`${about}${dataTable(['sample', 'mistake'], rows)}`;
  }
  const items = shown.map((mistake) => {
    const pixels = inputs.subarray(mistake.sample * columns, (mistake.sample + 1) * columns);
    const text = says(mistake);
    return html`<li><img src="${pictureAddress(pixels, imageShape)}" alt="A ${text}" width="28" height="28">
<b>${classes[mistake.label]}</b> taken for <b>${classes[mistake.predicted]}</b><br><small>at ${percent(mistake.confidence, 1)} · no. ${mistake.sample}</small></li>\n`;
  });
  return html`${about}<ul class="pictures">${items}</ul>`;
}

function provenanceTable({ info, weightsSha256 }: TrainingReport): Html {
  const { spec, provenance, scaling } = info;
  const training = provenance?.training;
  const dataset = provenance?.dataset;
  const rows: [string, string][] = [
    [
      'network',
      `${spec.layers.join('-')}, ${spec.hiddenActivation}, ${integer(parameterCount(spec.layers))} parameters`,
    ],
    ['initial weights', provenance?.from ?? provenance?.initialisation ?? 'unknown'],
    ['training set', `${dataset?.name}, ${dataset?.samples.toLocaleString('en-US')} samples`],
    ['its SHA-256', dataset?.sha256 ?? 'unknown'],
    ['input scaling', scaling.kind],
    ...Object.entries(training === undefined ? {} : effectiveOptions(training)).map(
      ([name, value]): [string, string] => [name, optionText(value)],
    ),
    ['weights SHA-256', weightsSha256],
    ['edge-mlp', provenance?.version ?? 'unknown'],
  ];
  return html`<div class="plain">${dataTable(['', ''], rows)}</div>
<p>The same options, data and seed give the same weights, to the last bit, on every machine.</p>`;
}
