/** The report of `train`: one HTML file. */
import { type Dataset, sampleCount } from '../../src/core/dataset.ts';
import { type Evaluation, evaluate } from '../../src/core/evaluate.ts';
import { evaluateProbabilities, type ProbabilityEvaluation } from '../../src/core/evaluate-probabilities.ts';
import { classificationReport } from '../../src/core/metrics.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { formatActivation, parameterCount } from '../../src/core/spec.ts';
import { effectiveOptions } from '../../src/core/training-options.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { withFingerprint } from '../hash.ts';
import type { Machine } from '../machine.ts';
import { integer, optionText } from '../numbers.ts';
import { describeVectors, type Widening } from '../training/widening.ts';
import { calibrationFigure } from './calibration.ts';
import { classTable, confusionTable } from './confusion.ts';
import { exactDecimals, exactPercent } from './exact.ts';
import { dataTable, type Html, html, page, tiles } from './html.ts';
import { importanceSection } from './importance.ts';
import { mistakesSection } from './mistakes.ts';
import { machineText } from './provenance.ts';
import { regressionSections } from './regression.ts';
import { epochTable, type RunCurves, trainingCurves } from './training-curves.ts';

export interface TrainingReport extends RunCurves {
  readonly mlp: Mlp;
  readonly info: ModelInfo;
  /** The set of the confusion matrix and the mistakes. */
  readonly measured: Dataset;
  readonly measuredPart: 'test' | 'validation' | 'training';
  readonly samplesPerSecond: number;
  readonly seconds: number;
  readonly widening: Widening;
  readonly weightsSha256: string;
  /** The command line. */
  readonly command: string;
  /** Day of the run: `2026-11-27`. */
  readonly date: string;
  readonly machine: Machine;
}

export async function trainingReport(report: TrainingReport): Promise<string> {
  const { mlp, measured, measuredPart } = report;
  if (measured.targets !== undefined) return regressionReport(report);
  const evaluation = evaluate(mlp, measured);
  const probabilities = evaluateProbabilities(mlp, measured);
  const about = `${integer(evaluation.samples)} ${measuredPart} samples`;
  const title = `${mlp.spec.layers.join('-')} on ${measured.name}`;
  const body = html`
<h1>${title}</h1>
<p class="lead">A multilayer perceptron, trained in WebAssembly and evaluated on ${about}.</p>
${buildTiles(report, evaluation, probabilities)}
<h2>Curves</h2>
${await trainingCurves(report)}
<h2>Epochs</h2>
${epochTable(report)}
<h2>Calibration</h2>
${await calibrationFigure(probabilities.calibration, about)}
<h2>Confusion matrix</h2>
${confusionTable(evaluation.confusion, measured.classes)}
<h2>Metrics by class</h2>
${classTable(evaluation.confusion, measured.classes, probabilities.rocAuc)}
${importanceSection(mlp, measured)}
<h2>Most confident mistakes</h2>
${mistakesSection(mlp, measured)}
<h2>Provenance</h2>
${provenanceTable(report)}
`;
  return page(title, body);
}

/** The report of a regression. */
async function regressionReport(report: TrainingReport): Promise<string> {
  const { mlp, measured, measuredPart } = report;
  const about = `${integer(sampleCount(measured))} ${measuredPart} samples`;
  const title = `${mlp.spec.layers.join('-')} on ${measured.name}`;
  const body = html`
<h1>${title}</h1>
<p class="lead">A regression, trained in WebAssembly and evaluated on ${about}.</p>
${await regressionSections(mlp, measured, about)}
<h2>Curves</h2>
${await trainingCurves(report)}
<h2>Epochs</h2>
${epochTable(report)}
<h2>Provenance</h2>
${provenanceTable(report)}
`;
  return page(title, body);
}

function buildTiles(
  { samplesPerSecond, seconds, measuredPart }: TrainingReport,
  evaluation: Evaluation,
  { rocAuc, calibration }: ProbabilityEvaluation,
): Html {
  const { balancedAccuracy } = classificationReport(evaluation.confusion);
  return tiles([
    [`${measuredPart} accuracy`, exactPercent(evaluation.accuracy)],
    [`${measuredPart} loss, nats`, exactDecimals(evaluation.loss)],
    ['mistakes', String(Math.round((1 - evaluation.accuracy) * evaluation.samples))],
    ['balanced accuracy', exactPercent(balancedAccuracy)],
    ['ROC AUC', exactDecimals(rocAuc.macro)],
    ['calibration error', exactPercent(calibration.expectedCalibrationError)],
    ['samples per second', integer(samplesPerSecond)],
    ['seconds in total', seconds.toFixed(1)],
  ]);
}

function provenanceTable(report: TrainingReport): Html {
  const { info, weightsSha256, widening, command, date, machine, measured, measuredPart } = report;
  const { spec, provenance, scaling } = info;
  const { training, dataset } = provenance ?? {};
  const options = Object.entries(training === undefined ? {} : effectiveOptions(training));
  const { layers, hiddenActivation } = spec;
  const rows: [string, string | Html][] = [
    ['command', html`<code>${command}</code>`],
    ['edge-mlp', `${provenance?.version ?? 'unknown'}, ${date}`],
    ['machine', machineText(machine)],
    ['vectors', describeVectors(widening)],
    [
      'network',
      `${layers.join('-')}, ${formatActivation(hiddenActivation)}, ${integer(parameterCount(layers))} parameters`,
    ],
    ['initial weights', provenance?.from ?? provenance?.initialisation ?? 'unknown'],
    ['training set', dataset === undefined ? 'unknown' : `${dataset.name}, ${integer(dataset.samples)} samples`],
    ['training set, SHA-256', html`<code>${dataset?.sha256 ?? 'unknown'}</code>`],
    ...(measuredPart === 'training' ? [] : [checksumRow(measuredPart, measured)]),
    ['input scaling', scaling.kind],
    ...options.map(([name, value]): [string, string] => [name, optionText(value)]),
    ['weights, SHA-256', html`<code>${weightsSha256}</code>`],
  ];
  return html`<div class="plain">${dataTable(['', ''], rows)}</div>
<p>The same options, data and seed give bit-identical weights on every machine.</p>`;
}

function checksumRow(part: string, dataset: Dataset): [string, Html] {
  return [`${part} set, SHA-256`, html`<code>${withFingerprint(dataset).sha256 ?? ''}</code>`];
}
